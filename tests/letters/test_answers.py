"""Every row of the closed table of answers, given by a real server: what becomes of the letter."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.core.mail.backends.base import BaseEmailBackend

from payments.models import DeskItem
from subscriptions.models import Notice
from subscriptions.notices import queue
from subscriptions.notices.answers import ANSWERS, BACK_OFF, OUTAGE, STATUSES, Verdict, http_answer, smtp_answer
from subscriptions.notices.delivering import deliver
from tests.letters.every import code, draft, refund_of
from tests.letters.people import AT, purchase

pytestmark = pytest.mark.django_db

LATER, NEVER, OURS, UNKNOWN = Verdict.LATER, Verdict.NEVER, Verdict.OURS, Verdict.UNKNOWN

#: Written out again, so that a slip in the table is seen.
SMTP = {
    421: LATER, 432: OURS, 450: LATER, 451: LATER, 452: LATER, 454: OURS, 455: LATER,
    500: OURS, 501: NEVER, 502: OURS, 503: OURS, 504: OURS, 521: NEVER, 523: NEVER, 530: OURS, 534: OURS, 535: OURS,
    538: OURS, 550: NEVER, 551: NEVER, 552: LATER, 553: NEVER, 554: NEVER, 555: NEVER, 556: NEVER,
}  # fmt: skip
HTTP = {
    400: NEVER, 401: OURS, 402: OURS, 403: OURS, 404: OURS, 408: UNKNOWN, 413: NEVER, 422: NEVER, 429: LATER,
    500: UNKNOWN, 502: UNKNOWN, 503: LATER, 504: UNKNOWN,
}  # fmt: skip


def test_the_tables_are_closed():
    assert {row: answer.verdict for row, answer in ANSWERS.items()} == SMTP
    assert {row: answer.verdict for row, answer in STATUSES.items()} == HTTP


@pytest.mark.parametrize(("code_", "verdict"), [(499, LATER), (420, LATER), (599, NEVER), (250, UNKNOWN), (0, UNKNOWN)])
def test_a_code_outside_the_table_is_read_by_its_first_digit(code_, verdict):
    assert smtp_answer(code_).verdict is verdict


def test_an_unknown_status_leaves_us_not_knowing():
    assert http_answer(599).verdict is UNKNOWN


def _after(verdict: Verdict) -> tuple[str, timedelta | None, str, str]:
    """State, wait, desk and its item after a first try of a code (which may be sent twice)."""
    return {
        LATER: ("queued", timedelta(minutes=1), "", ""),
        NEVER: ("failed", None, "support", "letter_failed"),
        OURS: ("queued", OUTAGE, "technique", "post_outage"),
        UNKNOWN: ("queued", timedelta(minutes=1), "", ""),
    }[verdict]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("code_", "verdict"), SMTP.items())
def test_each_answer_of_a_mail_server(server, command, code_, verdict):
    server.answers[command] = f"{code_} 5.0.0 camille@example.fr is not wanted"
    queue([code()])
    done = deliver(10, at=AT)
    _check(verdict, done, meaning=ANSWERS[code_].meaning)
    assert server.taken == []


@pytest.mark.parametrize(("status", "verdict"), HTTP.items())
def test_each_answer_of_a_provider(settings, status, verdict):
    settings.EMAIL_BACKEND = "tests.letters.test_answers.Provider"
    Provider.raises = AnymailAPIError("camille@example.fr", status_code=status)
    queue([code()])
    _check(verdict, deliver(10, at=AT), meaning=STATUSES[status].meaning)


def test_a_provider_that_takes_no_address(settings):
    settings.EMAIL_BACKEND = "tests.letters.test_answers.Provider"
    Provider.raises = AnymailRecipientsRefused("camille@example.fr")
    queue([code()])
    _check(NEVER, deliver(10, at=AT), meaning="the provider takes none of the addresses")


class Provider(BaseEmailBackend):
    """A provider's backend that raises as Anymail's do."""

    raises: Exception

    def send_messages(self, messages):
        raise self.raises


def _check(verdict, done, *, meaning):
    notice = Notice.objects.get()
    state, wait, desk, kind = _after(verdict)
    assert notice.state == state
    assert meaning in notice.failure
    assert notice.due_at == (AT if wait is None else AT + wait)
    assert notice.attempts == (0 if verdict is OURS else 1)
    assert done.outage is (verdict is OURS)
    assert done.sent == 0
    [proof] = notice.proofs.all()
    assert (proof.kind, proof.at) == ("refused", AT)
    assert meaning in proof.detail
    assert proof.document is not None
    assert list(DeskItem.objects.values_list("desk", "kind")) == ([(desk, kind)] if desk else [])
    # What the server said may name a person; our own words do not.
    said = [notice.failure, proof.detail, *DeskItem.objects.values_list("sentence", flat=True)]
    assert not [words for words in said if re.search("camille", words)]


def test_a_line_that_breaks_after_the_letter_leaves_us_not_knowing(server, transactional_db):
    """A code may come twice; a refund letter may not: it waits for a person."""
    server.answers["DATA"] = "drop"
    refund = refund_of(purchase(), credit_note=None)
    queue([code(), draft("refund_sent", {"refund_id": refund.pk})])
    done = deliver(10, at=AT)
    states = dict(Notice.objects.values_list("kind", "state"))
    assert states == {"sign_in_code": "queued", "refund_sent": "doubtful"}
    assert (done.put_back, done.doubtful, done.outage) == (1, 1, False)
    assert DeskItem.objects.get().kind == "letter_doubtful"


def test_no_server_at_all_keeps_every_letter(server, settings):
    settings.EMAIL_PORT = 1
    queue([code(matter=f"code:{number}") for number in range(3)])
    for days in range(5):
        done = deliver(10, at=AT + timedelta(minutes=days))
        assert done.sent == 0
    assert set(Notice.objects.values_list("state", "attempts", "due_at")) == {("queued", 0, AT + OUTAGE)}
    item = DeskItem.objects.get()
    assert (item.kind, item.closed_at) == ("post_outage", None)
    settings.EMAIL_PORT = server.port
    later = AT + timedelta(minutes=6)
    assert deliver(10, at=later).sent == 3
    item.refresh_from_db()
    assert (item.closed_at, item.closed_by) == (later, "job:letters")


def test_back_off_lasts_two_days_then_a_person_takes_over(server):
    """1 min, 5 min, 30 min, 2 h, 6 h, 12 h, 24 h: eight tries, then the support desk."""
    server.answers["RCPT"] = "450 greylisted"
    at, tries = AT, []
    queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"})])
    while Notice.objects.get().state == "queued":
        deliver(1, at=at)
        assert deliver(1, at=at).put_back == 0  # not due again at once
        tries.append(at)
        at = Notice.objects.get().due_at
    waits = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert waits == list(BACK_OFF)
    assert [wait.total_seconds() / 60 for wait in waits] == [1, 5, 30, 120, 360, 720, 1440]
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts, notice.failure) == ("failed", 8, "mailbox busy, or greylisted")
    assert notice.proofs.count() == 8
    assert DeskItem.objects.get(kind="letter_failed").subject == f"notice:{notice.pk}"


def test_a_refusal_and_then_a_yes(server):
    server.answers["RCPT"] = "451 try again"
    queue([code()])
    deliver(1, at=AT)
    del server.answers["RCPT"]
    assert deliver(1, at=AT + timedelta(seconds=59)).sent == 0
    assert deliver(1, at=AT + timedelta(seconds=60)).sent == 1
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts, notice.failure) == ("sent", 2, "")
    assert [proof.kind for proof in notice.proofs.all()] == ["refused", "accepted"]


def test_one_refused_reader_does_not_keep_the_next(server):
    queue([code(matter=f"code:{number}", to_email=f"reader{number}@example.fr") for number in range(4)])
    server.refused = "reader1@example.fr"
    done = deliver(10, at=AT)
    assert (done.sent, done.failed) == (3, 1)
    assert [letter["To"].addresses[0].addr_spec[:7] for letter in server.letters] == ["reader0", "reader2", "reader3"]


def test_a_server_that_hangs_up_between_letters_is_called_again(server):
    queue([code(matter=f"code:{number}") for number in range(4)])
    server.hang_up_after = 2
    assert deliver(10, at=AT).sent == 4
    assert len(server.taken) == 4
    assert server.connections == 2
