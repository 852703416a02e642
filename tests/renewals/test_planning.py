"""Planning by stories: the world is that of `tests.makers`, term 1 from 23 November 2026, so R is 23 November 2027."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.models import DeskItem, Payment
from payments.money import eur
from subscriptions.models import Entitlement, Notice, Offer, Price, Renewal, Subscription
from subscriptions.renewals.finding import to_look_at
from subscriptions.renewals.planning import Planned, replan
from tests.makers import NOW
from tests.races.crowd import together
from tests.renewals.days import (
    CLOCK,
    dispute,
    move_to,
    noon,
    plan_on,
    post_later,
    serve_all,
    steps,
    succeed_price,
    the_renewal,
)
from tests.renewals.people import announced, subscriber

R = date(2027, 11, 23)
PLAN_ON = date(2027, 9, 9)
pytestmark = pytest.mark.django_db


def planned_reader(**wish) -> tuple[Subscription, Renewal]:
    """A reader whose next term is planned."""
    reader = subscriber(**wish)
    plan_on(PLAN_ON)
    return reader, the_renewal(reader)


class TestWhenItIsDue:
    def test_not_a_day_before_r_75(self):
        subscriber()
        assert plan_on(PLAN_ON - timedelta(days=1)) == Planned()
        assert Renewal.objects.count() == 0

    @pytest.mark.parametrize("late", [0, 3, 40, 200])
    def test_on_that_day_or_when_the_clock_goes_again_and_once(self, late):
        reader = subscriber()
        serve_all(reader)
        on = PLAN_ON + timedelta(days=late)
        assert plan_on(on) == Planned(planned=1)
        assert plan_on(on) == Planned()
        renewal = Renewal.objects.get()
        assert (renewal.subscription, renewal.number, renewal.renews_on) == (reader, 2, R)
        assert (renewal.state, renewal.amount, renewal.price.delivery_zone) == ("planned", eur("27.60"), "FR")
        assert steps(renewal) == [("", "planned", R, "R is near")]

    def test_copies_still_to_come_keep_it_waiting(self):
        subscriber()
        post_later(28, date(2027, 12, 20))
        assert plan_on(PLAN_ON) == Planned()
        assert plan_on(date(2027, 10, 6)) == Planned()
        assert plan_on(date(2027, 10, 7)) == Planned(planned=1)
        assert Renewal.objects.get().renews_on == date(2027, 12, 21)

    @pytest.mark.parametrize("state", ["pending", "ended", "lapsed"])
    def test_only_what_is_running(self, state):
        Subscription.objects.filter(pk=subscriber().pk).update(state=state)
        assert plan_on(PLAN_ON) == Planned()

    def test_in_its_days_of_grace_too(self):
        Subscription.objects.filter(pk=subscriber().pk).update(state="grace")
        assert plan_on(PLAN_ON) == Planned(planned=1)

    def test_a_fixed_term_is_not_renewed(self):
        subscriber(renewal="fixed")
        assert plan_on(PLAN_ON) == Planned()

    def test_a_term_that_lapsed_is_not_planned_again(self):
        reader = subscriber()
        announced(reader, renews_on=R, state="lapsed")
        assert plan_on(PLAN_ON) == Planned()

    def test_one_that_was_cancelled_is_once_it_may(self):
        reader = subscriber()
        announced(reader, renews_on=R, state="cancelled")
        assert plan_on(PLAN_ON) == Planned(planned=1)

    @pytest.mark.parametrize("state", ["due", "charging", "retrying", "awaiting_reader", "unresolved", "manual"])
    def test_one_that_is_on_its_way_stays_as_it_is(self, state):
        reader = subscriber()
        renewal = announced(reader, renews_on=R, state=state)
        post_later(28, date(2027, 12, 20))
        succeed_price(reader, "30.00", valid_from=date(2027, 1, 1))
        for on in (PLAN_ON, R + timedelta(days=1)):
            assert plan_on(on) == Planned()
        renewal.refresh_from_db()
        assert (renewal.state, renewal.renews_on, renewal.amount) == (state, R, eur("27.60"))


class TestAPlanFollows:
    def test_the_price_of_the_day_r(self):
        reader, renewal = planned_reader()
        succeed_price(reader, "30.00", valid_from=R)
        assert plan_on(PLAN_ON) == Planned(moved=1)
        assert plan_on(PLAN_ON) == Planned()
        renewal.refresh_from_db()
        assert (renewal.amount, renewal.price.valid_from) == (eur("30.00"), R)
        assert steps(renewal)[1:] == [("planned", "planned", R, "the price of that day")]

    def test_and_no_price_of_a_day_after(self):
        reader, _renewal = planned_reader()
        succeed_price(reader, "30.00", valid_from=R + timedelta(days=1))
        assert plan_on(PLAN_ON) == Planned()

    def test_the_post_later_and_earlier(self):
        _reader, renewal = planned_reader()
        for day, expected in ((date(2027, 12, 1), date(2027, 12, 2)), (date(2027, 9, 20), R)):
            post_later(28, day)
            assert plan_on(PLAN_ON) == Planned(moved=1)
            renewal.refresh_from_db()
            assert (renewal.state, renewal.renews_on) == ("planned", expected)
        assert [step[3] for step in steps(renewal)] == ["R is near", "the day has moved", "the day has moved"]

    def test_the_reader_to_another_zone(self):
        reader, renewal = planned_reader()
        move_to(reader, "EU")
        assert plan_on(PLAN_ON) == Planned(moved=1)
        renewal.refresh_from_db()
        assert (renewal.amount, renewal.price.delivery_zone) == (eur("33.60"), "EU")

    def test_a_held_copy_counts_and_one_given_back_does_not(self):
        reader, renewal = planned_reader()
        post_later(28, date(2027, 12, 1))
        copies = Entitlement.objects.filter(term__subscription=reader, issue__number=28)
        copies.update(state="held")
        assert plan_on(PLAN_ON) == Planned(moved=1)
        copies.update(state="credited")
        assert plan_on(PLAN_ON) == Planned(moved=1)
        renewal.refresh_from_db()
        assert renewal.renews_on == R

    def test_once_its_letter_waits_to_leave_it_does_not_follow_to_an_earlier_day_or_another_price(self):
        reader, renewal = planned_reader()
        post_later(28, date(2027, 12, 1))
        plan_on(PLAN_ON)
        Notice.objects.create(
            kind="renewal_notice", matter=f"renewal_notice:renewal:{renewal.pk}:2027-12-02", rank="legal", due_at=NOW,
            created_at=NOW, state="queued", state_since=NOW,
        )  # fmt: skip
        post_later(28, date(2027, 9, 15))
        succeed_price(reader, "30.00", valid_from=date(2027, 10, 1))
        assert plan_on(PLAN_ON) == Planned()
        post_later(28, date(2027, 12, 20))
        assert plan_on(PLAN_ON) == Planned(moved=1)
        renewal.refresh_from_db()
        assert (renewal.renews_on, renewal.amount) == (date(2027, 12, 21), eur("30.00"))


class TestOnceAnnounced:
    def test_its_total_stands_whatever_the_price_and_the_address(self):
        reader = subscriber()
        renewal = announced(reader, renews_on=R)
        succeed_price(reader, "30.00", valid_from=date(2027, 10, 1))
        move_to(reader, "WORLD")
        assert plan_on(PLAN_ON) == Planned()
        renewal.refresh_from_db()
        assert (renewal.state, renewal.amount) == ("announced", eur("27.60"))

    def test_a_later_day_makes_it_a_plan_again_at_the_price_of_that_day(self):
        reader = subscriber()
        renewal = announced(reader, renews_on=R)
        succeed_price(reader, "30.00", valid_from=date(2027, 12, 1))
        post_later(28, date(2027, 12, 20))
        assert plan_on(date(2027, 10, 1)) == Planned(reopened=1)
        assert plan_on(date(2027, 10, 1)) == Planned()
        renewal.refresh_from_db()
        assert (renewal.state, renewal.renews_on, renewal.amount) == ("planned", date(2027, 12, 21), eur("30.00"))
        assert steps(renewal) == [("announced", "planned", date(2027, 12, 21), "moved later after it was announced")]

    def test_and_from_there_no_earlier_one_either(self):
        reader = subscriber()
        renewal = announced(reader, renews_on=R)
        post_later(28, date(2027, 12, 20))
        plan_on(date(2027, 10, 1))
        post_later(28, date(2027, 9, 15))
        assert plan_on(date(2027, 10, 1)) == Planned()
        renewal.refresh_from_db()
        assert renewal.renews_on == date(2027, 12, 21)

    def test_an_earlier_day_changes_nothing(self):
        reader = subscriber()
        announced(reader, renews_on=date(2027, 12, 21))
        assert plan_on(date(2027, 10, 1)) == Planned()


class TestEnds:
    @pytest.mark.parametrize("state", ["planned", "announced"])
    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"renewal": "fixed"}, "automatic renewal is off"),
            ({"state": "ended"}, "the subscription has ended"),
            ({"state": "lapsed"}, "the subscription has ended"),
        ],
    )
    def test_with_a_no_or_with_its_subscription(self, state, change, why):
        reader = subscriber()
        renewal = announced(reader, renews_on=R, state=state)
        Subscription.objects.filter(pk=reader.pk).update(**change)
        assert plan_on(PLAN_ON) == Planned(cancelled=1)
        assert plan_on(PLAN_ON) == Planned()
        renewal.refresh_from_db()
        assert renewal.state == "cancelled"
        assert renewal.why.startswith("L")
        assert steps(renewal) == [(state, "cancelled", R, why)]

    def test_one_by_choice_stays_after_a_no_and_ends_with_its_subscription(self):
        reader = subscriber()
        renewal = announced(reader, renews_on=R, state="manual")
        Subscription.objects.filter(pk=reader.pk).update(renewal="fixed")
        assert plan_on(PLAN_ON) == Planned()
        Subscription.objects.filter(pk=reader.pk).update(state="ended")
        assert plan_on(PLAN_ON) == Planned(cancelled=1)
        renewal.refresh_from_db()
        assert renewal.state == "cancelled"

    @pytest.mark.parametrize("state", ["planned", "announced"])
    def test_with_a_dispute_and_is_planned_anew_after_it(self, state):
        reader, another = subscriber(), subscriber(email="another@example.fr")
        renewal = announced(reader, renews_on=R, state=state)
        announced(another, renews_on=R, state=state)
        item = dispute(reader, at=NOW)
        assert plan_on(PLAN_ON) == Planned(cancelled=1)
        assert plan_on(PLAN_ON) == Planned()
        renewal.refresh_from_db()
        assert (renewal.state, renewal.why) == (
            "cancelled",
            "Un paiement de cet abonnement est contesté à la banque.",
        )
        DeskItem.objects.filter(pk=item.pk).update(closed_at=NOW, closed_by="staff:1")
        assert plan_on(PLAN_ON) == Planned(planned=1)

    def test_where_another_term_was_added_the_plan_is_that_of_the_one_after(self):
        reader = subscriber()
        renewal = announced(reader, renews_on=R, state="planned")
        first = reader.terms.get()
        first.pk, first.number, first.order, first.payment = None, 2, None, None
        first.starts_on, first.ends_on = R, date(2028, 11, 22)
        first.save(force_insert=True)
        assert plan_on(PLAN_ON) == Planned(cancelled=1)
        renewal.refresh_from_db()
        assert renewal.why == "L’abonnement a été prolongé autrement."
        assert plan_on(date(2028, 9, 9)) == Planned(planned=1)
        assert (the_renewal(reader).number, the_renewal(reader).renews_on) == (3, date(2028, 11, 23))


@pytest.mark.parametrize("state", ["processing", "unknown"])
def test_money_on_its_way_is_waited_for(state):
    reader = subscriber()
    renewal = announced(reader, renews_on=R)
    payment = reader.terms.get().payment
    payment.pk, payment.subject, payment.purpose, payment.state = None, renewal.subject, "renewal", state
    payment.reference, payment.idempotency_key, payment.is_open, payment.received_on = "PAY-X", "x", True, None
    payment.stripe_intent, payment.stripe_charge, payment.checkout_session = None, None, None
    payment.save(force_insert=True)
    Subscription.objects.filter(pk=reader.pk).update(renewal="fixed")
    assert plan_on(PLAN_ON) == Planned()
    Payment.objects.filter(pk=payment.pk).update(state="declined", is_open=False)
    assert plan_on(PLAN_ON) == Planned(cancelled=1)


class TestWithoutAPrice:
    def test_finance_hears_of_it_once_and_no_more_once_there_is_one(self):
        reader = subscriber()
        move_to(reader, "MARS")
        for _twice in range(2):
            assert plan_on(PLAN_ON) == Planned(unpriced=1)
        item = DeskItem.objects.get(kind="renewal_without_price")
        assert (item.desk, item.subject, item.closed_at) == ("finance", f"subscription:{reader.pk}", None)
        assert "23/11/2027" in item.sentence
        Price.objects.create(offer=reader.offer, delivery_zone="MARS", amount=99, valid_from=date(2027, 1, 1))
        assert plan_on(PLAN_ON) == Planned(planned=1)
        item.refresh_from_db()
        assert item.closed_by == "job:renewals"

    def test_a_plan_whose_reader_moved_there_ends(self):
        reader, renewal = planned_reader()
        move_to(reader, "MARS")
        assert plan_on(PLAN_ON) == Planned(cancelled=1, unpriced=1)
        renewal.refresh_from_db()
        assert renewal.why == "La formule n’a pas de tarif pour la zone de livraison."


class TestReplan:
    def test_at_once_in_the_transaction_of_what_moved_it(self):
        reader, renewal = planned_reader()
        with transaction.atomic():
            locked = Subscription.objects.select_for_update().get(pk=reader.pk)
            post_later(28, date(2027, 12, 1))
            replan([locked.pk], on=PLAN_ON, at=noon(PLAN_ON), actor=CLOCK)
        renewal.refresh_from_db()
        assert renewal.renews_on == date(2027, 12, 2)

    def test_nothing_is_planned_before_its_day(self):
        reader = subscriber()
        with transaction.atomic():
            replan([reader.pk], on=PLAN_ON - timedelta(days=1), at=NOW, actor=CLOCK)
            replan([], on=PLAN_ON, at=NOW, actor=CLOCK)
        assert Renewal.objects.count() == 0

    def test_turned_on_again_it_is_planned_at_once(self):
        reader, _renewal = planned_reader()
        Subscription.objects.filter(pk=reader.pk).update(renewal=Offer.Renewal.FIXED)
        plan_on(PLAN_ON)
        Subscription.objects.filter(pk=reader.pk).update(renewal=Offer.Renewal.AUTOMATIC)
        with transaction.atomic():
            replan([reader.pk], on=PLAN_ON, at=NOW, actor=CLOCK)
        assert list(Renewal.objects.order_by("pk").values_list("state", flat=True)) == ["cancelled", "planned"]


def queries(act) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        act()
    return len(seen)


def test_the_queries_of_a_round_do_not_grow_with_the_readers():
    counts = []
    for people in (1, 3):
        readers = [subscriber(email=f"{people}-{number}@example.fr") for number in range(people)]
        counts.append(queries(lambda: plan_on(PLAN_ON)))
        for one in readers:
            move_to(one, "EU")
        counts.append(queries(lambda: plan_on(PLAN_ON)))
    assert counts[:2] == counts[2:]


def test_a_round_over_nothing_asks_three_queries():
    subscriber()
    assert queries(lambda: plan_on(PLAN_ON - timedelta(days=1))) == 3


def test_what_is_planned_is_not_looked_at_again():
    for number in range(3):
        subscriber(email=f"{number}@example.fr")
    assert len(to_look_at(PLAN_ON)) == 3
    assert plan_on(PLAN_ON, limit=2) == Planned(planned=3)
    assert to_look_at(PLAN_ON) == []


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_plan_each_reader_once():
    for number in range(6):
        subscriber(email=f"{number}@example.fr")
    done = together([lambda: plan_on(PLAN_ON, limit=2)] * 2)
    assert sum(one.planned for one in done) == 6
    assert Renewal.objects.count() == 6
