"""What fulfilment decided about an incident, carried out claim by claim, some to a transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments.actors import Actor
from subscriptions.losses import moving
from subscriptions.losses.claiming import locked, put_claim_on_desk, settle
from subscriptions.losses.extending import may_extend
from subscriptions.losses.rules import sent_or_extended
from subscriptions.losses.stock import free, lock_issues
from subscriptions.models import Claim, ClaimIncident, Subscription

State, Incident = Claim.State, ClaimIncident.State
#: Claims whose copy would still be sent, or granted.
UNSENT = (State.RECEIVED, State.ASKED, State.WAITING, State.APPROVED)
DECIDED = (Incident.RESENDING, Incident.EXTENDING)
BATCH = 50


def carry_out(*, actor: Actor, at: datetime, limit: int = BATCH) -> int:
    """Settle the claims that wait under decided incidents, `limit` to a transaction; returns how many. Safe to repeat.

    Sent again as long as there is stock, else one issue more; where the subscription has ended, a person.
    """
    done = 0
    for key in (
        ClaimIncident.objects.filter(state__in=DECIDED, claims__state=State.WAITING)
        .distinct()
        .values_list("pk", flat=True)
    ):
        while some := _some(key, actor=actor, at=at, limit=limit):
            done += some
    return done


@transaction.atomic
def _some(incident_id: int, *, actor: Actor, at: datetime, limit: int) -> int:
    one = ClaimIncident.objects.get(pk=incident_id)
    lock_issues([one.issue_id])
    waiting = Claim.objects.filter(incident=one, state=State.WAITING).order_by("pk")
    keys = list(waiting.values_list("pk", "subscription")[:limit])
    subscriptions = {row.pk: row for row in locked([subscription for _key, subscription in keys])}
    claims = list(
        waiting.filter(pk__in=[key for key, _subscription in keys])
        .select_for_update(no_key=True, of=("self",))
        .select_related("entitlement__term", "issue")
    )
    left = free([one.issue_id])[one.issue_id] if one.state == Incident.RESENDING else 0
    for row in claims:
        subscription, copies = subscriptions[row.subscription_id], row.entitlement.term.quantity
        ground = sent_or_extended(in_stock=left >= copies, over=not may_extend(subscription))
        if left >= copies:
            left -= copies
        settle(row, subscription, ground, actor=actor, at=at, reason="decided for all of its incident")
    return len(claims)


def put_ended_before_a_person(*, actor: Actor, at: datetime) -> int:
    """Claims that wait for something a subscription that has ended no longer gets go to a person; returns how many.

    Nothing is sent after an end (STOPPED); what was lost before it may still have to be given back.
    """
    waiting = Claim.objects.filter(state__in=UNSENT, subscription__state=Subscription.State.ENDED)
    return sum(_before_a_person(key, actor=actor, at=at) for key in list(waiting.values_list("pk", flat=True)))


@transaction.atomic
def _before_a_person(claim_id: int, *, actor: Actor, at: datetime) -> bool:
    lock_issues([Claim.objects.values_list("issue", flat=True).get(pk=claim_id)])
    claims = Claim.objects.select_for_update(no_key=True, of=("self",)).select_related("issue", "subscription")
    one = claims.get(pk=claim_id)
    if not moving.move([one], State.ON_DESK, actor=actor, at=at, reason="the subscription has ended"):
        return False
    put_claim_on_desk(one, one.subscription, at=at)
    return True
