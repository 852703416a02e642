"""What the outside tells: bodies of providers with their signatures, and notifications of failure."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from subscriptions.models import MailEvent, Notice
from subscriptions.notices.delivering import deliver
from subscriptions.notices.queueing import queue
from subscriptions.returns.applying import Applied, apply_waiting
from subscriptions.returns.news import News
from subscriptions.returns.providers import signed
from subscriptions.returns.receiving import store
from tests.letters.every import draft
from tests.letters.people import AT
from tests.returns.conftest import SECRET

CHANGED = {"old_email": "a@example.fr", "new_email": "b@example.fr"}


def sent(kind: str = "email_changed", facts: dict[str, Any] | None = None, **changes: Any) -> Notice:
    """A letter that left by e-mail, with what the mail server answered."""
    one = draft(kind, facts or CHANGED, **changes)
    queue([one])
    assert deliver(10, at=AT).sent == 1
    return Notice.objects.get(matter=one.matter)


def message_id(notice: Notice) -> str:
    return notice.proofs.get(kind="accepted").provider_id


def tell(notice: Notice, kind: str, *, at: datetime = AT, event_id: str = "") -> Applied:
    """The provider tells it, and the sweep applies it."""
    said = News(
        event_id or f"{kind}-{notice.pk}", MailEvent.Kind(kind), message_id(notice), at, "550 5.1.1 unknown user"
    )
    store("generic", [said], f"{kind} {notice.pk} {event_id}".encode(), media_type="application/json", at=at)
    return apply_waiting(100, at=at)


def neutral(*events: dict[str, Any]) -> bytes:
    return json.dumps({"events": list(events)} if len(events) != 1 else events[0]).encode()


def event(notice: Notice, kind: str = "hard", *, identity: str = "evt-1") -> dict[str, Any]:
    return {"id": identity, "type": kind, "message_id": message_id(notice), "at": "2027-01-04T10:00:00+00:00",
            "detail": "550 5.1.1 <camille@example.fr>: unknown user"}  # fmt: skip


def headers(body: bytes, *, at: datetime, secret: str = SECRET) -> dict[str, str]:
    return {"boutique-signature": signed(body, secret, at=at)}


def mailgun(
    notice: Notice, *, at: datetime, severity: str = "permanent", named: str = "failed", secret: str = SECRET
) -> bytes:
    stamp, token = str(int(at.timestamp())), hashlib.sha256(f"{notice.pk}{named}".encode()).hexdigest()
    made = hmac.new(secret.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return json.dumps(
        {
            "signature": {"timestamp": stamp, "token": token, "signature": made},
            "event-data": {
                "event": named,
                "severity": severity,
                "timestamp": at.timestamp(),
                "id": "of-the-day-only",
                "recipient": "camille@example.fr",
                "message": {"headers": {"message-id": message_id(notice).strip("<>")}},
                "delivery-status": {
                    "code": 550,
                    "message": "5.1.1 The email account that you tried to reach does not exist",
                },
            },
        }
    ).encode()


def brevo(notice: Notice, named: str = "hard_bounce", *, at: datetime) -> bytes:
    return json.dumps(
        {
            "event": named, "email": "camille@example.fr", "id": 26224, "date": "2027-01-04 11:00:00",
            "ts": 1, "ts_event": 1, "ts_epoch": int(at.timestamp() * 1000), "message-id": message_id(notice),
            "subject": "Votre adresse électronique a changé", "reason": "550 5.1.1 user unknown", "tag": "",
        }
    ).encode()  # fmt: skip


def notification(
    *,
    to: str = "retours@actuia.example",
    returned: str = "",
    status: str = "5.1.1",
    action: str = "failed",
    whole: bool = True,
) -> bytes:
    """What a mail server sends when a letter cannot be delivered (RFC 3464)."""
    inner = f"Message-ID: {returned}\r\nFrom: abonnements@actuia.example\r\nSubject: =?utf-8?q?Votre?=\r\n"
    last = (
        f"Content-Type: message/rfc822\r\n\r\n{inner}\r\nBonjour\r\n"
        if whole
        else f"Content-Type: text/rfc822-headers\r\n\r\n{inner}"
    )
    return (
        "Return-Path: <>\r\nDate: Mon, 04 Jan 2027 11:00:00 +0100\r\nFrom: MAILER-DAEMON@mx.example.fr\r\n"
        f"To: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.fr\r\n\r\n"
        f"Final-Recipient: rfc822; camille@example.fr\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <camille@example.fr>: Recipient address rejected\r\n\r\n"
        f"--b\r\n{last}\r\n--b--\r\n"
    ).encode()
