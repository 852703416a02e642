"""The papers of what was opened: its invoice, and the letter that confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from payments.actors import Actor
from payments.days import paris_day
from payments.invoicing.issuing import Buyer, InvoiceDraft, LineDraft, issue
from payments.models import Invoice
from payments.vat import BuyerKind
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.orders.names import person_name

if TYPE_CHECKING:
    from subscriptions.opening import Opened


def invoice_opened(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> list[Invoice]:
    """One invoice per paid order, in the same order; numbers are taken here."""
    today = paris_day(at)
    return issue([_draft(one, on=today) for one in opened], on=today, actor=actor, at=at)


def _draft(one: Opened, *, on: date) -> InvoiceDraft:
    order = one.order
    billing = order.billing or order.delivery
    last = one.first_number + order.offer.copies - 1
    return InvoiceDraft(
        subject=order.subject,
        customer_id=order.customer_id,
        payment_id=one.payment.pk,
        buyer=Buyer(
            kind=order.buyer_kind,
            name=order.organisation if order.buyer_kind != BuyerKind.CONSUMER else person_name(order),
            address=tuple(billing.lines),
            country=billing.country,
            siren=order.siren,
            siret=order.siret,
            vat_number=order.vat_number,
            engagement_number=order.engagement_number,
        ),
        delivery_address=tuple(order.delivery.lines) if order.billing else (),
        vat_zone=order.vat_zone,
        vat_rate=order.vat_rate,
        legal_mention=order.legal_mention,
        lines=(
            LineDraft(
                name=(
                    f"{order.offer.magazine.title} — {order.offer.title}, {order.offer.copies} numéros"
                    f" (n°\u00a0{one.first_number} à {last}), port compris"
                ),
                ttc=order.amount.amount,
            ),
        ),
        supplied_on=on,
        due_on=on,
    )


def confirm_opened(opened: Sequence[Opened], invoices: Sequence[Invoice], *, at: datetime) -> None:
    """The letter with the contract, one per paid order."""
    queue(
        [
            NoticeDraft(
                kind="order_confirmation",
                matter=f"order_confirmation:{one.order.subject}",
                customer_id=one.order.customer_id,
                to_email=one.order.email,
                to_name=person_name(one.order),
                facts={"order_id": one.order.pk, "term_id": one.term.pk, "invoice_id": invoice.pk},
                due_at=at,
                created_at=at,
            )
            for one, invoice in zip(opened, invoices, strict=True)
        ]
    )
