"""Fixed terms end by themselves: once the last term is over and every copy is sent, the subscription has lapsed.

Nothing is charged and nobody is told here: the series of reminders has its own letter for it (`reminding`).
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from payments.actors import Actor
from subscriptions.models import Entitlement, Offer, Subscription, Term
from subscriptions.moving import COMING, GONE, move

State = Subscription.State
BECAUSE = "its last term ended"


@transaction.atomic
def end_fixed_terms(*, on: date, at: datetime, actor: Actor, limit: int) -> int:
    """Let up to `limit` subscriptions lapse that are over on day `on`; returns how many did. Four queries.

    Safe to run twice, late or in two places: rows that somebody else holds are left for the next run, and each is
    looked at again under its lock, for it may have been prolonged in between.
    """
    held = list(
        _over(on)
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    over = list(_over(on).filter(pk__in=held).order_by("pk"))
    return len(move(over, State.LAPSED, actor=actor, at=at, reason=BECAUSE))


def _over(on: date) -> QuerySet[Subscription]:
    """Fixed terms whose last day is past and which are owed nothing. A term taken back whole does not run any more."""
    terms = Term.objects.filter(subscription=OuterRef("pk"))
    served = Entitlement.objects.filter(term=OuterRef("pk")).exclude(state__in=GONE)
    running = terms.filter(Exists(served), ends_on__gte=on)
    coming = Entitlement.objects.filter(term__subscription=OuterRef("pk"), state__in=COMING)
    # A gift that goes on elsewhere lasts as long as its copies do there: so long its giver may withdraw.
    elsewhere = Entitlement.objects.filter(term__carries__sold__subscription=OuterRef("pk"), state__in=COMING)
    fixed = Subscription.objects.filter(state=State.ACTIVE, renewal=Offer.Renewal.FIXED)
    return fixed.filter(Exists(terms), ~Exists(running), ~Exists(coming), ~Exists(elsewhere))
