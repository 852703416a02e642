"""Past issues whose payment a bank disputes: what has not left is held; then released, or taken back with the money.

Called by the owner's acts of `subscriptions.disputing`, inside the transaction that learns of it, with the payment locked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from payments.actors import Actor
from payments.days import paris_day
from payments.invoicing.issuing import credit_part, credit_rest, left_of, standing_invoice
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Dispute, Invoice, Payment
from subscriptions.losses.stock import lock_stock
from subscriptions.models import Declaration, Order, SoldIssue
from subscriptions.singles.giving_back import cancelled_words, title_of
from subscriptions.singles.moving import UNSENT, Kind, move
from subscriptions.singles.unsent import unsent, unsent_price
from subscriptions.stopping.effects import Code

State = SoldIssue.State


def hold(payments: Iterable[Payment], *, actor: Actor, at: datetime, reason: str) -> None:
    """Hold what these locked payments have paid and has not left; what is in a file is still sent. Safe to repeat."""
    lines = _locked(payments)
    move([line for line in lines if line.state == State.OWED], Kind.HOLD, actor=actor, at=at, reason=reason)


def release(payment: Payment, *, actor: Actor, at: datetime, reason: str) -> None:
    """What was held is owed again: it leaves with the next file. What was cancelled meanwhile stays until it is taken back."""
    held = [line for line in _locked([payment]) if line.state == State.HELD]
    cancelled = set(
        Declaration.objects.filter(
            order__in={line.order_id for line in held}, effect=Code.SINGLE_WAITS, state=Declaration.State.APPLIED
        ).values_list("order", flat=True)
    )
    again = [line for line in held if line.replaces_id is not None or line.order_id not in cancelled]
    move(again, Kind.RELEASE, actor=actor, at=at, reason=reason)


def write_off(dispute: Dispute, *, actor: Actor, at: datetime, reason: str, credited_as: str) -> Invoice | None:
    """The bank keeps the money: what has not left stays, and is credited; returns the credit note, None if there is none.

    What has left is a loss (law.md 6.3, « Dispute lost »). `credited_as`: the reason on the credit note, in French.
    """
    on = paris_day(at)
    back = [line for line in _locked([dispute.payment]) if line.state in UNSENT]
    invoice = standing_invoice(dispute.payment_id)
    left = left_of(invoice) if invoice is not None else Decimal("0.00")
    price, worth = min(unsent_price(back), left, dispute.taken), sum((one.value_ht for one in back), Decimal("0.00"))
    move(back, Kind.VOID, actor=actor, at=at, reason=reason)
    if invoice is None or not price:
        if worth:
            whose = dispute.payment.subject
            post([entries.given_up(whose, worth=worth, booked_on=on, revenue=entries.REV_SINGLE)], actor=actor, at=at)
        return None
    if price == left:
        return credit_rest(
            invoice, reason=credited_as, unserved_ht=worth, on=on, actor=actor, at=at, revenue=entries.REV_SINGLE,
            name=title_of(back),
        )  # fmt: skip
    return credit_part(
        invoice, ttc=price, unserved_ht=worth, what=cancelled_words(unsent(back)), reason=credited_as, on=on, actor=actor, at=at,
        revenue=entries.REV_SINGLE, name=title_of(back),
    )  # fmt: skip


def _locked(payments: Iterable[Payment]) -> list[SoldIssue]:
    """The lines that these payments have paid: their orders, stock and rows locked in the agreed order.

    A second payment of an order has paid none of them: whatever its bank decides, they are sold by the first.
    """
    subjects = [payment.subject.partition(":") for payment in payments if not payment.surplus]
    keys = sorted({int(key) for kind, _colon, key in subjects if kind == "order" and key.isdecimal()})
    mine = SoldIssue.objects.filter(order__in=keys).exclude(state=State.RESERVED)
    if not mine.exists():
        return []
    list(Order.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=keys).order_by("pk"))
    lock_stock(keys)
    return list(mine.select_for_update(no_key=True, of=("self",)).select_related("issue__magazine").order_by("pk"))
