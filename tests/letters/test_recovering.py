"""A sender that dies at each step, two senders at once, and what a person may decide."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from payments.actors import Actor
from payments.documents import keep
from payments.models import Act, DeskItem
from subscriptions.models import Notice
from subscriptions.notices import queue
from subscriptions.notices.delivering import Delivered, deliver
from subscriptions.notices.letter import OnStall
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.moving import MOVES, claim, hold_as_sent, move
from subscriptions.notices.posting import LetterBox
from subscriptions.notices.recovering import STALLED_AFTER, Recovered, recover, send_again, settle_doubt
from tests import servers
from tests.letters.every import code, draft, every, refund_of
from tests.letters.people import AT, purchase

LATER = AT + STALLED_AFTER
STAFF = Actor("staff", "7")


@pytest.mark.django_db
def test_the_choice_for_each_kind():
    """Doubled, these would tell of a second attempt, a second refund; all others are sent again."""
    doubtful = {kind for kind, letter in LETTERS.items() if letter.on_stall is OnStall.DOUBTFUL}
    assert doubtful == {
        "payment_refused", "sepa_failed", "refund_sent", "order_expired_with_late_money", "renewal_declined",
        "renewal_given_back", "transfer_sent",
    }  # fmt: skip


class Killed(BaseException):
    """What a killed worker looks like from inside."""


def kill_at(step, monkeypatch):
    """Die before the letter is stored, or after it was handed over and before that was written down."""
    name = {"before storing": "keep", "after sending": "accepted"}[step]

    def die(*_arguments, **_options):
        raise Killed

    monkeypatch.setattr(f"subscriptions.notices.delivering.{name}", die)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("step", "left", "states"),
    [
        ("before storing", 0, {"refund_sent": "queued", "sign_in_code": "queued"}),
        ("after sending", 1, {"refund_sent": "doubtful", "sign_in_code": "queued"}),
    ],
)
@pytest.mark.parametrize("first", ["refund_sent", "sign_in_code"])
def test_a_worker_killed(outbox, monkeypatch, step, left, states, first):
    """The letter in hand follows its kind; the others of its batch were never stored, and just leave later."""
    refund = draft("refund_sent", {"refund_id": refund_of(purchase(), credit_note=None).pk})
    drafts = [refund, code()] if first == "refund_sent" else [code(), refund]
    queue(drafts)
    with monkeypatch.context() as killing:
        kill_at(step, killing)
        with pytest.raises(Killed):
            deliver(10, at=AT)
    assert len(outbox) == left
    assert set(Notice.objects.values_list("state", flat=True)) == {"sending"}
    assert recover(LATER - timedelta(seconds=1)) == Recovered(0, 0)
    recover(LATER)
    after = dict(Notice.objects.values_list("kind", "state"))
    in_hand = drafts[0].kind
    assert after[in_hand] == states[in_hand]
    assert after[drafts[1].kind] == "queued"
    assert recover(LATER) == Recovered(0, 0)
    doubtful = states[in_hand] == "doubtful"
    assert [item.kind for item in DeskItem.objects.all()] == (["letter_doubtful"] if doubtful else [])


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_is_sent_again_after_a_stall_carries_the_same_id(server, monkeypatch):
    queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"})])
    with monkeypatch.context() as killing:
        kill_at("after sending", killing)
        with pytest.raises(Killed):
            deliver(1, at=AT)
    recover(LATER)
    assert deliver(1, at=LATER).sent == 1
    one, two = server.letters
    assert one["Message-ID"] == two["Message-ID"]
    assert Notice.objects.get().proofs.count() == 1


@pytest.mark.django_db
def test_a_recovery_that_came_too_early_does_not_double(outbox):
    """The first worker was only slow: it finds its letter taken back, and does not send it."""
    queue([code()])
    [held] = claim(1, at=AT)
    recover(LATER)
    document = keep(b"x", media_type="message/rfc822", keep_until=AT.date(), at=AT)
    assert hold_as_sent(held, document) is False
    assert move(held, Notice.State.SENT, at=AT) is False
    assert Notice.objects.get().state == "queued"


@pytest.mark.django_db
def test_a_letter_that_left_in_spite_of_a_recovery_is_sent(outbox, monkeypatch):
    """The server answered after the recovery: the fact wins, and nobody has to decide any more."""
    refund = refund_of(purchase(), credit_note=None)
    queue([draft("refund_sent", {"refund_id": refund.pk})])
    real = LetterBox.send

    def slow(self, message):
        recover(LATER)
        return real(self, message)

    monkeypatch.setattr(LetterBox, "send", slow)
    assert deliver(1, at=AT).sent == 1
    notice = Notice.objects.get()
    assert (notice.state, notice.proofs.get().kind) == ("sent", "accepted")


@pytest.mark.django_db(transaction=True)
def test_two_workers_deliver_each_letter_once(server):
    """Forty letters, four threads with connections of their own."""
    queue([code(matter=f"code:{number}") for number in range(40)])
    start, tallies = threading.Barrier(4), []

    def work():
        try:
            start.wait(10)
            tallies.append(deliver(40, at=AT))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(tally.sent for tally in tallies) == 40
    ids = [letter["Message-ID"] for letter in server.letters]
    assert len(ids) == len(set(ids)) == 40
    assert set(Notice.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.django_db(transaction=True)
def test_a_letter_in_another_s_hands_is_passed_over(outbox):
    """The negative control: a plain look still finds the row that the claim passes over."""
    queue([code(), code(matter="other")])
    held = Notice.objects.order_by("id").first()
    with psycopg.connect(servers.superuser_url()) as other:
        other.execute("SELECT 1 FROM subscriptions_notice WHERE id = %s FOR UPDATE", [held.pk])
        assert Notice.objects.filter(state="queued", due_at__lte=AT).count() == 2
        assert deliver(10, at=AT) == Delivered(sent=1)
        held.refresh_from_db()
        assert held.state == "queued"
    assert deliver(10, at=AT) == Delivered(sent=1)


@pytest.mark.django_db
def test_the_table_of_moves_is_kept():
    queue([code()])
    notice = Notice.objects.get()
    for to in set(Notice.State) - MOVES[Notice.State.QUEUED]:
        with pytest.raises(ValueError, match=f"a letter does not go from queued to {to}"):
            move(notice, to, at=AT)
    assert set(MOVES) == set(Notice.State)


@pytest.mark.django_db
def test_a_recovery_looks_only_at_letters_in_hand(outbox):
    queue(every())
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert recover(LATER) == Recovered(0, 0)
    assert len([one for one in asked if one["sql"].startswith("SELECT")]) == 1


def doubtful_letter():
    """A refund letter that may have left."""
    queue([draft("refund_sent", {"refund_id": refund_of(purchase(), credit_note=None).pk})])
    [held] = claim(1, at=AT)
    hold_as_sent(held, keep(b"x", media_type="message/rfc822", keep_until=AT.date(), at=AT))
    recover(LATER)
    return Notice.objects.get()


@pytest.mark.django_db
@pytest.mark.parametrize(("left", "state", "proofs"), [(True, "sent", 1), (False, "queued", 0)])
def test_a_person_settles_a_doubt(outbox, left, state, proofs):
    notice = doubtful_letter()
    assert notice.state == "doubtful"
    assert settle_doubt(notice.pk, left=left, actor=STAFF, reason="journal du prestataire", at=LATER) is True
    assert settle_doubt(notice.pk, left=left, actor=STAFF, reason="encore", at=LATER) is False
    notice.refresh_from_db()
    assert (notice.state, notice.proofs.count()) == (state, proofs)
    act = Act.objects.get()
    assert (act.actor, act.verb, act.reason, act.facts) == (
        "staff:7",
        "settle_doubt",
        "journal du prestataire",
        {"left": left},
    )
    item = DeskItem.objects.get(kind="letter_doubtful")
    assert (item.closed_by, item.closed_because) == ("staff:7", "journal du prestataire")
    assert deliver(5, at=LATER).sent == (0 if left else 1)


@pytest.mark.django_db
def test_a_letter_is_sent_again_as_a_letter_of_its_own(server):
    server.refused = "camille@example.fr"
    queue([code()])
    deliver(1, at=AT)
    first = Notice.objects.get()
    assert first.state == "failed"
    again = send_again(first.pk, actor=STAFF, reason="adresse corrigée", at=AT, to_email="c.lenoir@example.fr")
    third = send_again(first.pk, actor=STAFF, reason="encore", at=AT, to_email="c.lenoir@example.fr")
    assert (again.matter, third.matter) == ("sign_in_code:1#2", "sign_in_code:1#3")
    assert deliver(5, at=AT).sent == 2
    assert len({letter["Message-ID"] for letter in server.letters}) == 2
    first.refresh_from_db()
    assert first.state == "failed"
    item = DeskItem.objects.get(kind="letter_failed")
    assert (item.closed_by, item.closed_because) == ("staff:7", "adresse corrigée")
