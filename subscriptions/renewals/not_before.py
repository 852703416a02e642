"""Who renews by themselves on a day on which they may not be charged yet? Readers of another house, until the day of its import.

No notice of a debit is sent to them, for none will be made: their plan is left to their own choice, as soon as it is made,
and they are told so; as is one that was taken over when it was too late to announce it. The database refuses the charge besides (migration 0019). What renews on that day or later is
announced and charged like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from payments.actors import Actor
from payments.days import paris_day
from subscriptions.calendar import legal_notice_window
from subscriptions.models import ImportRow, Renewal
from subscriptions.renewals.falling_due import by_choice
from subscriptions.renewals.locking import lock_and_skip
from subscriptions.renewals.unproved import EARLIEST_CLOSE

State = Renewal.State
TOO_LATE = "Abonnement repris trop près de son terme pour que l’avis d’échéance parte à temps : au choix du lecteur."
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


def leave_to_choice(
    *, on: date, actor: Actor, at: datetime, limit: int, subscriptions: Collection[int] | None = None
) -> int:
    """Plans that are too early, or came too late to be announced, become manual; their readers are told. Returns how many.

    `limit` renewals to a transaction; those that somebody else holds are left to the next round. Safe to repeat.
    `subscriptions`: of these alone.
    """
    done = after = 0
    near = Q(_taken_over(), renews_on__lte=on + EARLIEST_CLOSE)
    planned = Renewal.objects.filter(Q(too_early()) | near, state=State.PLANNED)
    if subscriptions is not None:
        planned = planned.filter(subscription__in=subscriptions)
    while True:
        with transaction.atomic():
            keys = list(planned.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])
            if not keys:
                return done
            after = keys[-1]
            rows = lock_and_skip(planned.filter(pk__in=keys), limit=limit)
            came = _came([one.subscription_id for one in rows])
            early = [one for one in rows if one.renews_on < came[one.subscription_id].charge_from]
            late = [one for one in rows if one not in early and _too_late(one, came[one.subscription_id].on)]
            for some, why in ((early, TOO_EARLY), (late, TOO_LATE)):
                by_choice(some, why=why, actor=actor, at=at, reason="not to be charged yet", by_hand=True)
                done += len(some)


@dataclass(frozen=True, slots=True)
class _Came:
    """The day on which a subscription was taken over, and the first one on which it may be charged."""

    on: date
    charge_from: date


def _taken_over() -> Exists:
    """Of renewals: of a reader of an import."""
    return Exists(ImportRow.objects.filter(term__subscription=OuterRef("subscription")))


def _came(subscriptions: Collection[int]) -> Mapping[int, _Came]:
    rows = ImportRow.objects.filter(term__subscription__in=subscriptions).values_list(
        "term__subscription", "term__created_at", "file__charge_from"
    )
    return {key: _Came(paris_day(at), charge_from) for key, at, charge_from in rows}


def _too_late(renewal: Renewal, came_on: date) -> bool:
    """Whether the law's window for its notice was closed already when it was taken over: nobody here missed it."""
    return came_on > legal_notice_window(renewal.renews_on).send_until
