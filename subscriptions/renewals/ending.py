"""Fixed terms end by themselves: once the last term is over and every copy is sent, the subscription has lapsed.

Nothing is charged and nobody is told here: the series of reminders has its own letter for it (`reminding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from payments.actors import Actor
from subscriptions.models import Entitlement, Look, Offer, Subscription, Term
from subscriptions.moving import COMING, GONE, move
from subscriptions.renewals import looking

State = Subscription.State
BECAUSE = "its last term ended"


def end_fixed_terms(*, on: date, at: datetime, actor: Actor, limit: int) -> int:
    """Let the subscriptions lapse that are over on day `on`, `limit` to a transaction; returns how many did.

    Safe to run twice, late or in two places: rows that somebody else holds are left for the next run, and each is
    looked at again under its lock, for it may have been prolonged in between. One that only waits for a copy is looked at
    in each run. Queries grow with the number of transactions only.
    """
    ended = 0
    keys = iter(looking.waiting(Look.Matter.END, until=on - timedelta(days=1)))
    while batch := list(islice(keys, limit)):
        ended += _end(batch, on=on, at=at, actor=actor)
    return ended


@transaction.atomic
def _end(keys: Sequence[int], *, on: date, at: datetime, actor: Actor) -> int:
    held = list(
        _fixed()
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(pk__in=keys)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    elsewhere = set(_fixed().filter(pk__in=keys).values_list("pk", flat=True)) - set(held)
    rows = looking.seen(Look.Matter.END, set(keys) - elsewhere)
    over = list(_over(on).filter(pk__in=held).order_by("pk"))
    running = dict(
        _running(on).filter(subscription__in=held).values_list("subscription").annotate(Max("ends_on"))
    )  # fmt: skip
    coming = set(held) - {one.pk for one in over} - running.keys()
    looking.settle(Look.Matter.END, rows, done=set(rows.values()) - coming, again=running)
    return len(move(over, State.LAPSED, actor=actor, at=at, reason=BECAUSE))


def _fixed() -> QuerySet[Subscription]:
    return Subscription.objects.filter(state=State.ACTIVE, renewal=Offer.Renewal.FIXED)


def _running(on: date) -> QuerySet[Term]:
    """Terms that have days to run. One that was undone, or of which no copy is left, does not run any more."""
    served = Entitlement.objects.filter(term=OuterRef("pk")).exclude(state__in=GONE)
    return Term.objects.standing().filter(Exists(served), ends_on__gte=on)


def _over(on: date) -> QuerySet[Subscription]:
    """Fixed terms whose last day is past and which are owed nothing."""
    mine = {"subscription": OuterRef("pk")}
    coming = Entitlement.objects.filter(term__subscription=OuterRef("pk"), state__in=COMING)
    # A gift that goes on elsewhere lasts as long as its copies do there: so long its giver may withdraw.
    elsewhere = Entitlement.objects.filter(term__carries__sold__subscription=OuterRef("pk"), state__in=COMING)
    terms, running = Term.objects.filter(**mine), _running(on).filter(**mine)
    return _fixed().filter(Exists(terms), ~Exists(running), ~Exists(coming), ~Exists(elsewhere))
