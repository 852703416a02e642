"""A legal notice that came back: posted in time it is charged, posted late or never it is left to the reader. R is 23/11/2027."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.actors import Actor
from payments.models import DeskItem, Payment
from subscriptions.audit import told
from subscriptions.models import LostMailbox, MailEvent, Notice, Renewal, RenewalAttempt
from subscriptions.paper.alarming import Watched, watch
from subscriptions.paper.batching import make_batch, mark_posted, take_out, undo_posting
from subscriptions.renewals.auditing import announced as audited
from subscriptions.renewals.falling_due import fall_due
from subscriptions.renewals.proving import record_posted, still_proved
from subscriptions.returns.applying import apply_waiting
from subscriptions.returns.news import News
from subscriptions.returns.receiving import store
from tests.renewals.counter import at_ten, charge, reader, taken, ten
from tests.renewals.days import CLOCK, live, noon, prove_on, the_renewal
from tests.renewals.people import subscriber

R = date(2027, 11, 23)
TARGET = R - timedelta(days=61)
CLOSES = date(2027, 10, 22)
STAFF = Actor("staff", "3")


def told_to_come_back(on: date) -> Notice:
    """The provider says on that day that the legal notice did not arrive."""
    letter = Notice.objects.get(kind="renewal_notice", channel="email")
    proof = letter.proofs.get(kind="accepted")
    news = News("evt-1", MailEvent.Kind.HARD, proof.provider_id, noon(on), "550 5.1.1 unknown user")
    store("generic", [news], b"raw", media_type="application/json", at=noon(on))
    assert apply_waiting(10, at=noon(on)).applied == 1
    return Notice.objects.get(kind="renewal_notice", channel="paper")


def post(on: date) -> None:
    """Everything that waits is printed and posted on that day."""
    batch = make_batch(actor=STAFF, at=noon(on))
    assert batch is not None
    mark_posted(batch, posted_on=on, actor=STAFF, reason="porté", at=noon(on))


@pytest.fixture
def noticed(outbox) -> Renewal:
    """A reader whose legal notice left on its day and was proved."""
    made = subscriber()
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    for on in (R - timedelta(days=75), TARGET):
        live(on)
    renewal = the_renewal(made)
    assert renewal.state == "announced"
    return renewal


@pytest.mark.django_db
class TestBounced:
    def test_posted_in_time_it_stands_again(self, noticed):
        letter = told_to_come_back(TARGET + timedelta(days=2))
        assert (letter.state, letter.matter) == ("queued", f"renewal_notice:renewal:{noticed.pk}:2027-11-23#2")
        live(TARGET + timedelta(days=2))
        item = DeskItem.objects.get(kind="legal_notice_bounced", closed_at=None)
        assert "12/10/2027" in item.sentence
        assert "22/10/2027" in item.sentence
        assert still_proved([noticed]) == set()
        post(date(2027, 10, 8))
        assert still_proved([noticed]) == set()  # it may still be taken back
        live(date(2027, 10, 9))
        assert still_proved([noticed]) == {noticed.pk}
        assert list(noticed.proofs.order_by("pk").values_list("ordinal", "sent_on", "notice_proof__kind")) == [
            (1, TARGET, "accepted"), (2, date(2027, 10, 8), "posted"),
        ]  # fmt: skip
        assert not DeskItem.objects.filter(kind="legal_notice_bounced", closed_at=None).exists()
        noticed.refresh_from_db()
        assert noticed.state == "announced"
        # The word of the debit goes by post too, from R − 24 on.
        live(R - timedelta(days=25))
        assert not Notice.objects.filter(kind="renewal_pre_debit").exists()
        live(R - timedelta(days=24))
        assert Notice.objects.get(kind="renewal_pre_debit").channel == "paper"

    def test_posted_on_the_last_day_of_the_window_it_counts_the_day_after(self, noticed):
        told_to_come_back(CLOSES)
        post(CLOSES)
        assert prove_on(CLOSES)[1].manual == 0
        assert prove_on(CLOSES + timedelta(days=1))[1].manual == 0
        assert still_proved([noticed]) == {noticed.pk}

    @pytest.mark.parametrize("posted", [False, True], ids=["never posted", "posted a day too late"])
    def test_not_posted_in_time_it_is_left_to_the_reader_and_never_charged(self, noticed, posted):
        letter = told_to_come_back(CLOSES - timedelta(days=3))
        batch = make_batch(actor=STAFF, at=noon(CLOSES - timedelta(days=2)))
        if posted:
            mark_posted(
                batch,
                posted_on=CLOSES + timedelta(days=1),
                actor=STAFF,
                reason="tard",
                at=noon(CLOSES + timedelta(days=1)),
            )
        for days in (1, 2, 3):
            live(CLOSES + timedelta(days=days))
        noticed.refresh_from_db()
        assert (noticed.state, noticed.why[:12]) == ("manual", "Aucun avis d")
        fall_due(on=R, at=ten(R), actor=CLOCK)
        assert not RenewalAttempt.objects.exists()
        letter.refresh_from_db()
        assert letter.state == ("sent" if posted else "printing")
        assert Notice.objects.get(kind="renewal_manual").channel == "paper"
        assert list(audited(noon(CLOSES + timedelta(days=3)))) == []

    def test_a_posting_taken_back_proves_nothing(self, noticed):
        told_to_come_back(TARGET + timedelta(days=2))
        on = TARGET + timedelta(days=3)
        batch = make_batch(actor=STAFF, at=noon(on))
        mark_posted(batch, posted_on=on, actor=STAFF, reason="x", at=noon(on))
        undo_posting(batch, actor=STAFF, reason="pas posté", at=noon(on))
        live(on + timedelta(days=1))
        assert noticed.proofs.count() == 1
        assert still_proved([noticed]) == set()
        live(CLOSES + timedelta(days=1))
        noticed.refresh_from_db()
        assert noticed.state == "manual"

    def test_what_lies_in_a_batch_is_not_recorded_by_hand_beside_it(self, noticed):
        told_to_come_back(TARGET + timedelta(days=2))
        on = TARGET + timedelta(days=3)
        batch = make_batch(actor=STAFF, at=noon(on))
        with pytest.raises(ValueError, match="lies in a batch"):
            record_posted(noticed, posted_on=on, actor=STAFF, reason="x", at=noon(on))
        take_out(batch.lines.get(), actor=STAFF, reason="posté à part", at=noon(on))
        assert record_posted(noticed, posted_on=on, actor=STAFF, reason="recommandé", at=noon(on)) is not None
        assert Notice.objects.get(channel="paper").state == "sent"
        assert make_batch(actor=STAFF, at=noon(on)) is None
        assert still_proved([noticed]) == {noticed.pk}

    def test_the_alarm_rings_five_days_before_it_should_leave_and_ends_with_the_posting(self, noticed):
        letter = told_to_come_back(TARGET + timedelta(days=2))
        assert watch(on=date(2027, 10, 6), at=noon(date(2027, 10, 6)), actor=CLOCK) == Watched(1, 0)
        for _twice in range(2):
            assert watch(on=date(2027, 10, 7), at=noon(date(2027, 10, 7)), actor=CLOCK) == Watched(1, 1)
        item = DeskItem.objects.get(kind="letter_to_post", closed_at=None)
        assert (item.desk, item.subject) == ("fulfilment", f"notice:{letter.pk}")
        post(date(2027, 10, 8))
        item.refresh_from_db()
        assert item.closed_by == "staff:3"
        assert watch(on=date(2027, 10, 9), at=noon(date(2027, 10, 9)), actor=CLOCK) == Watched(0, 0)

    def test_what_waits_without_a_word_on_a_desk_is_found_by_the_audit(self, noticed):
        told_to_come_back(TARGET + timedelta(days=2))
        assert list(told(noon(date(2027, 10, 7)))) == [], "weeks in a tray are no fault: its last day is far"
        on = date(2027, 10, 8)
        assert len(list(told(noon(on)))) == 1
        watch(on=on, at=noon(on), actor=CLOCK)
        assert list(told(noon(on))) == []


@pytest.mark.django_db(transaction=True)
def test_charged_once_at_the_till_after_two_letters_by_post(till, outbox):
    """Queued, printed, posted, proved, told again, charged: day by day, for a reader whose mailbox is gone."""
    made = reader(till)
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    LostMailbox.objects.create(email=made.payer.email, kind="dead", since=noon(date(2027, 9, 1)))
    for on in (R - timedelta(days=75), R - timedelta(days=71)):
        live(on)
    post(date(2027, 9, 15))
    live(date(2027, 9, 16))
    live(R - timedelta(days=24))
    post(date(2027, 11, 2))
    live(date(2027, 11, 3))
    renewal = the_renewal(made)
    assert list(renewal.proofs.order_by("pk").values_list("kind", "sent_on")) == [
        ("legal", date(2027, 9, 15)), ("pre_debit", date(2027, 11, 2)),
    ]  # fmt: skip
    at_ten(till)
    charge()
    renewal.refresh_from_db()
    attempt = RenewalAttempt.objects.get()
    assert (renewal.state, attempt.charged_on, attempt.pre_debit_sent_on) == ("paid", R, date(2027, 11, 2))
    assert Payment.objects.filter(way="off_session", state="succeeded").count() == 1
    assert taken(till) == [renewal.subject]
    assert outbox == []
    receipt = Notice.objects.get(kind="renewal_paid")
    assert (receipt.channel, receipt.state) == ("paper", "queued")
    charge()
    assert Payment.objects.filter(way="off_session").count() == 1
