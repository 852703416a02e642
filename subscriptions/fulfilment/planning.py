"""Planning: copies that were granted before their issue was planned get it once it is, in order."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from payments.actors import Actor
from payments.desk import record_act
from payments.saving import save_all
from subscriptions.beginning import calendars
from subscriptions.models import Entitlement, Issue, Subscription
from subscriptions.moving import GONE

Copy = Entitlement.State
#: Copies that still wait for an issue.
WAITING = (Copy.OWED, Copy.HELD)
BATCH = 500


def assign_planned(*, actor: Actor, at: datetime, limit: int = 20 * BATCH) -> int:
    """Give waiting copies their issue; returns how many got one. Small transactions; safe to repeat or in two places.

    Each subscription goes on from its last planned copy: the first issue after it that is not posted, then the next, in
    the order of terms and ranks. The value of a copy was fixed when it was granted and does not change.
    """
    done, after = 0, 0
    while done < limit:
        keys = list(_served_next().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return done
        after = keys[-1]
        with transaction.atomic():
            locked = list(
                Subscription.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=keys).order_by("pk")
            )
            done += _assign(locked, actor=actor, at=at)
    return done


def _served_next() -> QuerySet[Subscription]:
    """Subscriptions with a copy that waits, and an issue planned after their last one."""
    waiting = Entitlement.objects.filter(term__subscription=OuterRef("pk"), issue=None, state__in=WAITING)
    last = (
        Entitlement.objects.filter(term__subscription=OuterRef(OuterRef("pk")), issue__isnull=False)
        .exclude(state__in=GONE)
        .order_by("-issue__number")
        .values("issue__number")[:1]
    )
    planned = Issue.objects.filter(magazine=OuterRef("magazine"), posted_on=None, number__gt=last)
    return Subscription.objects.filter(Exists(waiting), Exists(planned))


def _assign(subscriptions: list[Subscription], *, actor: Actor, at: datetime) -> int:
    shelf = calendars({one.magazine_id for one in subscriptions})
    copies: dict[int, list[Entitlement]] = defaultdict(list)
    for copy in (
        Entitlement.objects.select_related("issue", "term")
        .filter(term__subscription__in=subscriptions)
        .exclude(state__in=GONE)
        .order_by("term__number", "rank")
    ):
        copies[copy.term.subscription_id].append(copy)
    given: list[Entitlement] = []
    for one in subscriptions:
        last = max((copy.issue.number for copy in copies[one.pk] if copy.issue is not None), default=0)
        coming = (row for row in shelf[one.magazine_id] if row.number > last and row.posted_on is None)
        waiting = (copy for copy in copies[one.pk] if copy.issue_id is None and copy.state in WAITING)
        for copy, issue in zip(waiting, coming, strict=False):
            copy.issue = issue
            given.append(copy)
    save_all(given, ["issue"])
    if given:
        record_act(
            "copies given their issue",
            subject=f"magazine:{subscriptions[0].magazine_id}",
            actor=actor,
            at=at,
            facts={"copies": len(given), "subscriptions": sorted({copy.term.subscription_id for copy in given})[:100]},
        )
    return len(given)
