"""Lapsing: a renewal that nobody paid in time ends, and the subscription with it; the reader is told, with a way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from payments import gateway
from payments.actors import Actor
from payments.models import Payment
from payments.off_session import close
from subscriptions.calendar import RULES
from subscriptions.models import Renewal, Subscription, Term
from subscriptions.moving import move as move_subscriptions
from subscriptions.renewals.locking import lock_and_skip
from subscriptions.renewals.moving import move
from subscriptions.renewals.telling import Fact, tell
from subscriptions.renewals.tries import lapse_day, tries_of

State = Renewal.State
#: What may lapse. Never what is being charged or not resolved: only looking it up tells what became of the money.
ENDING = (State.AWAITING_READER, State.RETRYING, State.MANUAL)
BATCH = 100


def lapse(*, on: date, at: datetime, actor: Actor, go_on: Callable[[], bool] = lambda: True) -> int:
    """End what is unpaid on day `on`; returns how many lapsed. Network between short transactions; safe to repeat.

    What could still be paid is closed at Stripe first, so that nobody pays for what has ended; a payment that is on its
    way, or of which Stripe does not answer, keeps its renewal from lapsing.
    """
    after = lapsed = 0
    while go_on():
        found = list(_unpaid(on).filter(pk__gt=after).order_by("pk")[:BATCH])
        if not found:
            break
        after = found[-1].pk
        tries = tries_of(found)
        late = [one for one in found if lapse_day(one, tries[one.pk]) <= on]
        _close_what_is_open(late, actor=actor, at=at)
        lapsed += _end([one.pk for one in late], on=on, at=at, actor=actor)
    return lapsed


def _unpaid(on: date) -> QuerySet[Renewal]:
    return Renewal.objects.filter(state__in=ENDING, renews_on__lte=on - timedelta(days=RULES.lapse_days_after))


def _close_what_is_open(renewals: Sequence[Renewal], *, actor: Actor, at: datetime) -> None:
    subjects = [one.subject for one in renewals]
    payments = Payment.objects.select_related("payer_account").filter(subject__in=subjects, is_open=True)
    for payment in payments.order_by("pk"):
        try:
            close(payment, actor=actor, at=at)
        except gateway.GatewayFault:
            continue  # still open: the next round asks again


@transaction.atomic
def _end(keys: Sequence[int], *, on: date, at: datetime, actor: Actor) -> int:
    renewals = lock_and_skip(_unpaid(on).filter(pk__in=keys), limit=len(keys)) if keys else []
    if not renewals:
        return 0
    tries = tries_of(renewals)
    coming = set(
        Payment.objects.filter(subject__in=[one.subject for one in renewals], is_open=True).values_list(
            "subject", flat=True
        )
    )
    terms = set(
        Term.objects.filter(subscription__in=[one.subscription_id for one in renewals], ends_on__gte=on).values_list(
            "subscription", flat=True
        )
    )
    late = [one for one in renewals if lapse_day(one, tries[one.pk]) <= on and one.subject not in coming]
    # Another term has begun meanwhile: the plan is over, the subscription is not.
    replaced = [one for one in late if one.subscription_id in terms]
    move(replaced, State.CANCELLED, actor=actor, at=at, reason="another term has begun")
    over = move(
        [one for one in late if one.subscription_id not in terms],
        State.LAPSED,
        actor=actor,
        at=at,
        reason="not paid in time",
    )
    move_subscriptions(
        [one.subscription for one in over], Subscription.State.LAPSED, actor=actor, at=at, reason="not paid in time"
    )
    tell("renewal_lapsed", [Fact(one, f"renewal:{one.pk}") for one in over], at=at)
    return len(over)
