"""The one place where an event changes its state: taken in hand, given back, put off, closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from payments.desk import put_on_desk
from payments.models import DeskItem, StripeEvent

State = StripeEvent.State

#: After so many failed attempts an event is parked in sight; attempts are 1, 2, 4… minutes apart.
PATIENCE = 8
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an event: applied, ignored for a reason, or parked on a desk."""

    state: str
    reason: str = ""


# What a rival has in hand is passed over. The claim is a lease: whoever dies with it is followed by another worker.
CLAIM = """
WITH due AS (
    SELECT id FROM payments_stripeevent WHERE state = 'stored' AND next_attempt_at <= %(at)s
    ORDER BY next_attempt_at, id LIMIT %(limit)s
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE payments_stripeevent AS event SET next_attempt_at = %(until)s, attempts = attempts + 1
FROM due WHERE event.id = due.id
RETURNING event.*
"""


def claim(*, at: datetime, limit: int) -> list[StripeEvent]:
    """Take up to `limit` due events that nobody else holds, in the order they came in; this attempt is counted."""
    claimed = StripeEvent.objects.raw(CLAIM, {"at": at, "limit": limit, "until": at + LEASE})
    return sorted(claimed, key=lambda event: event.pk)


def release(events: Sequence[StripeEvent], *, at: datetime) -> None:
    """Give claimed events back untried: that is no attempt of theirs."""
    StripeEvent.objects.filter(pk__in=[event.pk for event in events], state=State.STORED).update(
        next_attempt_at=at, attempts=F("attempts") - 1
    )


def close(verdicts: Sequence[tuple[StripeEvent, Verdict]], *, at: datetime) -> None:
    """Write down what became of these events, unless somebody has closed one meanwhile; one statement."""
    test = settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_"))
    for event, verdict in verdicts:
        reason = f"{verdict.reason} (other mode)".strip() if event.livemode == test else verdict.reason
        event.state, event.reason, event.done_at = verdict.state, reason[:200], at
    stored = StripeEvent.objects.filter(state=State.STORED)
    stored.bulk_update([event for event, _verdict in verdicts], ["state", "reason", "done_at"])


def put_off(events: Sequence[StripeEvent], *, trouble: str, at: datetime, patience: int | None = PATIENCE) -> None:
    """Try again later, twice as late each time up to an hour; park what is refused for the last time.

    Without `patience` for ever: while Stripe is silent nothing is learnt about the event itself (HEARD sees it wait).
    """
    for event in events:
        tries = event.attempts
        if patience is not None and tries >= patience:
            StripeEvent.objects.filter(pk=event.pk, state=State.STORED).update(
                state=State.PARKED, reason=f"given up after {tries} attempts: {trouble}", done_at=at
            )
            put_on_desk(
                DeskItem.Desk.TECHNIQUE,
                kind="event_parked",
                subject=f"event:{event.event_id}",
                sentence=f"L’événement Stripe {event.type} n’a pas pu être traité ({trouble}).",
                at=at,
            )
        else:
            StripeEvent.objects.filter(pk=event.pk, state=State.STORED).update(
                next_attempt_at=at + timedelta(minutes=min(2 ** (tries - 1), 64)), reason=trouble
            )
