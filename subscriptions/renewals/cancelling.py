"""Cancelling a planned renewal: the reader turns it off, renews otherwise, stops, or is stopped."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from payments.actors import Actor
from payments.models import Payment
from subscriptions.models import Renewal
from subscriptions.renewals.locking import lock, open_renewals
from subscriptions.renewals.moving import move

State = Renewal.State


@transaction.atomic
def cancel(subscription_id: int, *, actor: Actor, at: datetime, reason: str) -> Renewal | None:
    """Cancel the open renewal of a subscription, inside the caller's transaction; None when there is none.

    Locks the renewal, then its subscription: call it before locking the subscription itself, for that is the order of all
    others. A renewal whose money is on its way (being charged, not resolved, a debit at the bank) cannot be called back:
    it is returned as it stands, `state` other than `cancelled`. If the subscription then no longer renews by itself, or
    has ended, what is still collected is surplus and goes back (`subscriptions.renewals.outcomes`), and a refusal cancels
    it. A payment page that is still open is left to its end: money paid there later is surplus as well.
    """
    found = lock(open_renewals([subscription_id]))
    if not found:
        return None
    [renewal] = found
    if renewal.state in (State.CHARGING, State.UNRESOLVED) or _on_its_way(renewal):
        return renewal
    move([renewal], State.CANCELLED, actor=actor, at=at, reason=reason)
    return renewal


def _on_its_way(renewal: Renewal) -> bool:
    asked = Q(state__in=(Payment.State.PROCESSING, Payment.State.UNKNOWN))
    sent = Q(state=Payment.State.CREATED, way=Payment.Way.OFF_SESSION)
    return Payment.objects.filter(asked | sent, subject=renewal.subject).exists()
