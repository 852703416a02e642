"""Automatic renewal, off and on: a choice kept each time, words said anew, and a cancellation undone before R."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shop.watch.audit import breaches
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Consent, Notice, Price, RenewalChoice
from subscriptions.notices.delivering import deliver
from subscriptions.stopping.choosing import CannotChoose, turn_off, turn_on, words_now
from subscriptions.texts import load_texts
from tests.makers import NOW, READER, TODAY
from tests.renewals.people import announced, subscriber
from tests.stopping.people import terminates, withdraws

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription():
    load_texts(TODAY)
    return subscriber()


def words(subscription, at=NOW):
    return words_now(dates_of_subscription(subscription, on=at.date()))[1]


def test_off_once_and_told_once(subscription):
    renewal = announced(subscription, renews_on=date(2027, 11, 23))
    assert [turn_off(subscription.pk, actor=READER, at=NOW) for _twice in range(2)] == [True, False]
    subscription.refresh_from_db()
    renewal.refresh_from_db()
    assert (subscription.renewal, renewal.state, subscription.state) == ("fixed", "cancelled", "active")
    assert RenewalChoice.objects.get().automatic is False
    assert Notice.objects.filter(kind="renewal_turned_off").count() == 1
    assert breaches(NOW) == []


def test_on_again_by_the_words_of_the_mandate(subscription):
    turn_off(subscription.pk, actor=READER, at=NOW)
    said = words(subscription)
    assert "27,60" in said
    assert [
        turn_on(subscription.pk, words=said, customer=subscription.payer, ip="192.0.2.7", actor=READER, at=NOW)
        for _twice in range(2)
    ] == [True, False]
    subscription.refresh_from_db()
    consent = Consent.objects.get(matter="mandate", order=None)
    assert (consent.words, consent.given, consent.customer_id, consent.ip) == (
        said, True, subscription.payer_id, "192.0.2.7",
    )  # fmt: skip
    assert (subscription.renewal, RenewalChoice.objects.latest("pk").consent_id) == ("automatic", consent.pk)


def test_a_cancellation_is_undone_until_the_last_day_of_the_term(subscription):
    terminates(subscription)
    last_day = NOW + timedelta(days=364)
    assert last_day.date() == date(2027, 11, 22)
    with pytest.raises(CannotChoose) as refused:
        turn_on(subscription.pk, words=words(subscription), actor=READER, at=last_day + timedelta(days=1))
    assert refused.value.code == "over"
    assert turn_on(subscription.pk, words=words(subscription), actor=READER, at=last_day)


@pytest.mark.parametrize("why", ["words", "withdrawn", "fixed"])
def test_it_is_not_turned_on_behind_the_readers_back(subscription, why):
    if why == "fixed":
        subscription = subscriber(renewal="fixed", email="autre@example.fr")
    else:
        turn_off(subscription.pk, actor=READER, at=NOW)
    said = words(subscription)
    if why == "words":
        tomorrow = TODAY + timedelta(days=1)
        Price.objects.filter(offer=subscription.offer, delivery_zone="FR").update(valid_to=tomorrow)
        Price.objects.create(offer=subscription.offer, delivery_zone="FR", amount="29.60", valid_from=tomorrow)
    if why == "withdrawn":
        withdraws(subscription)
    with pytest.raises(CannotChoose):
        turn_on(subscription.pk, words=said, actor=READER, at=NOW + timedelta(days=2))
    subscription.refresh_from_db()
    assert (subscription.renewal, Consent.objects.filter(matter="mandate", order=None).count()) == ("fixed", 0)


def test_a_choice_that_was_changed_at_once_is_not_told(subscription):
    turn_off(subscription.pk, actor=READER, at=NOW)
    turn_on(subscription.pk, words=words(subscription), actor=READER, at=NOW)
    deliver(20, at=NOW)
    letters = dict(Notice.objects.filter(kind__startswith="renewal_").values_list("kind", "state"))
    assert letters == {"renewal_turned_off": "withdrawn", "renewal_turned_on": "sent"}
