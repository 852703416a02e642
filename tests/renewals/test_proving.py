"""From the post's answer to the gate, and what becomes of letters that came back. R is 23 November 2027."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.actors import Actor
from payments.models import Act, DeskItem
from subscriptions.models import Notice, NoticeProof, Renewal, RenewalProof
from subscriptions.notices.delivering import deliver
from subscriptions.notices.recovering import send_again
from subscriptions.renewals.proving import Proved, record_posted, still_proved
from subscriptions.renewals.unproved import Unproved
from tests.makers import NOW
from tests.races.crowd import together
from tests.renewals.days import around, bounce, live_on, noon, notice_on, plan_on, prove_on, the_renewal
from tests.renewals.people import announced, subscriber

R = date(2027, 11, 23)
TARGET = R - timedelta(days=61)
CLOSES = date(2027, 10, 22)
STAFF = Actor("staff", "3")
pytestmark = pytest.mark.django_db


def noticed(on: date = TARGET) -> Renewal:
    """A plan whose legal notice has left on that day, and is not proved yet."""
    reader = subscriber()
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    plan_on(on)
    notice_on(on)
    assert deliver(10, at=noon(on)).sent == 1
    return the_renewal(reader)


class TestProofs:
    def test_what_the_post_took_announces_it_once(self, outbox):
        renewal = noticed()
        assert prove_on(TARGET) == (Proved(legal=1, announced=1), Unproved())
        assert prove_on(TARGET) == (Proved(), Unproved())
        renewal.refresh_from_db()
        proof = renewal.proofs.get()
        assert renewal.state == "announced"
        assert (proof.kind, proof.renews_on, proof.sent_on, proof.ordinal) == ("legal", R, TARGET, 1)
        assert (proof.window_opens, proof.window_closes) == (date(2027, 8, 22), CLOSES)
        assert proof.notice_proof.kind == "accepted"
        assert still_proved([renewal]) == {renewal.pk}

    @pytest.mark.parametrize(
        ("at", "day"),
        [
            (datetime(2027, 9, 23, 21, 59, tzinfo=UTC), date(2027, 9, 23)),
            (datetime(2027, 9, 23, 22, 1, tzinfo=UTC), date(2027, 9, 24)),
        ],
        ids=["a minute before midnight in Paris", "a minute after"],
    )
    def test_its_day_is_a_paris_day(self, outbox, at, day):
        reader = subscriber()
        plan_on(TARGET)
        notice_on(TARGET)
        deliver(10, at=at)
        prove_on(day)
        assert the_renewal(reader).proofs.get().sent_on == day

    def test_a_reader_without_an_e_mail_address_has_none_until_their_letter_is_posted(self, outbox):
        reader = subscriber()
        Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
        get_user_model().objects.filter(pk=reader.payer_id).update(email=None)
        plan_on(TARGET)
        notice_on(TARGET)
        assert deliver(10, at=noon(TARGET)).failed == 0
        assert prove_on(TARGET) == (Proved(), Unproved())
        renewal = the_renewal(reader)
        letter = Notice.objects.get(kind="renewal_notice")
        assert (renewal.state, letter.channel, letter.state) == ("planned", "paper", "queued")
        record_posted(renewal, posted_on=TARGET, actor=STAFF, reason="posté", at=noon(TARGET))
        letter.refresh_from_db()
        assert (renewal.state, letter.state) == ("announced", "sent")

    def test_a_letter_taken_outside_the_window_is_none(self, outbox):
        renewal = announced(subscriber(), renews_on=R, state="planned", without="legal")
        letter = Notice.objects.create(
            kind="renewal_notice", matter=f"renewal_notice:renewal:{renewal.pk}:2027-11-23", rank="legal", due_at=NOW,
            created_at=NOW, state="sent", state_since=NOW,
        )  # fmt: skip
        NoticeProof.objects.create(notice=letter, kind="accepted", at=noon(CLOSES + timedelta(days=1)))
        assert prove_on(CLOSES + timedelta(days=1)) == (Proved(), Unproved(manual=1))

    def test_one_taken_on_the_last_day_and_read_after_it_counts(self, outbox):
        renewal = announced(subscriber(), renews_on=R, state="planned", without="legal")
        letter = Notice.objects.create(
            kind="renewal_notice", matter=f"renewal_notice:renewal:{renewal.pk}:2027-11-23", rank="legal", due_at=NOW,
            created_at=NOW, state="sent", state_since=NOW,
        )  # fmt: skip
        NoticeProof.objects.create(notice=letter, kind="accepted", at=noon(CLOSES))
        assert prove_on(CLOSES + timedelta(days=9)) == (Proved(legal=1, announced=1), Unproved())

    @pytest.mark.django_db(transaction=True)
    def test_two_rounds_at_once_prove_once(self, outbox):
        noticed()
        together([lambda: prove_on(TARGET)] * 2)
        assert RenewalProof.objects.count() == 1
        assert the_renewal().events.filter(to_state="announced").count() == 1


class TestBounces:
    def test_before_its_proof_it_stays_a_plan_and_support_posts_a_letter(self, outbox):
        renewal = noticed()
        bounce(renewal, at=noon(TARGET))
        for _twice in range(2):
            assert prove_on(TARGET) == (Proved(), Unproved(bounced=1))
        assert DeskItem.objects.filter(kind="legal_notice_bounced", closed_at=None).count() == 1
        renewal.refresh_from_db()
        assert renewal.state == "planned"
        proof = record_posted(
            renewal, posted_on=date(2027, 10, 8), actor=STAFF, reason="lettre n° 12", at=noon(date(2027, 10, 9))
        )
        assert proof is not None
        assert (proof.sent_on, proof.notice_proof.kind, proof.notice_proof.detail) == (
            date(2027, 10, 8), "posted", "said by staff:3",
        )  # fmt: skip
        assert renewal.state == "announced"
        assert still_proved([renewal]) == {renewal.pk}
        assert DeskItem.objects.get(kind="legal_notice_bounced").closed_by == "staff:3"
        assert Act.objects.get(verb="posted a legal notice").facts["posted_on"] == "2027-10-08"
        assert prove_on(date(2027, 10, 9)) == (Proved(), Unproved())

    def test_after_its_proof_the_charge_is_blocked_until_a_letter_is_posted(self, outbox):
        renewal = noticed()
        prove_on(TARGET)
        renewal.refresh_from_db()
        bounce(renewal, at=noon(TARGET + timedelta(days=2)))
        assert still_proved([renewal]) == set()
        assert prove_on(TARGET + timedelta(days=2))[1] == Unproved(bounced=1)
        record_posted(renewal, posted_on=CLOSES, actor=STAFF, reason="posté", at=noon(CLOSES))
        assert still_proved([renewal]) == {renewal.pk}
        assert renewal.state == "announced"
        assert list(renewal.proofs.order_by("pk").values_list("ordinal", "sent_on")) == [(1, TARGET), (2, CLOSES)]
        assert prove_on(CLOSES + timedelta(days=1)) == (Proved(), Unproved())

    def test_posted_on_the_very_day_of_the_letter_that_came_back(self, outbox):
        renewal = noticed()
        prove_on(TARGET)
        bounce(renewal, at=noon(TARGET))
        renewal.refresh_from_db()
        record_posted(renewal, posted_on=TARGET, actor=STAFF, reason="posté", at=noon(TARGET))
        assert still_proved([renewal]) == {renewal.pk}

    def test_nothing_posted_by_the_end_of_the_window_is_left_to_choice(self, outbox):
        renewal = noticed()
        prove_on(TARGET)
        bounce(renewal, at=noon(TARGET + timedelta(days=2)))
        assert prove_on(CLOSES)[1] == Unproved(bounced=1)
        assert prove_on(CLOSES + timedelta(days=1))[1].manual == 1
        renewal.refresh_from_db()
        assert renewal.state == "manual"
        assert prove_on(CLOSES + timedelta(days=1))[1] == Unproved()
        items = DeskItem.objects.filter(closed_at=None).values_list("kind", flat=True)
        assert list(items) == ["renewal_manual"]
        letter = Notice.objects.get(kind="renewal_manual")
        assert letter.facts == {"renewal_id": renewal.pk, "renews_on": "2027-11-23"}

    def test_a_bounce_heard_after_the_window_leaves_it_to_choice_at_once(self, outbox):
        renewal = noticed()
        prove_on(TARGET)
        bounce(renewal, at=noon(R - timedelta(days=3)))
        assert prove_on(R - timedelta(days=3))[1].manual == 1

    def test_sent_again_to_a_better_address_it_is_proved_and_off_the_desk(self, outbox):
        renewal = noticed()
        lost = bounce(renewal, at=noon(TARGET))
        prove_on(TARGET)
        on = TARGET + timedelta(days=4)
        again = send_again(lost.pk, actor=STAFF, reason="adresse corrigée", at=noon(on), to_email="e@example.fr")
        assert again.matter.endswith("#2")
        assert deliver(10, at=noon(on)).sent == 1
        assert prove_on(on) == (Proved(legal=1, announced=1), Unproved())
        renewal.refresh_from_db()
        assert renewal.proofs.get().sent_on == on
        assert not DeskItem.objects.filter(kind="legal_notice_bounced", closed_at=None).exists()

    def test_posted_outside_the_window_it_is_written_down_and_proves_nothing(self, outbox):
        renewal = noticed()
        bounce(renewal, at=noon(TARGET))
        late = CLOSES + timedelta(days=1)
        assert record_posted(renewal, posted_on=late, actor=STAFF, reason="tard", at=noon(late)) is None
        assert NoticeProof.objects.filter(kind="posted").count() == 1
        assert still_proved([renewal]) == set()
        assert renewal.state == "planned"

    def test_posting_is_recorded_of_what_waits_for_it_and_not_ahead_of_time(self, outbox):
        renewal = noticed()
        with pytest.raises(ValueError, match="future"):
            record_posted(renewal, posted_on=CLOSES, actor=STAFF, reason="x", at=noon(TARGET))
        Renewal.objects.filter(pk=renewal.pk).update(state="charging")
        with pytest.raises(ValueError, match="waits for no letter"):
            record_posted(renewal, posted_on=TARGET, actor=STAFF, reason="x", at=noon(TARGET))
        other = announced(subscriber(email="x@example.fr"), renews_on=R, state="planned", without="legal")
        with pytest.raises(ValueError, match="waits for no letter"):
            record_posted(other, posted_on=TARGET, actor=STAFF, reason="x", at=noon(TARGET))

    def test_a_word_of_the_debit_that_never_left_is_left_to_choice_on_its_day(self, outbox):
        renewal = announced(subscriber(), renews_on=R, without="pre_debit")
        notice_on(R - timedelta(days=14))
        Notice.objects.filter(kind="renewal_pre_debit").update(state="failed")
        assert prove_on(R - timedelta(days=1)) == (Proved(), Unproved())
        assert prove_on(R) == (Proved(), Unproved(manual=1))
        renewal.refresh_from_db()
        assert renewal.why.startswith("L’annonce du débit")


def test_the_letter_of_choice_is_not_sent_to_whoever_chose(outbox):
    subscriber()
    live_on([*around(R, 75), CLOSES + timedelta(days=1)])
    renewal = the_renewal()
    assert renewal.state == "manual"
    letter = Notice.objects.get(kind="renewal_manual")
    Notice.objects.filter(pk=letter.pk).update(state="queued", due_at=NOW)
    Renewal.objects.filter(pk=renewal.pk).update(state="cancelled")
    deliver(10, at=noon(R))
    letter.refresh_from_db()
    assert (letter.state, letter.failure) == ("withdrawn", "the renewal is no longer by choice")


def queries(act) -> int:
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


def test_the_queries_of_a_round_do_not_grow_with_the_readers(outbox):
    counts = []
    for people in (1, 1, 3):  # the first leaves letters that came back for the others to read past
        for number in range(people):
            subscriber(email=f"{len(counts)}-{number}@example.fr")
        Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
        plan_on(TARGET)
        notice_on(TARGET)
        deliver(10, at=noon(TARGET))
        counts.append(queries(lambda: prove_on(TARGET)))
        for renewal in Renewal.objects.filter(state="announced"):
            bounce(renewal, at=noon(TARGET))
        counts.append(queries(lambda: prove_on(TARGET)))
        counts.append(queries(lambda: prove_on(CLOSES + timedelta(days=1))))
    assert counts[3:6] == counts[6:]


def test_a_round_over_nothing_asks_little():
    subscriber()
    assert queries(lambda: prove_on(TARGET)) <= 12
