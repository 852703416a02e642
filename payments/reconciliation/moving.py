"""The one place where a payout changes its state, as Stripe tells of it; monotonic, safe to repeat in any order.

Nothing is booked here: what leaves Stripe's balance for the bank, and what comes back, are lines of that balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from payments.actors import Actor
from payments.gateway import PayoutSeen
from payments.models import Payout, PayoutEvent
from payments.money import from_cents

State = Payout.State
#: A payout that was paid may still come back from the bank, within five business days (stripe.md).
TRANSITIONS: dict[str, frozenset[str]] = {
    State.IN_TRANSIT: frozenset({State.PAID, State.FAILED, State.CANCELLED}),
    State.PAID: frozenset({State.FAILED}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
#: Stripe's words; one that is not here says nothing yet.
WORDS = {"paid": State.PAID, "failed": State.FAILED, "canceled": State.CANCELLED}
#: What Stripe may tell later, or otherwise.
LEARNT = (
    "arrives_on",
    "state",
    "state_since",
    "failure_code",
    "itemised",
    "movement",
    "failure_movement",
    "trace",
    "looked_up_at",
)


@transaction.atomic
def apply(seen: Sequence[PayoutSeen], *, actor: Actor, at: datetime) -> list[Payout]:
    """Keep payouts that are new and move those that have moved. Locks them by id; five statements whatever the number.

    News that come late change nothing: a step that the table does not know is old.
    """
    by_id = {one.id: one for one in seen}
    known = set(Payout.objects.filter(stripe_payout__in=by_id).values_list("stripe_payout", flat=True))
    fresh = [_first(one, at=at) for name, one in sorted(by_id.items()) if name not in known]
    Payout.objects.bulk_create(fresh, ignore_conflicts=True)
    rows: list[Any] = list(
        Payout.objects.select_for_update(no_key=True, of=("self",))
        .filter(stripe_payout__in=by_id)
        .annotate(begun=Exists(PayoutEvent.objects.filter(payout=OuterRef("pk"))))
        .order_by("pk")
    )
    steps = []
    for row in rows:
        one = by_id[row.stripe_payout]
        if not row.begun:
            steps.append(PayoutEvent(payout=row, to_state=row.state, actor=str(actor), reason=row.failure_code, at=at))
        elif (target := WORDS.get(one.status, State.IN_TRANSIT)) in TRANSITIONS[row.state]:
            came_from, row.state, row.state_since = row.state, target, at
            steps.append(
                PayoutEvent(
                    payout=row,
                    from_state=came_from,
                    to_state=target,
                    actor=str(actor),
                    reason=one.failure_code[:200],
                    at=at,
                )
            )
        _learn(row, one, at=at)
    Payout.objects.bulk_update(rows, LEARNT)
    PayoutEvent.objects.bulk_create(steps)
    return rows


def _first(one: PayoutSeen, *, at: datetime) -> Payout:
    return Payout(
        stripe_payout=one.id,
        amount=from_cents(one.amount_cents).amount,
        currency=one.currency,
        created=one.created,
        arrives_on=one.arrives_on,
        automatic=one.automatic,
        instant=one.method == "instant",
        state=WORDS.get(one.status, State.IN_TRANSIT),
        state_since=at,
        failure_code=one.failure_code[:80],
        looked_up_at=at,
    )


def _learn(row: Payout, one: PayoutSeen, *, at: datetime) -> None:
    """What was told once stays true; the day at the bank may move until it has come."""
    row.looked_up_at = at
    row.itemised = row.itemised or (one.automatic and one.reconciliation == "completed")
    row.movement = row.movement or one.movement
    row.failure_movement = row.failure_movement or one.failure_movement
    row.failure_code = row.failure_code or one.failure_code[:80]
    row.trace = row.trace or one.trace[:255]
    if row.arrived_on is None:
        row.arrives_on = one.arrives_on
