"""The money of one day, from midnight to midnight in Paris: taken, given back, paid to Stripe, contested.

Each figure is read from its own rows by an index of instants, so that the first page of finance costs the same in a shop of a
hundred readers and of a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import Count, Sum

from payments.closing.numbering import midnight_after
from payments.days import PARIS
from payments.ledger.posting import ZERO
from payments.models import BalanceMovement, BankReceipt, Dispute, Payment, Refund


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows, and what they come to in euros."""

    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """The money of one day. `disputed`: the disputes that are open now, whatever their day."""

    on: date
    taken: Total
    transferred: Total
    given_back: Total
    fees: Total
    disputed: Total


def money_of(on: date) -> Money:
    """What was taken, given back and paid in fees on a Paris day, as far as is known; and what is disputed. Five queries."""
    begins, ends = midnight_before(on), midnight_after(on)
    within = {"state_since__gte": begins, "state_since__lt": ends}
    lines = BalanceMovement.objects.filter(created__gte=begins, created__lt=ends, currency="eur").exclude(fee=0)
    return Money(
        on,
        taken=_sum(Payment.objects.filter(state=Payment.State.SUCCEEDED, **within), "amount"),
        transferred=_sum(BankReceipt.objects.filter(received_on=on), "amount"),
        given_back=_sum(Refund.objects.filter(state=Refund.State.SUCCEEDED, **within), "amount"),
        fees=_sum(lines, "fee"),
        disputed=_sum(Dispute.objects.filter(settled_at=None), "amount"),
    )


def midnight_before(on: date) -> datetime:
    """The Paris midnight with which a day begins."""
    return datetime.combine(on, time(), PARIS)


def _sum(rows: object, column: str) -> Total:
    found = rows.aggregate(n=Count("pk"), sum=Sum(column))  # type: ignore[attr-defined]
    return Total(found["n"], found["sum"] or ZERO)
