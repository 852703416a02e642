"""One issue more: the copy that a reader gets in the place of one that is lost and no longer in stock.

It is worth nothing (value 0): what was sold is served, so neither revenue nor 4871 moves (law.md 7.6). The term stays as it
was sold; the copy that it grants more is named by its claim (`Claim.extra`), and the audit counts it there.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from payments.actors import Actor
from payments.days import paris_day
from subscriptions.beginning import calendars
from subscriptions.calendar import is_open
from subscriptions.disputes import disputed_among
from subscriptions.models import Entitlement, EntitlementMovement, Issue, Subscription, Term
from subscriptions.moving import GONE
from subscriptions.offers.catalogue import dates_of
from subscriptions.renewals.planning import replan
from subscriptions.stopping.reading import stopped_and_waiting

Copy = Entitlement.State
INSTEAD = "instead of a copy that was lost"


class NothingToExtend(LookupError):
    """The subscription has no term any more that a copy could be added to."""


def may_extend(subscription: Subscription) -> bool:
    """Whether a copy can still be granted to it: it has not ended, nor been stopped, and no bank asks for its money back."""
    if subscription.state == Subscription.State.ENDED or subscription.pk in stopped_and_waiting([subscription.pk]):
        return False
    return not disputed_among([subscription.pk])


def extend(subscription: Subscription, *, actor: Actor, at: datetime) -> Entitlement:
    """Grant a locked subscription one copy more, after its last one, and plan R anew. Raises NothingToExtend."""
    term = Term.objects.standing().filter(subscription=subscription).order_by("-number").first()
    if term is None or not may_extend(subscription):
        raise NothingToExtend(f"subscription {subscription.pk} has nothing to extend")
    on = paris_day(at)
    rank = Entitlement.objects.filter(term=term).aggregate(last=Max("rank"))["last"] or 0
    copy = Entitlement.objects.create(
        term=term, rank=rank + 1, issue=_issue(subscription, at=at), value_ht=Decimal("0.00"), state=Copy.OWED
    )
    EntitlementMovement.objects.create(
        entitlement=copy, kind=EntitlementMovement.Kind.GRANT, issue_id=copy.issue_id, actor=str(actor), reason=INSTEAD,
        on=on, at=at,
    )  # fmt: skip
    replan([subscription.pk], on=on, at=at, actor=actor)
    return copy


def _issue(subscription: Subscription, *, at: datetime) -> Issue | None:
    """The first after its last copy that can still be reached; None behind copies that wait for theirs, or if none is planned."""
    living = Entitlement.objects.filter(term__subscription=subscription).exclude(state__in=GONE)
    if living.filter(issue=None).exists():
        return None
    last = living.aggregate(last=Max("issue__number"))["last"] or 0
    shelf = calendars({subscription.magazine_id})[subscription.magazine_id]
    return next((one for one in shelf if one.number > last and is_open(dates_of(one), on=paris_day(at))), None)
