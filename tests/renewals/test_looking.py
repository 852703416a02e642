"""What the sweeps look at: the database notes every change on which a next term hangs, and nothing is looked at twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from payments.models import DeskItem
from subscriptions.models import (
    Entitlement,
    EntitlementMovement,
    Issue,
    Look,
    Magazine,
    Offer,
    PostalAddress,
    Price,
    Renewal,
    Subscription,
    Term,
)
from subscriptions.renewals.ending import end_fixed_terms
from subscriptions.renewals.finding import everybody, to_look_at
from subscriptions.renewals.looking import look_again, seen, settle, waiting
from subscriptions.renewals.planning import Planned, plan_anew
from tests.makers import NOW
from tests.renewals.days import CLOCK, move_to, noon, plan_on, post_later, serve_all, succeed_price, the_renewal
from tests.renewals.people import announced, subscriber

pytestmark = pytest.mark.django_db
R = date(2027, 11, 23)
PLAN_ON = date(2027, 9, 9)
LAST_DAY = R - timedelta(days=1)


def noted(matter: str = "plan") -> list[date]:
    """The days of the rows of one matter."""
    return sorted(Look.objects.filter(matter=matter).values_list("day", flat=True))


@pytest.fixture
def planned() -> Subscription:
    """A reader whose next term is planned, of whom nothing is noted any more."""
    reader = subscriber()
    plan_on(PLAN_ON)
    assert noted() == []
    return reader


def prolong(reader: Subscription) -> None:
    term = reader.terms.get()
    term.pk, term.number, term.order, term.payment = None, 2, None, None
    term.starts_on, term.ends_on = R, date(2028, 11, 22)
    term.save(force_insert=True)


def grant_one_more(reader: Subscription) -> None:
    copy = Entitlement.objects.create(term=reader.terms.get(), rank=5, value_ht=0, issue=None)
    EntitlementMovement.objects.create(entitlement=copy, kind="grant", actor="x", on=PLAN_ON, at=NOW)


def give_an_issue(reader: Subscription) -> None:
    Entitlement.objects.filter(term__subscription=reader, rank=4).update(issue=Issue.objects.get(number=29))


#: Each change that a plan may hang on, made behind the back of all our code.
CHANGES = {
    "it ends": lambda reader: Subscription.objects.filter(pk=reader.pk).update(state="ended"),
    "a no": lambda reader: Subscription.objects.filter(pk=reader.pk).update(renewal="fixed"),
    "another offer": lambda reader: Subscription.objects.filter(pk=reader.pk).update(
        offer=Offer.objects.get(renewal="fixed")
    ),
    "another address": lambda reader: move_to(reader, "EU"),
    "another term": prolong,
    "a copy more": grant_one_more,
    "a copy served": serve_all,
    "a copy given its issue": give_an_issue,
    "an issue later": lambda reader: post_later(28, date(2027, 12, 1)),
    "an issue posted": lambda reader: Issue.objects.filter(number=28).update(state="posted", posted_on=PLAN_ON),
    "another price": lambda reader: succeed_price(reader, "30.00", valid_from=R),
    "its plan is cancelled": lambda reader: Renewal.objects.update(state="cancelled"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noted_for_at_once(planned, change):
    CHANGES[change](planned)
    assert date.min in noted()
    assert to_look_at(PLAN_ON) == [planned.pk]
    for _twice in range(2):  # a plan that ends may leave room for another: that is looked at once more
        plan_on(PLAN_ON)
    assert date.min not in noted()


UNTOUCHED = {
    "a saved row that says the same": lambda reader: Subscription.objects.get(pk=reader.pk).save(),
    "a copy put in its file": lambda reader: Entitlement.objects.update(state="assigned"),
    "the headline of an issue": lambda reader: Issue.objects.update(headline="x"),
    "the price of another offer": lambda reader: Price.objects.create(
        offer=Offer.objects.get(renewal="fixed"), delivery_zone="MARS", amount=1, valid_from=R
    ),
    "an address that nobody has": lambda reader: PostalAddress.objects.create(
        typed={}, lines=[], country="FR", delivery_zone="FR", vat_zone="FR_METRO", created_at=NOW
    ),
}


@pytest.mark.parametrize("change", UNTOUCHED)
def test_what_changes_no_plan_is_not_noted(planned, change):
    UNTOUCHED[change](planned)
    assert noted() == []


def test_a_reader_without_a_plan_is_looked_at_on_the_day_of_it_and_no_sooner():
    reader = subscriber()
    assert (noted(), noted("end")) == ([LAST_DAY], [])
    post_later(28, date(2027, 9, 16))
    assert noted() == [LAST_DAY]
    assert to_look_at(PLAN_ON - timedelta(days=1)) == []
    assert to_look_at(PLAN_ON) == [reader.pk]


def test_a_change_of_mode_lets_both_sweeps_look_and_each_leaves_its_next_day():
    reader = subscriber()
    Subscription.objects.filter(pk=reader.pk).update(renewal="fixed")
    assert noted("end") == [date.min]
    plan_on(PLAN_ON - timedelta(days=1))
    for _twice in range(2):
        assert end_fixed_terms(on=PLAN_ON, at=noon(PLAN_ON), actor=CLOCK, limit=10) == 0
    assert noted("end") == [LAST_DAY]
    Subscription.objects.filter(pk=reader.pk).update(renewal="automatic")
    for _twice in range(2):
        assert plan_on(PLAN_ON - timedelta(days=1)) == Planned()
    assert noted() == [LAST_DAY]


def test_a_change_while_somebody_looks_keeps_its_row(planned):
    look_again([planned.pk])
    rows = seen("plan", [planned.pk])
    post_later(28, date(2027, 12, 1))
    settle("plan", rows, done={planned.pk}, again={})
    assert noted() == [date.min]
    assert plan_on(PLAN_ON) == Planned(moved=1)


def test_the_order_of_days_is_kept_and_each_reader_is_there_once():
    first, second = subscriber(), subscriber(email="other@example.fr")
    look_again([second.pk, first.pk])
    look_again([second.pk])
    assert waiting("plan", until=PLAN_ON) == sorted([first.pk, second.pk])


def test_plans_are_computed_anew_and_a_difference_that_nobody_noted_is_mended_and_told():
    reader = subscriber()
    announced(reader, renews_on=R, state="planned")
    plan_on(PLAN_ON)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE subscriptions_renewal SET renews_on = renews_on + 5")
    Look.objects.all().delete()
    assert plan_on(PLAN_ON) == Planned()
    for expected in (1, 0):
        done = [plan_anew(part, 2, on=PLAN_ON, at=noon(PLAN_ON), actor=CLOCK, limit=10) for part in range(2)]
        assert sum(one.moved for one in done) == expected
    assert the_renewal(reader).renews_on == R
    item = DeskItem.objects.get(kind="plans_differ")
    assert (item.desk, item.subject) == ("technique", f"day:{PLAN_ON}")


def test_the_parts_are_all_readers_once():
    keys = [subscriber(email=f"r{n}@example.fr", typed={"n": n}).pk for n in range(5)]
    subscriber(email="fixed@example.fr", renewal="fixed")
    assert sorted(key for part in range(7) for key in everybody(part, 7)) == sorted(keys)


def test_a_term_that_is_added_by_hand_is_looked_at_as_well():
    reader = subscriber(renewal="fixed")
    assert (noted(), noted("end")) == ([], [LAST_DAY])
    prolong(reader)
    assert noted("end") == [LAST_DAY, date(2028, 11, 22)]
    assert Term.objects.count() == 2
    assert Magazine.objects.count() == 1
