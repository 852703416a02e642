"""What was given back of each charge, at Stripe and in the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from payments import gateway, refunds
from payments.actors import Actor
from payments.mirroring.comparing import compare_refunded
from payments.mirroring.writing import Seen
from payments.models import Refund
from payments.money import to_cents

State = Refund.State
#: Stripe may have carried these out, or will.
ON_THEIR_WAY = (State.CREATED, State.UNKNOWN, State.PENDING)


def given_back(rows: Sequence[Seen], *, actor: Actor, at: datetime) -> list[Seen]:
    """The same rows, with the differences of what was given back. Network for those that seem to differ; they are few.

    A refund may arrive between two looks. Before anything is called a difference, the refunds that are on their way are
    looked up by the one way (`payments.refunds`), the books are read, the charge is fetched afresh, and they are read again.
    """
    keys = [row.payment.pk for row in rows if row.payment is not None]
    arrived, asked = _sums(keys, arrived=True), _sums(keys, arrived=False)
    checked = []
    for row in rows:
        payment = row.payment
        if payment is None or any(one.kind == "second" for one in row.found):
            checked.append(row)
            continue
        sums = (arrived.get(payment.pk, 0), asked.get(payment.pk, 0))
        if compare_refunded(row.charge.amount_refunded, arrived=sums[0], asked=sums[1]):
            row = _look_closer(row, payment.pk, actor=actor, at=at)
        checked.append(row)
    return checked


def _look_closer(row: Seen, payment_id: int, *, actor: Actor, at: datetime) -> Seen:
    waiting = Refund.objects.select_related("payment").filter(payment=payment_id, state__in=ON_THEIR_WAY)
    for refund in waiting.exclude(called_at=None).order_by("pk"):
        refunds.look_up(refund, actor=actor, at=at)
    arrived = _sums([payment_id], arrived=True).get(payment_id, 0)
    charge = gateway.fetch_charge(row.charge.id)
    asked = _sums([payment_id], arrived=False).get(payment_id, 0)
    found = compare_refunded(charge.amount_refunded, arrived=arrived, asked=asked)
    return replace(row, charge=charge, found=[*row.found, *found])


def _sums(keys: Sequence[int], *, arrived: bool) -> dict[int, int]:
    """Cents given back of each of these payments: what has arrived, or all that was asked for and did not fail."""
    states = (State.SUCCEEDED,) if arrived else (State.SUCCEEDED, *ON_THEIR_WAY)
    rows = Refund.objects.filter(payment__in=keys, state__in=states).order_by().values_list("payment")
    return {key: to_cents(Decimal(total)) for key, total in rows.annotate(total=Sum("amount"))}
