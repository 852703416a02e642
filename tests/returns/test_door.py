"""The door where providers tell of returns: who is believed, what is stored, what is only counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from payments.documents import purge, read
from subscriptions.models import MailEvent, MailEventCount, Notice
from subscriptions.returns.applying import apply_waiting
from tests.returns.conftest import SECRET
from tests.returns.telling import brevo, event, headers, mailgun, neutral, sent

pytestmark = pytest.mark.django_db


def knock(provider: str, body: bytes, said: dict[str, str] | None = None) -> int:
    client = Client(enforce_csrf_checks=True, headers=said or {})
    return client.post(f"/courrier/retours/{provider}", body, content_type="application/json").status_code


def counted() -> dict[str, int]:
    return dict(MailEventCount.objects.values_list("what", "count"))


def test_genuine_news_is_stored_as_heard_and_told_twice_it_is_stored_once(outbox):
    letter = sent()
    body = neutral(event(letter), event(letter, "delivered", identity="evt-2"))
    for _twice in range(2):
        assert knock("generic", body, headers(body, at=timezone.now())) == 200
    rows = MailEvent.objects.order_by("event_id")
    assert [(row.event_id, row.kind, row.state) for row in rows] == [
        ("evt-1", "hard", "stored"),
        ("evt-2", "delivered", "stored"),
    ]
    assert rows[0].detail == "550 5.1.1 … unknown user"
    assert read(rows[0].document_id) == body
    assert counted() == {"repeated": 2}
    letter.refresh_from_db()
    assert letter.state == "sent"


@pytest.mark.parametrize(
    "said",
    [
        lambda body, now: {},
        lambda body, now: {"boutique-signature": "t=1,v1=0"},
        lambda body, now: {"boutique-signature": "nonsense"},
        lambda body, now: {"boutique-signature": f"t={'9' * 400},v1=0"},
        lambda body, now: {"boutique-signature": f"t={'9' * 5000},v1=0"},
        lambda body, now: headers(body, at=now, secret="another-secret-of-ours"),
        lambda body, now: headers(b"another body", at=now),
        lambda body, now: headers(body, at=now - timedelta(seconds=301)),
        lambda body, now: headers(body, at=now + timedelta(seconds=301)),
    ],
    ids=[
        "unsigned",
        "a made-up one",
        "nonsense",
        "a long number",
        "a longer one",
        "another secret",
        "another body",
        "too old",
        "from the future",
    ],
)
def test_what_is_not_signed_about_now_with_the_secret_changes_nothing_and_is_counted(outbox, said):
    letter = sent()
    body = neutral(event(letter))
    assert knock("generic", body, said(body, timezone.now())) == 400
    assert not MailEvent.objects.exists()
    assert counted() == {"forged": 1}


def test_a_forger_is_stopped(outbox):
    answers = [knock("generic", b"{}") for _time in range(61)]
    assert answers == [400] * 60 + [429]


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b"{}", b'{"events": 3}', b'{"id": "x", "at": "yesterday"}'])
def test_what_is_genuine_and_says_nothing_is_counted_and_not_asked_for_again(body):
    assert knock("generic", body, headers(body, at=timezone.now())) == 202
    assert counted() == {"unreadable": 1}


def test_a_provider_that_is_not_set_up_has_no_door(settings):
    settings.MAIL_RETURNS = {"brevo": SECRET}
    assert knock("generic", b"{}") == 404
    assert knock("nobody", b"{}") == 404


def test_too_much_at_once_is_refused():
    assert knock("generic", b" " * 1_048_577) == 413


@pytest.mark.parametrize(
    ("named", "severity", "kind"),
    [
        ("failed", "permanent", "hard"),
        ("failed", "temporary", "soft"),
        ("rejected", "", "hard"),
        ("delivered", "", "delivered"),
        ("complained", "", "complaint"),
        ("opened", "", "other"),
    ],
)
def test_mailgun_says_it_its_own_way(outbox, named, severity, kind):
    letter = sent()
    assert knock("mailgun", mailgun(letter, at=timezone.now(), named=named, severity=severity)) == 200
    heard = MailEvent.objects.get()
    assert (heard.provider, heard.kind, len(heard.event_id)) == ("mailgun", kind, 64)
    assert "@" not in heard.detail
    apply_waiting(10, at=timezone.now())
    heard.refresh_from_db()
    assert heard.notice_id == letter.pk


def test_mailgun_signs_with_its_key(outbox):
    letter = sent()
    assert knock("mailgun", mailgun(letter, at=timezone.now(), secret="not the key of ours")) == 400
    assert knock("mailgun", mailgun(letter, at=timezone.now() - timedelta(hours=1))) == 400


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("hard_bounce", "hard"),
        ("invalid_email", "hard"),
        ("soft_bounce", "soft"),
        ("deferred", "soft"),
        ("delivered", "delivered"),
        ("spam", "complaint"),
        ("blocked", "other"),
    ],
)
def test_brevo_too_with_a_bearer_token(outbox, named, kind):
    letter = sent()
    body = brevo(letter, named, at=timezone.now())
    assert knock("brevo", body) == 400
    assert knock("brevo", body, {"authorization": f"Bearer {SECRET}"}) == 200
    assert knock("brevo", body, {"authorization": f"Bearer {SECRET}"}) == 200
    assert MailEvent.objects.get().kind == kind
    assert Notice.objects.get().state == "sent"


def test_news_with_signs_that_no_database_takes_is_stored_without_them(outbox):
    said = event(sent()) | {"detail": "550 \0 \ud800 unknown", "id": "evt\0-1"}
    body = neutral(said)
    assert knock("generic", body, headers(body, at=timezone.now())) == 200
    assert list(MailEvent.objects.values_list("event_id", "detail")) == [("evt-1", "550 ? unknown")]


def test_what_says_only_that_a_letter_was_opened_is_kept_for_a_month(outbox):
    """It tells where and with what somebody reads; what tells that a letter came back is kept for two years."""
    letter = sent()
    today = timezone.localdate()
    for identity, kind, days in (("evt-1", "opened", 30), ("evt-2", "hard", 732)):
        body = neutral(event(letter, kind, identity=identity))
        assert knock("generic", body, headers(body, at=timezone.now())) == 200
        row = MailEvent.objects.select_related("document").get(event_id=identity)
        assert row.document.keep_until == today + timedelta(days=days)
    assert purge(on=today + timedelta(days=30), limit=10) == 1
    assert read(MailEvent.objects.get(event_id="evt-1").document_id) is None
