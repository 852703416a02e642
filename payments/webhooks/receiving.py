"""Receiving: an event is verified, stored once by its id, and answered; nothing is believed yet (design, rule 5)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from payments import gateway
from payments.gateway import EventSeen


@dataclass(frozen=True, slots=True)
class Received:
    """What came in. `fresh` is False for a repetition."""

    event_id: str
    type: str
    fresh: bool


def receive(raw: bytes, header: str, *, at: datetime) -> Received:
    """Verify the signature of a webhook's raw body and store the event. One INSERT.

    Raises `gateway.ForgedEvent` for a wrong, missing or old signature and for a body that is no event.
    """
    seen = gateway.verify_event(raw, header, settings.STRIPE_WEBHOOK_SECRET)
    return Received(seen.id, seen.type, store([seen], heard_by="webhook", at=at) == 1)


# One statement: its own transaction, and no second question about what was new. In the order of the ids, so that two who
# store the same events do not wait for each other.
INSERT = """
INSERT INTO payments_stripeevent
    (event_id, type, object_id, hints, livemode, created, received_at, heard_by, state, reason, attempts,
     next_attempt_at)
SELECT event_id, type, object_id, hints, livemode, created, %(at)s, %(heard_by)s, 'stored', '', 0, %(at)s
FROM jsonb_to_recordset(%(events)s::jsonb) AS seen(
    event_id text, type text, object_id text, hints jsonb, livemode boolean, created timestamptz)
ORDER BY event_id
ON CONFLICT (event_id) DO NOTHING
"""


def store(events: Iterable[EventSeen], *, heard_by: str, at: datetime) -> int:
    """Keep events that are new; returns how many were. One INSERT. Only ids are kept, no personal data."""
    seen = [
        {
            "event_id": event.id,
            "type": event.type,
            "object_id": event.object_id,
            "hints": _hints(event),
            "livemode": event.livemode,
            "created": event.created.isoformat(),
        }
        for event in events
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {"events": json.dumps(seen), "heard_by": heard_by, "at": at})
        return int(cursor.rowcount)


def _hints(seen: EventSeen) -> dict[str, str]:
    named = {
        "kind": seen.object_kind,
        "status": seen.status,
        "reference": seen.reference,
        "payment_intent": seen.payment_intent,
        "setup_intent": seen.setup_intent,
        "charge": seen.charge,
        "payment_method": seen.payment_method,
    }
    return {name: value for name, value in named.items() if value}
