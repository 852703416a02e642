"""What becomes of institutions' orders when their transfers come: 411 is cleared, and what is paid whole is paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from payments.actors import Actor
from payments.invoicing.open_items import ZERO, open_item, open_items, standing_bill, still_open
from payments.models import BankReceipt, Invoice
from payments.receipts import note_receipt
from subscriptions.models import Order
from subscriptions.notices.whom import reader_by_now
from subscriptions.orders.moving import move


@transaction.atomic
def receive(
    invoice: Invoice,
    *,
    amount: Decimal,
    bank_reference: str,
    received_on: date,
    payer: str,
    reason: str,
    actor: Actor,
    at: datetime,
    others_too: bool = False,
    also: Sequence[Invoice] = (),
) -> BankReceipt:
    """Note a transfer against an open invoice: in full, in part, or too much, and then the rest is owed back.

    `also`: other invoices that the transfer names, paid next in their order. `others_too`: what is too much pays the buyer's
    other open invoices, the oldest first. Locks the orders, by id. Raises CannotReceive with a sentence.
    """
    wanted = [invoice.pk, *(one.pk for one in also)]
    if others_too and invoice.customer_id is not None:
        others = open_of_buyer(invoice).exclude(pk__in=wanted)
        wanted += others.order_by("due_on", "pk").values_list("pk", flat=True)
    orders = lock_orders(Invoice.objects.filter(pk__in=wanted))
    shares = _shares(wanted, amount)
    receipt = note_receipt(
        shares,
        amount=amount,
        bank_reference=bank_reference,
        received_on=received_on,
        payer=payer,
        reason=reason,
        actor=actor,
        at=at,
    )
    follow_up(orders, actor=actor, at=at, reason=f"transfer {receipt.reference}")
    return receipt


def open_of_buyer(invoice: Invoice) -> QuerySet[Any]:
    """The other open invoices of the same buyer, under whichever of their records: papers keep the number of their day."""
    living = reader_by_now(invoice.customer_id)
    if living is None:
        return still_open().none()
    same = Q(customer=living.pk) | Q(customer__merged_into=living.pk)
    return still_open().filter(same).exclude(pk=invoice.pk)


def lock_orders(invoices: Iterable[Invoice]) -> list[Order]:
    """The orders that invoices are for, locked by id; an invoice made out anew is for the same order as the first."""
    keys = {key for key in map(order_of, invoices) if key is not None}
    return list(Order.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def follow_up(orders: Sequence[Order], *, actor: Actor, at: datetime, reason: str) -> None:
    """Locked orders that are invoiced and of which nothing is left to pay: paid, or cancelled where nothing was received."""
    for order in orders:
        bill = standing_bill(order.subject)
        if bill is None or order.state != Order.State.INVOICED:
            continue
        item = open_item(bill)
        if item.left <= 0:
            target = Order.State.PAID if item.received else Order.State.CANCELLED
            move([order], target, actor=actor, at=at, reason=reason)


def _shares(wanted: Sequence[int], amount: Decimal) -> dict[int, Decimal]:
    items = open_items(wanted)
    shares: dict[int, Decimal] = {}
    rest = amount
    for key in wanted:
        share = min(rest, items[key].left)
        if share > ZERO:
            shares[key], rest = share, rest - share
    return shares


def order_of(invoice: Invoice) -> int | None:
    """The order that an invoice is for, by primary key; an invoice made out anew is for the same one. A query for each time."""
    subject = invoice.subject
    while subject.startswith("reissue:"):
        subject = Invoice.objects.values_list("subject", flat=True).get(pk=int(subject.removeprefix("reissue:")))
    kind, _colon, key = subject.partition(":")
    return int(key) if kind == "order" else None
