"""Stripe's events: proving that one is genuine, and reading the list of those we may have missed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import stripe

from payments.gateway import reading
from payments.gateway.client import ask
from payments.gateway.faults import ForgedEvent
from payments.gateway.labels import told
from payments.gateway.paging import PAGE, pages
from payments.gateway.seen import EventSeen

if TYPE_CHECKING:
    from stripe.params import EventListParams

#: How old a signature may be, in seconds (Stripe's own default).
TOLERANCE = 300


def verify_event(raw: bytes, header: str, secret: str | Sequence[str]) -> EventSeen:
    """The event in a webhook's body, once its signature is proved with ``secret``.

    Several secrets may be given while one is being replaced. No network, no database. Raises ``ForgedEvent`` when the signature
    is absent, wrong or older than five minutes, or when the body is not a Stripe event.
    """
    secrets = [secret] if isinstance(secret, str) else list(secret)
    for candidate in secrets:
        try:
            stripe.WebhookSignature.verify_header(raw, header, candidate, TOLERANCE)
        except (stripe.SignatureVerificationError, ValueError):
            continue
        break
    else:
        raise ForgedEvent("The webhook's signature does not hold.")
    try:
        body = json.loads(raw)
        if body.get("object") != "event":
            raise ValueError(body.get("object"))
        return reading.event(body)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError, RecursionError):
        raise ForgedEvent("The webhook is signed, but its body is no Stripe event.") from None


def fetch_event(id: str) -> EventSeen:
    """The event as Stripe keeps it (30 days)."""
    return ask("fetch_event", lambda client: client.v1.events.retrieve(told(id)), reading.event)


def list_events(*, since: datetime, types: Sequence[str], after: str | None = None) -> Iterator[EventSeen]:
    """Events of these ``types`` created at ``since`` or later, newest first, a page at a time.

    ``after`` resumes behind an event id already read. Stripe goes back 30 days at most.
    """

    def turn(client: stripe.StripeClient, behind: str) -> stripe.ListObject[stripe.Event]:
        params: EventListParams = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        if types:
            params["types"] = list(types)
        if behind:
            params["starting_after"] = behind
        return client.v1.events.list(params)

    yield from pages("list_events", turn, reading.event, after=after or "")
