"""The papers of what was sold: the invoice of each term, and the letter that confirms what was ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from payments.actors import Actor
from payments.days import paris_day
from payments.invoicing.issuing import Buyer, InvoiceDraft, LineDraft, issue
from payments.models import Invoice
from payments.money import NBSP
from payments.vat import BuyerKind, split
from subscriptions.adding import Sold
from subscriptions.buyers import Buyer as Named
from subscriptions.calendar import numbers_from
from subscriptions.models import PostalAddress, PurchaseOrder
from subscriptions.notices.french import bare_issues, copies_said
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.orders.names import person_name

if TYPE_CHECKING:
    from subscriptions.opening import Opened


def invoice_sold(sold: Sequence[Sold], *, actor: Actor, at: datetime) -> list[Invoice]:
    """One invoice per term, in the same order; numbers are taken here, so it comes last."""
    today = paris_day(at)
    return issue([_draft(one, on=today) for one in sold], on=today, actor=actor, at=at)


def _draft(one: Sold, *, on: date) -> InvoiceDraft:
    order = one.buyer
    billing = order.billing or one.home
    # Where a gift goes is not told on its giver's papers: it may not be what the giver knows.
    own = () if order.is_gift and order.billing is None else tuple(billing.lines)
    return InvoiceDraft(
        subject=one.subject,
        customer_id=one.customer_id,
        payment_id=one.payment.pk if one.payment else None,
        buyer=invoiced_to(order, billing, address=own, service_code=one.paper.service_code if one.paper else ""),
        delivery_address=tuple(one.home.lines) if order.billing and not order.is_gift else (),
        delivery_country="" if order.is_gift else one.home.country,
        vat_zone=one.vat.zone,
        vat_rate=one.vat.rate,
        legal_mention=one.vat.legal_mention,
        lines=(_priced(one),),
        supplied_on=on,
        due_on=one.paper.due_on if one.paper else on,
    )


def _priced(one: Sold) -> LineDraft:
    """The line of a term; where an agency is granted a discount, with the price list's own amount before it."""
    line = LineDraft(name=_line(one), ttc=one.amount.amount, quantity=one.quantity)
    if one.paper is None or one.order is None or not one.paper.discount:
        return line
    gross, _vat = split(one.order.price.amount.amount * one.quantity, one.vat.rate)
    return replace(line, discount=one.paper.discount, gross_ht=gross)


def invoiced_to(order: Named, billing: PostalAddress, *, address: tuple[str, ...], service_code: str = "") -> Buyer:
    """The buyer as an invoice names them; `address`: the lines of it that are told."""
    return Buyer(
        kind=order.buyer_kind,
        name=order.organisation if order.buyer_kind != BuyerKind.CONSUMER else person_name(order),
        address=address,
        country=billing.country,
        siren=order.siren,
        siret=order.siret,
        vat_number=order.vat_number,
        service_code=service_code,
        engagement_number=order.engagement_number,
    )


def _line(one: Sold) -> str:
    """« ActuIA — Abonnement d’un an, 4 numéros (n° 25 à 28), port compris »; with what an institution's paper adds."""
    copies, numbers = one.offer.copies, ""
    if one.first is not None:
        numbers = f" (n°{NBSP}{bare_issues(numbers_from(one.first, one.issues, copies))})"
    said = copies_said(copies, one.quantity)
    line = f"{one.offer.magazine.title} — {one.offer.title}, {said}{numbers}, port compris"
    return f"{line}{_added(one.paper)}"[:250] if one.paper else line


def _added(paper: PurchaseOrder) -> str:
    """« . Votre référence : EBS-99812 »: how the buyer finds it."""
    return f". Votre référence : {paper.agency_reference}" if paper.agency_reference else ""


def confirm_opened(opened: Sequence[Opened], invoices: Sequence[Invoice], *, at: datetime) -> None:
    """The letter with the contract, one per paid order; with the invoice to be paid, where it is not paid yet."""
    queue(
        [
            NoticeDraft(
                kind=kind,
                matter=f"{kind}:{one.order.subject}",
                customer_id=one.order.customer_id,
                to_email=one.order.email,
                to_name=person_name(one.order),
                facts={"order_id": one.order.pk, "term_id": one.term.pk, "invoice_id": invoice.pk},
                due_at=at,
                created_at=at,
            )
            for one, invoice in zip(opened, invoices, strict=True)
            for kind in ("order_confirmation" if one.payment else "institution_invoice",)
        ]
    )
