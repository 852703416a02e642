"""A mail server's notification of failure, read (RFC 3464): which letter, for good or for now, and what was said.

The letter is found by the address that the notification came to (`tokens`), else by the Message-ID of the letter that it
returns. Whatever is no such notification tells nothing: an answer on holiday is not a dead mailbox.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from subscriptions.models import MailEvent
from subscriptions.returns.news import News, storable, without_addresses
from subscriptions.returns.tokens import letter_of, token_in

Kind = MailEvent.Kind
#: Mail servers give up within days.
PLAUSIBLE = timedelta(days=31)
_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


def read(raw: bytes, *, at: datetime) -> News | None:
    """The news in a message of the mailbox of returns; None where it is no notification about one letter.

    `at` stands for its own date where it has none that can be. The class of the status decides (RFC 3463): 5 for good, but a full mailbox
    (5.2.2) empties again; 4 for now; 2 delivered.
    """
    # The old policy reads whatever servers write; the new one refuses some of it.
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    status = next((part for part in message.walk() if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        return None
    fields = [block for block in _blocks(status) if block.get("Action") or block.get("Status")]
    if len(fields) != 1:  # about nobody, or about several: our letters go to one
        return None
    kind = _kind(_said(fields[0], "Action").lower(), _said(fields[0], "Status"))
    said = f"{_said(fields[0], 'Status')} {_said(fields[0], 'Diagnostic-Code')}"
    return News(
        event_id=hashlib.sha256(raw).hexdigest(),
        kind=kind,
        message_id=storable(_returned_id(message))[:255],
        happened_at=_happened(message, at=at),
        detail=without_addresses(said),
        token=_token(message),
    )


def _kind(action: str, status: str) -> MailEvent.Kind:
    if action == "delivered" or status.startswith("2."):
        return Kind.DELIVERED
    if action == "failed" and status.startswith("5.") and not status.startswith("5.2.2"):
        return Kind.HARD
    if action in ("failed", "delayed"):
        return Kind.SOFT
    return Kind.OTHER


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    yield from (one for one in payload if isinstance(one, Message)) if isinstance(payload, list) else ()


def _said(block: Message, name: str) -> str:
    return storable(str(block.get(name, ""))).strip()


def _returned_id(message: Message) -> str:
    """The Message-ID of the letter that came back, whole or by its headers alone."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else None
            if isinstance(inner, Message) and inner.get("Message-ID"):
                return str(inner["Message-ID"]).strip()
        elif kind == "text/rfc822-headers":
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                found = email.message_from_bytes(body, policy=email.policy.compat32).get("Message-ID")
                if found:
                    return str(found).strip()
    return ""


def _token(message: Message) -> str:
    addresses = getaddresses([str(value) for name in _TO for value in message.get_all(name, [])])
    tokens = (token_in(address) for _name, address in addresses)
    return next((token for token in tokens if letter_of(token) is not None), "")


def _happened(message: Message, *, at: datetime) -> datetime:
    """Its own date, unless the clock that wrote it was never set: proofs are dated by it."""
    found = _date(message)
    return found if found is not None and abs(at - found) <= PLAUSIBLE else at


def _date(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
