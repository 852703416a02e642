"""Who stays: one story for each way in which a term may end, and what a month, a cohort and a first charge come to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.gateway import Family
from subscriptions.cohorts.failing import Then, Tried, first_tries, tries_by_month
from subscriptions.cohorts.reading import WITHIN_DAYS, By, Outcome, Renewed, Who, by_month, retention, share, terms_of
from subscriptions.models import Declaration, Issue, Subscription
from subscriptions.renewals.lapsing import lapse
from tests.choice.people import noon, reader, renews, world
from tests.gifts.people import give
from tests.institutions.papers import take
from tests.makers import NOW
from tests.renewals import counter
from tests.renewals.counter import R, at_ten, charge, planned, ten
from tests.stopping.people import withdraws

#: R of whoever begins on 23 November 2026; a day when all is told, and one while everything is open.
OVER, SOON = R + timedelta(days=WITHIN_DAYS + 1), R + timedelta(days=30)
NOVEMBER = date(2027, 11, 1)
pytestmark = pytest.mark.django_db


def outcomes(on: date, **asked) -> list[tuple[str, str, int]]:
    """Whose, what became of it, and at which renewal."""
    found = terms_of(on=on, limit=50, **asked)
    return sorted((str(one.who), str(one.outcome), one.rank) for one in found)


def ends(subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(state="ended")


def dies(subscription: Subscription) -> None:
    ends(subscription)
    Declaration.objects.create(
        reference="D-1", form_token="00000000-0000-0000-0000-000000000001", kind="termination", last_name="L", contract="x",
        email="x@example.fr", ground="death", content={}, sha256="x", actor="x", received_at=NOW, subscription=subscription,
        state="applied", state_since=NOW,
    )  # fmt: skip


#: What happens to a year that ends on 22 November 2027, and what it counts as on the day after half a year.
STORIES = {
    "nothing": (lambda one: None, Outcome.GONE),
    "goes on the day before": (lambda one: renews(one, on=R - timedelta(days=1)), Outcome.CHOICE),
    "goes on within two issues": (lambda one: renews(one, on=R + timedelta(days=100)), Outcome.CHOICE),
    "goes on later": (lambda one: renews(one, on=R + timedelta(days=184)), Outcome.LATE),
    "is ended": (ends, Outcome.GONE),
    "dies": (dies, Outcome.DECEASED),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_story(name):
    story, outcome = STORIES[name]
    story(reader())
    later = OVER + timedelta(days=60)
    assert outcomes(R - timedelta(days=1)) == [], "it has not come to its renewal"
    assert len(terms_of(on=R - timedelta(days=1), running=True, limit=9)) >= 1
    assert outcomes(later) == [("own", str(outcome), 1)]


def test_what_is_open_is_gone_after_two_issues():
    reader()
    assert outcomes(R) == [("own", "open", 1)]
    assert outcomes(OVER - timedelta(days=1)) == [("own", "open", 1)]
    assert outcomes(OVER) == [("own", "gone", 1)]


def test_what_was_not_known_on_an_evening_is_not_counted_for_it():
    """Élodie goes on in January; on an evening of December she is open."""
    renews(reader(), on=date(2028, 1, 10))
    assert outcomes(date(2027, 12, 24)) == [("own", "open", 1)]
    assert outcomes(date(2028, 1, 10)) == [("own", "choice", 1)]


def test_a_withdrawal_makes_no_cohort():
    withdraws(reader())
    assert retention(By.MONTH, on=OVER) == []
    assert outcomes(OVER) == []


def test_gifts_and_institutions_count_apart_and_a_gift_given_again_goes_on():
    world()
    first = give()
    give(on=date(2027, 10, 1), continues=first)
    take()
    found = outcomes(OVER + timedelta(days=60))
    assert ("gift", "choice", 1) in found
    assert {who for who, _outcome, _rank in found} == {"gift", "institution"}
    assert outcomes(OVER, who=Who.GIFT) == [("gift", "choice", 1)], "the second year is no cohort of its own"


def test_a_cohort_by_month_and_by_issue():
    """Three begin in November 2026 with n° 25: one goes on twice, one once, one not at all."""
    world()
    often, once, _never = (reader(email=f"reader{n}@example.fr") for n in range(3))
    for one in (often, once):
        renews(one, on=R - timedelta(days=10))
    second = R.replace(year=2028)
    renews(often, on=second - timedelta(days=10))
    [cohort] = retention(By.MONTH, on=second + timedelta(days=WITHIN_DAYS + 30))
    assert (cohort.key, cohort.size) == (date(2026, 11, 1), 3)
    assert {rank: (one.came, one.renewed, one.rate) for rank, one in cohort.ranks.items()} == {
        1: (3, 2, Decimal("66.7")),
        2: (2, 1, Decimal("50.0")),
    }
    [by_issue] = retention(By.ISSUE, on=second + timedelta(days=WITHIN_DAYS + 30))
    assert by_issue.key == Issue.objects.get(number=25).pk
    assert by_issue.ranks == cohort.ranks
    months = by_month(on=second, first=NOVEMBER)
    assert {key: one.counts for key, one in months.items()} == {
        (NOVEMBER, True): {Outcome.CHOICE: 2, Outcome.GONE: 1},
        (date(2028, 11, 1), False): {Outcome.CHOICE: 1, Outcome.OPEN: 1},
    }
    assert len(terms_of(on=second, by=By.MONTH, cohort=date(2026, 11, 1), rank=2, limit=9)) == 2
    assert len(terms_of(on=second, month=NOVEMBER, rank=1, outcome=Outcome.GONE, limit=9)) == 1
    assert len(terms_of(on=second, month=date(2028, 11, 1), rank=0, limit=9)) == 2
    assert terms_of(on=second, by=By.ISSUE, cohort=by_issue.key, rank=3, limit=9) == []


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 0, None), (1, 3, "33.3"), (2, 3, "66.7"), (1, 16, "6.3"), (5, 5, "100.0")]
)
def test_a_share_has_one_decimal_half_up(part, whole, said):
    assert share(part, whole) == (None if said is None else Decimal(said))


def test_the_deceased_count_on_neither_side():
    counts = Renewed({Outcome.CHOICE: 1, Outcome.GONE: 1, Outcome.DECEASED: 3})
    assert (counts.came, counts.renewed, counts.rate) == (2, 1, Decimal("50.0"))


def test_one_query_however_many():
    reader()
    with CaptureQueriesContext(connection) as one:
        retention(By.MONTH, on=OVER)
        by_month(on=OVER, first=NOVEMBER)
        tries_by_month(first=NOVEMBER, last=OVER)
    reader(email="second@example.fr")
    reader(email="third@example.fr")
    with CaptureQueriesContext(connection) as three:
        retention(By.MONTH, on=OVER)
        by_month(on=OVER, first=NOVEMBER)
        tries_by_month(first=NOVEMBER, last=OVER)
    assert len(one) == len(three) == 3


@pytest.mark.django_db(transaction=True)
def test_first_charges_fail_and_are_recovered(standin, settings):
    """Five first charges: one is paid, one by a further try, one by the reader, two are lost."""
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = standin.base, standin.key
    settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_MAX_RETRIES = standin.secret, 0
    cards = ("", "4000000000009995", "4000000000009987", "4000000000009987", "4000000000009995")
    plans = [planned(counter.reader(standin, card=card)) for card in cards]
    at_ten(standin)
    charge()
    tries = tries_by_month(first=NOVEMBER, last=date(2027, 11, 30))[NOVEMBER]
    assert (tries.answered, tries.count(), tries.failure_rate) == (5, 4, Decimal("80.0"))
    assert tries.count(None, Then.IN_HAND) == 4
    _paid, again, ordered, lost, _poor = plans
    standin.card_becomes(again.subscription.saved_method.stripe_method, "4242424242424242")
    charge(ten(R + timedelta(days=3)))
    renews(ordered.subscription, on=R + timedelta(days=5))
    lapse(on=R + timedelta(days=21), at=noon(R + timedelta(days=21)), actor=counter.CLOCK)
    tries = tries_by_month(first=NOVEMBER, last=date(2027, 11, 30))[NOVEMBER]
    assert {family: {str(then): many for then, many in part.items()} for family, part in tries.failed.items()} == {
        Family.INSUFFICIENT_FUNDS: {"try": 1, "lost": 1},
        Family.LOST_OR_STOLEN: {"reader": 1, "lost": 1},
    }
    assert tries.recovery_rate == Decimal("50.0")
    [row] = first_tries(first=NOVEMBER, last=OVER, family=Family.LOST_OR_STOLEN, then=Then.LOST, limit=9)
    assert row == Tried(lost.pk, lost.subscription_id, R, "lost_card", Then.LOST)
    assert first_tries(first=NOVEMBER, last=OVER, family=Family.OTHER, limit=9) == []
    assert len(first_tries(first=NOVEMBER, last=OVER, limit=9)) == 4
    assert [one.then for one in first_tries(first=NOVEMBER, last=OVER, paid_too=True, limit=9)].count(None) == 1
    assert outcomes(SOON, outcome=Outcome.AUTOMATIC) == [("own", "automatic", 1)] * 2
