"""Cancelling the plan to renew: the reader stopped, renewed by choice, or there is nothing to renew any more."""

from __future__ import annotations

from datetime import datetime

from payments.actors import Actor
from payments.models import Payment
from subscriptions.models import Renewal
from subscriptions.renewals.moving import OVER, move

State = Renewal.State
#: A charge was asked for and may have gone through: only its outcome ends these.
ON_ITS_WAY = frozenset({State.CHARGING, State.UNRESOLVED})


def cancel(subscription_id: int, *, actor: Actor, at: datetime, reason: str) -> Renewal | None:
    """Cancel the open renewal of a locked subscription; None if there is none.

    One whose money is on its way stays as it is, as the returned row's state says: what comes is settled as surplus.
    """
    renewal = (
        Renewal.objects.select_for_update(no_key=True)
        .filter(subscription=subscription_id)
        .exclude(state__in=OVER)
        .first()
    )
    if renewal is None or renewal.state in ON_ITS_WAY or _is_debited(renewal):
        return renewal
    move([renewal], State.CANCELLED, actor=actor, at=at, reason=reason)
    return renewal


def _is_debited(renewal: Renewal) -> bool:
    return Payment.objects.filter(subject=renewal.subject, state=Payment.State.PROCESSING).exists()
