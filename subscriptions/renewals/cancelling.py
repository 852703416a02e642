"""Cancelling: the open renewal of a subscription that will not go on."""

from __future__ import annotations

from datetime import datetime

from payments.actors import Actor
from subscriptions.models import Renewal
from subscriptions.renewals.moving import OVER, State, move

#: Its money may be on its way: it is left as it is, and what settles later is surplus.
ON_ITS_WAY = frozenset({State.CHARGING, State.UNRESOLVED})


def cancel(subscription_id: int, *, actor: Actor, at: datetime, reason: str) -> Renewal | None:
    """Cancel the open renewal of a locked subscription, inside the caller's transaction; None if there is none.

    A renewal whose charge is on its way keeps its state, which tells the caller so.
    """
    renewal = (
        Renewal.objects.select_for_update(no_key=True)
        .filter(subscription=subscription_id)
        .exclude(state__in=OVER)
        .first()
    )
    if renewal is not None and renewal.state not in ON_ITS_WAY:
        move([renewal], State.CANCELLED, actor=actor, at=at, reason=reason)
    return renewal
