"""What account, letters and staff pages are told of a renewal: what was planned and announced, never something else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.models import MethodSetup
from payments.money import eur
from shop.account.showing import sentence
from subscriptions.dates import Renewal as Next
from subscriptions.dates import dates_of_subscription, dates_of_subscriptions
from subscriptions.methods import method_changed
from subscriptions.models import Notice, Renewal, Subscription
from subscriptions.notices.accounts import method_changed as written
from tests.makers import NOW, READER
from tests.renewals.days import around, live_on, noon, other_card, post_later, succeed_price, the_renewal
from tests.renewals.people import announced, subscriber

R = date(2027, 11, 23)
ON = date(2027, 10, 1)
pytestmark = pytest.mark.django_db


def told(reader: Subscription) -> Next | None:
    return dates_of_subscription(Subscription.objects.get(pk=reader.pk), on=ON).renewal


def said(found: Next | None) -> tuple[object, ...]:
    """Day, total, last day to refuse, and where its row stands."""
    assert found is not None
    return found.on, found.amount, found.refuse_until, found.state


def test_before_it_is_planned_what_it_would_be_today():
    assert said(told(subscriber())) == (R, eur("27.60"), R - timedelta(days=1), "")


@pytest.mark.parametrize("state", ["announced", "due", "charging", "retrying", "awaiting_reader", "unresolved"])
def test_once_announced_day_and_total_stand_whatever_post_and_price(state):
    reader = subscriber()
    announced(reader, renews_on=R, state=state)
    succeed_price(reader, "30.00", valid_from=date(2027, 1, 1))
    post_later(28, date(2027, 12, 20))
    found = told(reader)
    assert said(found) == (R, eur("27.60"), R - timedelta(days=1), state)
    assert found.announced


def test_a_plan_is_not_announced():
    reader = subscriber()
    announced(reader, renews_on=R, state="planned")
    assert told(reader).announced is False


def test_one_left_to_choice_does_not_begin_by_itself():
    reader = subscriber()
    announced(reader, renews_on=R, state="manual")
    dates = dates_of_subscription(reader, on=ON)
    assert dates.renewal is None
    assert said(dates.by_choice) == (R, eur("27.60"), R - timedelta(days=1), "manual")
    assert dates.yearly_price == eur("27.60")


@pytest.mark.parametrize("state", ["cancelled", "lapsed"])
def test_one_that_is_over_is_not_promised(state):
    reader = subscriber()
    announced(reader, renews_on=R, state=state)
    dates = dates_of_subscription(reader, on=ON)
    assert (dates.renewal, dates.by_choice) == (None, None)


def test_planned_anew_after_it_was_cancelled_it_is_told_again():
    reader = subscriber()
    announced(reader, renews_on=R, state="cancelled")
    live_on(around(R, 75))
    assert told(reader).state == "planned"


def test_a_plan_of_a_term_that_has_come_says_nothing_of_the_one_after():
    reader = subscriber()
    announced(reader, renews_on=R, state="cancelled")
    first = reader.terms.get()
    first.pk, first.number, first.order, first.payment = None, 2, None, None
    first.starts_on, first.ends_on = R, date(2028, 11, 22)
    first.save(force_insert=True)
    assert said(told(reader)) == (date(2028, 11, 23), eur("27.60"), date(2028, 11, 22), "")


def test_the_questions_do_not_grow_with_the_readers():
    counts = []
    for people in (1, 3):
        readers = [subscriber(email=f"{people}-{number}@example.fr") for number in range(people)]
        for one in readers:
            announced(one, renews_on=R)
        with CaptureQueriesContext(connection) as asked:
            dates_of_subscriptions(readers, on=ON)
        counts.append(len(asked))
    assert counts == [7, 7]


class TestAnotherCard:
    def letter(self, reader: Subscription) -> str:
        """What the letter says of a card left now."""
        card = other_card(reader)
        setup = MethodSetup.objects.create(
            reference="CB-1", subject=f"subscription:{reader.pk}", payer_account=card.payer_account,
            idempotency_key="x", state="done", saved_method=card, actor="reader:1", created_at=NOW,
            state_since=noon(ON),
        )  # fmt: skip
        Subscription.objects.filter(pk=reader.pk).update(saved_method=reader.saved_method_id)
        method_changed(setup, actor=READER, at=noon(ON))
        facts = Notice.objects.get(kind="method_changed").facts
        return written(facts)

    def test_after_the_announcement_it_names_day_total_and_new_means(self):
        reader = subscriber()
        announced(reader, renews_on=R)
        said = self.letter(reader)
        assert said["announced"] is True
        assert (said["renews_on"], said["amount"]) == ("23\u00a0novembre\u00a02027", "27,60\u00a0€")
        assert said["method"].endswith("1881")

    def test_before_it_the_total_is_not_said_to_stand(self):
        said = self.letter(subscriber())
        assert said["announced"] is False
        assert said["amount"] == "27,60\u00a0€"


def test_the_account_page_says_that_it_is_the_readers_to_choose(client, outbox):

    reader = subscriber()
    live_on([date(2027, 11, 1)])
    assert the_renewal(reader).state == "manual"
    said = sentence(reader, dates_of_subscription(reader, on=ON))
    assert "23" in said
    assert Renewal.objects.count() == 1
