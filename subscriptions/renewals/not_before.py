"""Who renews by themselves on a day on which they may not be charged yet? Readers of another house, until the day of its import.

No notice of a debit is sent to them, for none will be made: their plan is left to their own choice, as soon as it is made,
and they are told so. The database refuses the charge besides (migration 0019). What renews on that day or later is
announced and charged like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from payments.actors import Actor
from subscriptions.models import ImportRow, Renewal
from subscriptions.renewals.falling_due import by_choice
from subscriptions.renewals.locking import lock_and_skip

State = Renewal.State
TOO_EARLY = "Abonnement repris d’une autre maison : aucun débit n’est permis à cette date, au choix du lecteur."


def too_early() -> Exists:
    """Of renewals: whose R lies before the first day on which anybody of its reader's import may be charged."""
    return Exists(
        ImportRow.objects.filter(
            term__subscription=OuterRef("subscription"), file__charge_from__gt=OuterRef("renews_on")
        )
    )


def first_days(subscriptions: Collection[int]) -> Mapping[int, date]:
    """Of these subscriptions those that came by an import, with the first day on which they may be charged. One query."""
    rows = ImportRow.objects.filter(term__subscription__in=subscriptions).order_by()
    return dict(rows.values_list("term__subscription").annotate(first=Max("file__charge_from")))


def leave_to_choice(*, actor: Actor, at: datetime, limit: int) -> int:
    """Plans that are too early become manual, and their readers are told; returns how many. Safe to repeat.

    `limit` renewals to a transaction; those that somebody else holds are left to the next round.
    """
    done = after = 0
    planned = Renewal.objects.filter(too_early(), state=State.PLANNED)
    while True:
        with transaction.atomic():
            keys = list(planned.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])
            if not keys:
                return done
            after = keys[-1]
            rows = lock_and_skip(planned.filter(pk__in=keys), limit=limit)
            by_choice(rows, why=TOO_EARLY, actor=actor, at=at, reason="not to be charged yet", by_hand=True)
            done += len(rows)
