"""Holding copies back for an address in doubt, and letting them come again once it is known.

Movements carry it: HOLD when copies came back, RELEASE and, where an issue has left meanwhile, EXTEND when the reader has
answered. What a pause, a dispute or a stopped contract holds stays held; and what an address holds is released by nobody
else (`doubts.in_doubt`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from payments.actors import Actor
from payments.days import paris_day
from subscriptions.disputes import disputed_terms
from subscriptions.disputing import give_later
from subscriptions.losses.rules import HOLDING
from subscriptions.models import AddressDoubt, Entitlement, Issue, Pause, Subscription
from subscriptions.moving import move_copies
from subscriptions.renewals.planning import replan
from subscriptions.stopping.reading import UNSERVED, stopped_and_waiting

Copy = Entitlement.State
#: Why a copy is held, as its movement says it.
ADDRESS = "its address is in doubt"
KNOWN = "its address is known"


def hold(subscriptions: Collection[int], *, actor: Actor, at: datetime) -> int:
    """Hold what is owed of these locked subscriptions; a copy in a file is still sent. Returns how many. Safe to repeat."""
    copies = list(_copies(subscriptions).filter(state=Copy.OWED))
    move_copies(copies, "hold", on=paris_day(at), actor=actor, at=at, reason=ADDRESS)
    return len(copies)


def hold_of_issue(issue: Issue, *, actor: Actor, at: datetime) -> int:
    """The same for one issue whose subscriptions are locked, whatever was granted since. Three queries."""
    doubted = AddressDoubt.objects.filter(subscription=OuterRef("term__subscription"), state__in=HOLDING)
    copies = list(
        Entitlement.objects.select_for_update(of=("self",), no_key=True)
        .filter(Exists(doubted), issue=issue, state=Copy.OWED)
        .order_by("pk")
    )
    move_copies(copies, "hold", on=paris_day(at), actor=actor, at=at, reason=ADDRESS)
    return len(copies)


def release(subscription: Subscription, *, actor: Actor, at: datetime) -> int:
    """Let the copies of a locked subscription come again that nothing else holds, and plan R anew; returns how many.

    Those whose issue can no longer be sent come with the next that can. While a withdrawal waits for its money, none: what it
    leaves comes again with `release_after_withdrawal`.
    """
    on = paris_day(at)
    coming = list(_copies([subscription.pk]).filter(state__in=UNSERVED))
    if subscription.pk in stopped_and_waiting({subscription.pk}):
        return 0
    free = _free(coming)
    if not free:
        return 0
    move_copies(free, "release", on=on, actor=actor, at=at, reason=KNOWN)
    give_later(coming, released=free, on=on, actor=actor, at=at, reason=KNOWN)
    replan([subscription.pk], on=on, at=at, actor=actor)
    return len(free)


def release_after_withdrawal(subscription: Subscription, *, actor: Actor, at: datetime) -> int:
    """The same once a withdrawal has undone one order of several: an answer about the address may have come meanwhile."""
    if AddressDoubt.objects.filter(subscription=subscription, state__in=HOLDING).exists():
        return 0
    return release(subscription, actor=actor, at=at)


def _free(coming: Sequence[Entitlement]) -> list[Entitlement]:
    """Held copies that no pause and no dispute holds."""
    held = [copy for copy in coming if copy.state == Copy.HELD]
    paused = set(
        Pause.objects.filter(entitlement__in=held, state=Pause.State.HELD).values_list("entitlement", flat=True)
    )
    disputed = disputed_terms({copy.term_id for copy in held})
    return [copy for copy in held if copy.pk not in paused and copy.term_id not in disputed]


def _copies(subscriptions: Collection[int]) -> QuerySet[Entitlement]:
    return (
        Entitlement.objects.select_for_update(of=("self",), no_key=True)
        .select_related("issue", "term__subscription")
        .filter(term__subscription__in=subscriptions)
        .order_by("term__subscription", "term__number", "rank")
    )
