"""Which subscriptions must planning look at on a day? Those that are due or changed; once a week, all of them.

It over-asks a little and never under-asks: what is found is read again under its lock and decided by `planning`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import F, Q
from django.db.models.functions import Mod

from subscriptions.calendar import RULES
from subscriptions.disputes import disputed_among
from subscriptions.models import Look, Offer, Renewal, Subscription
from subscriptions.renewals.looking import waiting
from subscriptions.renewals.standing import FOLLOWING

#: A term is looked at so long before its last day: R is the day after, and a plan is made 75 days before R.
HORIZON = timedelta(days=RULES.plan_days_before - 1)
CHUNK = 5000


def to_look_at(on: date) -> list[int]:
    """Primary keys of subscriptions to plan anew on day `on`, in order. Three queries, five where something is disputed.

    Due or changed; disputed; or with a plan whose R has come, for it may be held up by a copy that has not left.
    """
    reached = Renewal.objects.filter(state__in=FOLLOWING, renews_on__lte=on).values_list("subscription", flat=True)
    return sorted({*waiting(Look.Matter.PLAN, until=on + HORIZON), *disputed_among(), *reached})


def everybody(part: int, parts: int) -> Iterator[int]:
    """One part of all subscriptions that renew by themselves or have a plan, in order; a few thousand in memory at once."""
    planned = Renewal.objects.filter(state__in=FOLLOWING).values("subscription")
    theirs = Subscription.objects.filter(Q(renewal=Offer.Renewal.AUTOMATIC) | Q(pk__in=planned))
    rows = theirs.annotate(part=Mod(F("pk"), parts)).filter(part=part).order_by("pk").values_list("pk", flat=True)
    after = 0
    while keys := list(rows.filter(pk__gt=after)[:CHUNK]):
        yield from keys
        after = keys[-1]
