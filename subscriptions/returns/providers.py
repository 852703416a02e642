"""Who may tell us of returns, how each proves that it is they, and how each says it: the closed table.

`generic`: our own neutral form (`news`), signed by `Boutique-Signature: t=<seconds>,v1=<hex>`, the HMAC-SHA256 of
`<seconds>.<body>` under the provider's secret. `mailgun`: its own signature inside the body, the HMAC-SHA256 of timestamp and
token under its signing key. `brevo`: a bearer token, which is all that it offers. Formats as published in 2026
(documentation.mailgun.com, developers.brevo.com), and as Anymail reads them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.crypto import constant_time_compare

from subscriptions.models import MailEvent
from subscriptions.returns.news import News, Unreadable, instant, parsed, read, text, without_addresses

Kind = MailEvent.Kind
#: How old or how early a signature may be, in seconds.
TOLERANCE = 300
#: Headers of a request by their names in small letters.
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Provider:
    """`genuine`: whether a body with these headers was sent by whoever has the secret, about now. `read`: what it tells."""

    genuine: Callable[[bytes, Headers, str, datetime], bool]
    read: Callable[[bytes], list[News]]


def signed(body: bytes, secret: str, *, at: datetime) -> str:
    """The header that proves a body of the neutral form."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_hmac(secret, f'{seconds}.'.encode() + body)}"


def _generic(body: bytes, headers: Headers, secret: str, at: datetime) -> bool:
    said = dict(part.split("=", 1) for part in headers.get("boutique-signature", "").split(",") if "=" in part)
    seconds = said.get("t", "")
    if not _about_now(seconds, at):
        return False
    return constant_time_compare(said.get("v1", ""), _hmac(secret, f"{seconds}.".encode() + body))


def _mailgun(body: bytes, headers: Headers, secret: str, at: datetime) -> bool:
    try:
        block = parsed(body).get("signature")
    except Unreadable:
        return False
    if not isinstance(block, dict):
        return False
    seconds, token = text(block.get("timestamp")), text(block.get("token"))
    if not _about_now(seconds, at):
        return False
    return constant_time_compare(text(block.get("signature")), _hmac(secret, f"{seconds}{token}".encode()))


def _brevo(body: bytes, headers: Headers, secret: str, at: datetime) -> bool:
    return constant_time_compare(headers.get("authorization", ""), f"Bearer {secret}")


def _about_now(seconds: str, at: datetime) -> bool:
    # The length first: nobody has proved anything yet, and a number of any length breaks what reads it.
    return len(seconds) <= 12 and seconds.isdecimal() and abs(int(seconds) - at.timestamp()) <= TOLERANCE


def _hmac(secret: str, said: bytes) -> str:
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


MAILGUN = {"delivered": Kind.DELIVERED, "complained": Kind.COMPLAINT, "rejected": Kind.HARD}
BREVO = {
    "delivered": Kind.DELIVERED,
    "hard_bounce": Kind.HARD,
    "invalid_email": Kind.HARD,
    "soft_bounce": Kind.SOFT,
    "deferred": Kind.SOFT,
    "spam": Kind.COMPLAINT,
    "complaint": Kind.COMPLAINT,
}


def _read_mailgun(body: bytes) -> list[News]:
    whole = parsed(body)
    event, block = _object(whole.get("event-data")), _object(whole.get("signature"))
    named = text(event.get("event"))
    kind = MAILGUN.get(named, Kind.OTHER)
    if named == "failed":
        kind = Kind.HARD if event.get("severity") == "permanent" else Kind.SOFT
    status = _object(event.get("delivery-status"))
    said = " ".join(filter(None, (str(status.get("code") or ""), text(status.get("message")))))
    headers = _object(_object(event.get("message")).get("headers"))
    # The event's own id is unique within a day only; the token of the signature always.
    return [
        News(
            event_id=text(block.get("token"))[:255],
            kind=kind,
            message_id=text(headers.get("message-id"))[:255],
            happened_at=instant(event.get("timestamp")),
            detail=without_addresses(said),
        )
    ]


def _read_brevo(body: bytes) -> list[News]:
    event = parsed(body)
    # Its dates hang on the time zone of the account, but for this one; in milliseconds.
    milliseconds = event.get("ts_epoch")
    if not isinstance(milliseconds, int):
        raise Unreadable("no time")
    happened_at = instant(milliseconds // 1000)
    named, message_id = text(event.get("event")), text(event.get("message-id"))
    # Brevo numbers no events: the same one told again has the same words.
    identity = hashlib.sha256(f"{message_id}|{named}|{milliseconds}".encode()).hexdigest()
    return [
        News(
            event_id=identity,
            kind=BREVO.get(named, Kind.OTHER),
            message_id=message_id[:255],
            happened_at=happened_at,
            detail=without_addresses(text(event.get("reason"))),
        )
    ]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


PROVIDERS: Mapping[str, Provider] = {
    "generic": Provider(_generic, read),
    "mailgun": Provider(_mailgun, _read_mailgun),
    "brevo": Provider(_brevo, _read_brevo),
}
