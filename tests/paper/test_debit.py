"""The word of a debit on paper: posted late it proves nothing and another one names another day, before which nobody is debited.

R is 23 November 2027; on paper the word is queued from 30 October on and may be posted until 16 November.
"""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth import get_user_model

from payments.actors import Actor
from subscriptions.models import Notice, Renewal, RenewalAttempt
from subscriptions.paper.batching import make_batch, mark_posted
from subscriptions.renewals.charging import due
from subscriptions.renewals.falling_due import fall_due
from subscriptions.renewals.tries import tries_of
from tests.renewals.counter import at_ten, charge, reader, ten
from tests.renewals.days import CLOCK, live, noon, notice_on, prove_on
from tests.renewals.people import announced, subscriber

R = date(2027, 11, 23)
STAFF = Actor("staff", "3")


def by_post(subscription) -> Renewal:
    """A reader without e-mail whose legal notice is proved, and who is not told of the debit yet."""
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    get_user_model().objects.filter(pk=subscription.payer_id).update(email=None)
    return announced(subscription, renews_on=R, without="pre_debit")


def print_on(on: date):
    batch = make_batch(actor=STAFF, at=noon(on))
    assert batch is not None
    return batch


@pytest.mark.django_db
class TestWord:
    def test_posted_on_its_last_day_it_holds(self):
        renewal = by_post(subscriber())
        notice_on(date(2027, 10, 30))
        mark_posted(
            print_on(date(2027, 11, 1)),
            posted_on=date(2027, 11, 16),
            actor=STAFF,
            reason="x",
            at=noon(date(2027, 11, 16)),
        )
        prove_on(date(2027, 11, 17))
        proof = renewal.proofs.get(kind="pre_debit")
        assert (proof.sent_on, proof.window_opens, proof.window_closes) == (
            date(2027, 11, 16), date(2027, 10, 24), date(2027, 11, 16),
        )  # fmt: skip

    def test_a_day_later_it_proves_nothing_and_another_names_another_day(self):
        renewal = by_post(subscriber())
        notice_on(date(2027, 10, 30))
        late = date(2027, 11, 17)
        mark_posted(print_on(date(2027, 11, 1)), posted_on=late, actor=STAFF, reason="tard", at=noon(late))
        prove_on(date(2027, 11, 18))
        assert not renewal.proofs.filter(kind="pre_debit").exists()
        for _twice in range(2):
            notice_on(date(2027, 11, 18))
        first, second = Notice.objects.filter(kind="renewal_pre_debit").order_by("pk")
        assert (first.facts["charge_on"], second.facts["charge_on"]) == ("2027-11-23", "2027-11-30")
        assert (second.matter, second.channel) == (f"renewal_pre_debit:renewal:{renewal.pk}:2027-11-23#2", "paper")

    def test_waiting_still_on_the_day_that_it_names_it_is_left_to_the_reader(self):
        renewal = by_post(subscriber())
        notice_on(date(2027, 10, 30))
        print_on(date(2027, 11, 1))
        assert prove_on(date(2027, 11, 22))[1].manual == 0
        assert prove_on(R)[1].manual == 1
        renewal.refresh_from_db()
        assert (renewal.state, renewal.why[:14]) == ("manual", "L’annonce du d")
        assert not RenewalAttempt.objects.exists()

    def test_printed_too_late_it_is_withdrawn_and_written_anew(self):
        by_post(subscriber())
        notice_on(date(2027, 10, 30))
        on = date(2027, 11, 17)
        assert make_batch(actor=STAFF, at=noon(on)) is None
        old = Notice.objects.get(kind="renewal_pre_debit")
        assert (old.state, old.failure) == ("withdrawn", "too late for the day that it names")
        notice_on(on)
        assert Notice.objects.get(kind="renewal_pre_debit", state="queued").facts["charge_on"] == "2027-11-29"


@pytest.mark.django_db(transaction=True)
def test_nobody_is_debited_before_the_day_that_their_letter_names(till, outbox):
    renewal = by_post(reader(till))
    on = date(2027, 11, 18)
    live(on)
    letter = Notice.objects.get(kind="renewal_pre_debit")
    assert letter.facts["charge_on"] == "2027-11-30"
    mark_posted(print_on(on), posted_on=on, actor=STAFF, reason="x", at=noon(on))
    prove_on(date(2027, 11, 19))
    assert tries_of([renewal])[renewal.pk].named_on == date(2027, 11, 30)
    at_ten(till)
    # Seven days have gone by on the 25th, and the letter says the 30th.
    for day in (date(2027, 11, 23), date(2027, 11, 25), date(2027, 11, 29)):
        fall_due(on=day, at=ten(day), actor=CLOCK)
        charge(ten(day))
        assert not RenewalAttempt.objects.exists(), day
    assert list(due(date(2027, 11, 29))) == [renewal]
    day = date(2027, 11, 30)
    till.set_clock(int(ten(day).timestamp()), frozen=True)
    charge(ten(day))
    renewal.refresh_from_db()
    assert (renewal.state, RenewalAttempt.objects.get().charged_on) == ("paid", day)
