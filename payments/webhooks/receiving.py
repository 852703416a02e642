"""Receiving: an event is verified, stored once by its id, and answered; nothing is believed yet (design, rule 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from payments import gateway
from payments.gateway import EventSeen
from payments.models import StripeEvent


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


def store(events: Iterable[EventSeen], *, heard_by: str, at: datetime) -> int:
    """Keep events that are new; returns how many were. Only ids are kept, no personal data."""
    rows = StripeEvent.objects.bulk_create(
        [
            StripeEvent(
                event_id=seen.id,
                type=seen.type,
                object_id=seen.object_id,
                hints=_hints(seen),
                livemode=seen.livemode,
                created=seen.created,
                received_at=at,
                heard_by=heard_by,
                next_attempt_at=at,
            )
            for seen in events
        ],
        ignore_conflicts=True,
    )
    return StripeEvent.objects.filter(event_id__in=[row.event_id for row in rows], received_at=at).count()


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
