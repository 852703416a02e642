"""The mailbox of returns: notifications are stored and taken away, the rest is left to people, and nothing is lost on the way."""

from __future__ import annotations

import pytest

from subscriptions.models import MailEvent, MailEventCount
from subscriptions.returns.applying import apply_waiting
from subscriptions.returns.mailbox import CannotRead, Fetched, fetch
from tasks.promise import bounce_mailbox
from tests.letters.people import AT
from tests.returns.imap import Mailbox
from tests.returns.telling import notification, sent

pytestmark = pytest.mark.django_db
HOLIDAY = b"From: camille@example.fr\r\nSubject: En vacances\r\n\r\nJe rentre lundi.\r\n"


def url(box: Mailbox, *, password: str = "word") -> str:
    return f"imap://retours:{password}@127.0.0.1:{box.port}/INBOX"


def test_a_notification_is_stored_and_taken_away_and_the_rest_stays(outbox):
    letter = sent()
    with Mailbox(notification(to=outbox[0].from_email), HOLIDAY) as box:
        assert fetch(url(box), at=AT) == Fetched(messages=2, notifications=1, new=1)
        assert list(box.messages.values()) == [HOLIDAY]
        assert fetch(url(box), at=AT) == Fetched()
    assert apply_waiting(10, at=AT).applied == 1
    letter.refresh_from_db()
    assert letter.state == "bounced"
    assert list(MailEventCount.objects.values_list("provider", "what", "count")) == [("mailbox", "unreadable", 1)]


@pytest.mark.parametrize("commands", [3, 4, 5, 6])
def test_one_that_hangs_up_is_read_again_and_nothing_is_stored_twice(outbox, commands):
    """Before the fetch, before the flag, before the end."""
    sent()
    raw = notification(to=outbox[0].from_email)
    with Mailbox(raw, password="word", dies_after=commands) as box:
        with pytest.raises(CannotRead):
            fetch(url(box), at=AT)
        box.dies_after = 0
        fetch(url(box), at=AT)
        assert not box.messages or all(r"\Seen" in flags for flags in box.flags.values())
    assert MailEvent.objects.count() == 1


def test_a_wrong_password_says_nothing_of_it():
    with Mailbox(password="word") as box, pytest.raises(CannotRead) as refused:
        fetch(url(box, password="secret"), at=AT)
    assert "secret" not in str(refused.value)


def test_the_job_without_a_mailbox_does_nothing(settings, transactional_db):
    settings.BOUNCE_MAILBOX = ""
    bounce_mailbox()
    assert not MailEvent.objects.exists()


NESTED = b"".join(
    f'Content-Type: multipart/mixed; boundary="b{depth}"\r\n\r\n--b{depth}\r\n'.encode() for depth in range(2000)
)


@pytest.mark.parametrize("breaks", [lambda raw: NESTED, lambda raw: raw.replace(b"smtp; 550", b"smtp; \0 550")])
def test_a_message_that_breaks_its_reader_keeps_no_other(outbox, breaks):
    sent()
    raw = notification(to=outbox[0].from_email)
    with Mailbox(breaks(raw), raw.replace(b"5.1.1 <", b"5.1.2 <")) as box:
        assert fetch(url(box), at=AT).new >= 1
        assert fetch(url(box), at=AT) == Fetched()


def test_a_clock_that_was_never_set_dates_nothing(outbox):
    sent()
    raw = notification(to=outbox[0].from_email).replace(b"04 Jan 2027", b"01 Jan 1970")
    with Mailbox(raw) as box:
        fetch(url(box), at=AT)
    assert MailEvent.objects.get().happened_at == AT
