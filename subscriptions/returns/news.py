"""One piece of news about one letter, whoever tells it; and the neutral form in which anybody may tell it to us.

    {"id": "evt-1", "type": "hard", "message_id": "<…@…>", "at": "2027-01-13T09:30:00Z", "detail": "550 5.1.1 unknown user"}

or {"events": [{…}, {…}]}. `type`: delivered, hard (came back for good), soft (for now), complaint (called spam); any other is
kept and of no consequence. `message_id`: the Message-ID of the letter, or the id that the provider gave when it took it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from subscriptions.models import MailEvent

Kind = MailEvent.Kind
#: More events than this in one body are no news but an attack.
MOST = 1000
_ADDRESS = re.compile(r"\S+@\S+")


class Unreadable(ValueError):
    """It is genuine, and is no news that we understand."""


@dataclass(frozen=True, slots=True)
class News:
    """`event_id`: unique at its provider. `token`: of the return address that the letter left with, where one is known."""

    event_id: str
    kind: MailEvent.Kind
    message_id: str
    happened_at: datetime
    detail: str = ""
    token: str = ""


def read(body: bytes) -> list[News]:
    """The news in a body of the neutral form. Raises Unreadable."""
    found = parsed(body)
    events = found.get("events", [found])
    if not isinstance(events, list) or len(events) > MOST or not all(isinstance(one, dict) for one in events):
        raise Unreadable("no list of events")
    return [_neutral(one) for one in events]


def parsed(body: bytes) -> dict[str, Any]:
    """A body that is one JSON object. Raises Unreadable."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def _neutral(event: Mapping[str, Any]) -> News:
    identity, at = text(event.get("id")), event.get("at")
    if not identity or not isinstance(at, str):
        raise Unreadable("no id or no time")
    try:
        happened_at = datetime.fromisoformat(at)
    except ValueError:
        raise Unreadable("no time") from None
    if happened_at.tzinfo is None:
        raise Unreadable("a time without its zone")
    named = event.get("type")
    return News(
        event_id=identity[:255],
        kind=Kind(named) if named in Kind.values else Kind.OTHER,
        message_id=text(event.get("message_id"))[:255],
        happened_at=happened_at,
        detail=without_addresses(text(event.get("detail"))),
    )


def text(value: Any) -> str:
    """A value that ought to be text, as it may be stored; "" for anything else."""
    return storable(value) if isinstance(value, str) else ""


def storable(said: str) -> str:
    """Without what the database refuses (a null character, half of a pair): news that cannot be stored is told for ever."""
    return said.encode(errors="replace").decode().replace("\0", "")


def instant(seconds: Any) -> datetime:
    """An instant from seconds since 1970. Raises Unreadable."""
    try:
        return datetime.fromtimestamp(float(seconds), tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Unreadable("no time") from None


def without_addresses(said: str) -> str:
    """What the other end said, on one line, without the addresses that it likes to repeat."""
    return " ".join(_ADDRESS.sub("…", said).split())[:300]


def bare(message_ids: Sequence[str]) -> list[str]:
    """Message-IDs with and without their angle brackets, as some write them and some do not."""
    known = [one.strip() for one in message_ids if one.strip()]
    return list(
        dict.fromkeys([*known, *(f"<{one.strip('<>')}>" for one in known), *(one.strip("<>") for one in known)])
    )
