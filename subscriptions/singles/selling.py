"""Selling: what an order of past issues becomes once it is paid. Copies owed, an invoice and a letter, at once.

No term and no subscription: what is bought is so many copies, and nothing follows from it. Their value waits in 4871 until
they leave, as that of every copy that is paid for and not sent (BALANCED).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from payments.actors import Actor
from payments.days import paris_day
from payments.invoicing.issuing import InvoiceDraft, LineDraft, issue
from payments.models import Payment
from payments.money import NBSP
from subscriptions.losses.stock import RESERVING, free
from subscriptions.models import Offer, Order, SoldIssue
from subscriptions.notices.french import month
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.orders.names import person_name
from subscriptions.papers import invoiced_to
from subscriptions.singles.moving import Kind, move

Paid = tuple[Order, Payment]


def is_single(order: Order) -> bool:
    """Whether an order is one of past issues, by its offer."""
    return order.offer.kind == Offer.Kind.SINGLE


def sell_paid(paid: Sequence[Paid], *, actor: Actor, at: datetime) -> tuple[list[Paid], list[Paid]]:
    """Sell what these paid orders have reserved; returns what was sold, and what cannot be any more.

    An order that had ended has given its copies back: it is sold all the same if all of them are still there, and in no part
    otherwise. Inside the transaction that settles the payments: orders and stock are locked, their customers known. Numbers
    of invoices are taken last.
    """
    lines: dict[int, list[SoldIssue]] = defaultdict(list)
    rows = SoldIssue.objects.select_for_update(no_key=True, of=("self",)).select_related("issue__magazine")
    for line in rows.filter(order__in=[order.pk for order, _payment in paid]).order_by("pk"):
        lines[line.order_id].append(line)
    left = dict(free({line.issue_id for some in lines.values() for line in some}))
    sold: list[Paid] = []
    refused: list[Paid] = []
    for order, payment in paid:
        mine = lines[order.pk]
        if order.state not in RESERVING:
            if any(left[line.issue_id] < line.copies for line in mine):
                refused.append((order, payment))
                continue
            for line in mine:
                left[line.issue_id] -= line.copies
        sold.append((order, payment))
    move(
        [line for order, _payment in sold for line in lines[order.pk]],
        Kind.GRANT, actor=actor, at=at, reason="paid",
    )  # fmt: skip
    today = paris_day(at)
    drafts = [_invoice(order, payment, lines[order.pk], on=today) for order, payment in sold]
    invoices = issue(drafts, on=today, actor=actor, at=at)
    queue(
        [
            NoticeDraft(
                kind="single_confirmation",
                matter=f"single_confirmation:{order.subject}",
                customer_id=order.customer_id,
                to_email=order.email,
                to_name=person_name(order),
                facts={"order_id": order.pk, "invoice_id": invoice.pk},
                due_at=at,
                created_at=at,
            )
            for (order, _payment), invoice in zip(sold, invoices, strict=True)
        ]
    )
    return sold, refused


def _invoice(order: Order, payment: Payment, lines: Sequence[SoldIssue], *, on: date) -> InvoiceDraft:
    billing = order.billing or order.delivery
    return InvoiceDraft(
        subject=order.subject,
        customer_id=order.customer_id,
        payment_id=payment.pk,
        buyer=invoiced_to(order, billing, address=tuple(billing.lines)),
        delivery_address=tuple(order.delivery.lines) if order.billing else (),
        delivery_country=order.delivery.country,
        vat_zone=order.vat_zone,
        vat_rate=order.vat_rate,
        legal_mention=order.legal_mention,
        lines=tuple(LineDraft(name=_words(line), ttc=line.amount.amount, quantity=line.copies) for line in lines),
        supplied_on=on,
        due_on=on,
    )


def _words(line: SoldIssue) -> str:
    """« ActuIA — n° 24 (septembre 2026), port compris »."""
    sold = line.issue
    which = f"n°{NBSP}{sold.printed} ({month(sold.cover_month, sold.cover_year)})"
    return f"{sold.magazine.title} — {which}, port compris"[:250]
