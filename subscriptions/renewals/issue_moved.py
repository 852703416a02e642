"""An issue is planned for another day: the renewals that wait for its copy are planned anew in the same transaction."""

from __future__ import annotations

from datetime import date, datetime

from payments.actors import Actor
from subscriptions.models import Issue, Renewal, Subscription
from subscriptions.moving import COMING
from subscriptions.renewals.planning import replan
from subscriptions.renewals.standing import FOLLOWING

BATCH = 500


def issue_moved(issue: Issue, *, on: date, at: datetime, actor: Actor) -> int:
    """Plan anew whoever has an open plan and still awaits this issue; returns how many.

    Inside the transaction that moves the day. Those that somebody else holds are left to the next round of `plan`, which
    finds them drifted. Queries grow with the number of batches only.
    """
    waiting = (
        Renewal.objects.filter(
            state__in=FOLLOWING,
            subscription__terms__entitlements__issue=issue,
            subscription__terms__entitlements__state__in=COMING,
        )
        .order_by("subscription")
        .values_list("subscription", flat=True)
        .distinct()
    )
    keys, done = list(waiting), 0
    for start in range(0, len(keys), BATCH):
        held = list(
            Subscription.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk__in=keys[start : start + BATCH])
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        replan(held, on=on, at=at, actor=actor)
        done += len(held)
    return done
