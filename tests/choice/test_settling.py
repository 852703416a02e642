"""What a paid order makes of the subscription that it prolongs: exact days, exact copies, whenever it comes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.gateway import Outcome
from payments.models import Invoice, Payment, Refund
from payments.settling import News, apply
from shop.customers.models import Customer
from subscriptions.addresses.label import postal_label
from subscriptions.dates import dates_of_subscription
from subscriptions.handing_over import give_payer, give_recipient
from subscriptions.models import (
    AddressChange,
    Entitlement,
    Issue,
    Notice,
    Order,
    Renewal,
    RenewalChoice,
    Subscription,
    SubscriptionEvent,
    Term,
)
from subscriptions.moving import move
from subscriptions.moving_house import change_address
from subscriptions.orders.placing import ConsentGiven, payment_of
from subscriptions.orders.quoting import NotForSale
from subscriptions.refunding import refund_in_full
from subscriptions.renewals.calendar import renewal_days
from tests.choice.people import (
    JOB,
    news_of,
    noon,
    order_to_renew,
    pay,
    reader,
    renews,
    story,
    time_passes,
    world,
    wrong,
)
from tests.makers import HOME
from tests.renewals.people import announced

pytestmark = pytest.mark.django_db

FIRST = (1, "2026-11-23", "2027-11-22", [25, 26, 27, 28])
ELSEWHERE = replace(HOME, street="3 rue de la République", postcode="69001", town="Lyon")


def lapse(subscription: Subscription, *, on: date) -> None:
    subscription.refresh_from_db()
    move([subscription], Subscription.State.LAPSED, actor=JOB, at=noon(on), reason="its last term ended")


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 11, 24), (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32])),
        (date(2027, 9, 20), (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32])),
        (date(2027, 11, 22), (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32])),
        # The day after, nothing is owed any more: as a first term does, from the order at the earliest.
        (date(2027, 11, 23), (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32])),
        (date(2027, 11, 30), (2, "2027-11-30", "2028-11-29", [29, 30, 31, 32])),
        # The file of n° 29 is closed on 1 December.
        (date(2027, 12, 1), (2, "2028-01-30", "2029-01-29", [30, 31, 32, 33])),
        (date(2028, 2, 20), (2, "2028-02-20", "2029-02-19", [30, 31, 32, 33])),
        (date(2028, 2, 29), (2, "2028-02-29", "2029-02-27", [30, 31, 32, 33])),
        (date(2029, 11, 23), (2, "2029-11-23", "2030-11-22", [37, 38, 39, 40])),
    ],
    ids=str,
)
@pytest.mark.parametrize("told", [False, True], ids=["not swept", "lapsed"])
def test_early_on_time_and_late(on, expected, told):
    subscription = reader()
    time_passes(on)
    if told and on > date(2027, 11, 22):
        lapse(subscription, on=on)
    renews(subscription, on=on)
    assert story(subscription) == [FIRST, expected]
    subscription.refresh_from_db()
    assert subscription.state == "active"
    assert wrong(noon(on)) == []
    steps = list(SubscriptionEvent.objects.filter(subscription=subscription).values_list("from_state", "to_state"))
    lapsed = [("active", "lapsed"), ("lapsed", "active")]
    assert steps == [("pending", "active"), *(lapsed if told and on > date(2027, 11, 22) else [])]


def test_each_day_around_the_end_twice():
    """Issue 3, done when 5: 400 days before to 800 days after, each twice: no day and no copy is sold twice or lost."""
    world(until=52)
    readers = {days: reader() for days in range(-363, 801, 97)}
    end = date(2027, 11, 22)
    for days, subscription in readers.items():
        on = end + timedelta(days=days)
        time_passes(on)
        first, second = renews(subscription, on=on), renews(subscription, on=on)
        assert second.starts_on == first.ends_on + timedelta(days=1)
        assert first.starts_on == (end + timedelta(days=1) if days <= 0 else first.starts_on)
        assert first.starts_on >= (end + timedelta(days=1) if days <= 0 else on)
        numbers = [number for _n, _from, _to, copies in story(subscription) for number in copies]
        assert numbers == [25, 26, 27, 28, *range(numbers[4], numbers[4] + 8)]
        assert numbers[4] == 29 if days <= 0 else numbers[4] > 28
        assert Entitlement.objects.filter(term__subscription=subscription).count() == 12
    assert wrong(noon(on)) == []


def test_an_early_renewal_is_invoiced_confirmed_and_opens_nothing_else():
    subscription = reader()
    term = renews(subscription, on=date(2027, 9, 20))
    assert Subscription.objects.count() == 1
    assert (term.amount.amount, term.payment.subject) == (Decimal("27.60"), term.order.subject)
    assert [copy.value_ht for copy in term.entitlements.all()] == [Decimal(x) for x in ("6.76", "6.75", "6.76", "6.76")]
    invoice = Invoice.objects.get(subject=term.order.subject)
    assert "(n°\u00a029 à 32)" in invoice.lines.get().name
    assert Notice.objects.filter(matter=f"order_confirmation:{term.order.subject}").count() == 1
    assert term.order.first_issue.number == 29
    assert term.order.renews == subscription
    assert AddressChange.objects.count() == 0


def test_two_orders_at_once_give_two_terms_and_lose_none():
    subscription = reader()
    on = date(2027, 10, 1)
    orders = [order_to_renew(subscription, on=on) for _twice in range(2)]
    assert {order.first_issue.number for order in orders} == {29}
    pay(*orders, on=on)
    assert story(subscription) == [
        FIRST, (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32]), (3, "2028-11-23", "2029-11-22", [33, 34, 35, 36]),
    ]  # fmt: skip
    assert wrong(noon(on)) == []


def test_the_same_news_again_prolong_nothing():
    subscription = reader()
    order = order_to_renew(subscription, on=date(2027, 10, 1))
    for _three_times in range(3):
        pay(order, on=date(2027, 10, 1))
    assert len(story(subscription)) == 2


def test_copies_whose_issue_is_not_planned_wait_for_theirs():
    world(until=30)
    subscription = reader()
    on = date(2027, 10, 1)
    pay(*[order_to_renew(subscription, on=on) for _twice in range(2)], on=on)
    assert story(subscription)[1:] == [
        (2, "2027-11-23", "2028-11-22", [29, 30, None, None]), (3, "2028-11-23", "2029-11-22", [None] * 4),
    ]  # fmt: skip
    with pytest.raises(NotForSale) as refused:
        order_to_renew(subscription, on=on)
    assert refused.value.code == "not_planned"
    invoiced = [invoice.lines.get().name for invoice in Invoice.objects.order_by("number")]
    assert ["(n°\u00a033 à 36)" in line for line in invoiced] == [False, False, True]


def test_many_at_once_cost_no_more_queries_than_one():
    world()
    on = date(2027, 10, 1)

    def queries(count: int, who: str) -> int:
        readers = [reader(email=f"{who}{number}@example.fr") for number in range(count)]
        orders = [order_to_renew(one, on=on, email=f"{who}{n}@example.fr") for n, one in enumerate(readers)]
        news = news_of(*orders, on=on)
        with CaptureQueriesContext(connection) as asked:
            apply(news, actor=JOB, at=noon(on))
        return len(asked)

    queries(1, "warm")
    assert queries(1, "one") == queries(3, "three")


def test_a_new_address_is_a_move_told_and_dated():
    subscription = reader()
    on = date(2027, 2, 1)
    term = renews(subscription, on=on, address=ELSEWHERE, delivery_label=postal_label(ELSEWHERE))
    change = AddressChange.objects.get()
    assert (change.new, change.first_issue.number) == (term.order.delivery, 26)
    subscription.recipient.refresh_from_db()
    assert subscription.recipient.address == term.order.delivery
    assert Notice.objects.filter(kind="address_changed").count() == 1


def test_who_moved_after_ordering_stays_moved():
    subscription = reader()
    order = order_to_renew(subscription, on=date(2027, 2, 1))
    change_address(
        subscription.recipient, ELSEWHERE, postal_label(ELSEWHERE), actor=JOB, reason="", at=noon(date(2027, 2, 3))
    )  # fmt: skip
    pay(order, on=date(2027, 2, 8))
    subscription.recipient.refresh_from_db()
    assert subscription.recipient.address.town == "Lyon"
    assert AddressChange.objects.count() == 1


def test_an_order_placed_before_another_took_over_takes_nothing_back():
    """Élodie orders; her brother becomes recipient and payer; her debit comes afterwards: the year is added, for him."""
    subscription, on = reader(), date(2027, 2, 1)
    order = order_to_renew(subscription, on=on)
    paul = Customer.objects.create(email="paul@example.fr", first_name="Paul", created_at=noon(on))
    later = noon(on) + timedelta(hours=1)
    brother = replace(ELSEWHERE, first_name="Paul")
    give_recipient(subscription.pk, brother, postal_label(brother), actor=JOB, reason="Appel.", at=later)
    give_payer(subscription.pk, paul, actor=JOB, reason="Appel.", at=later)
    pay(order, on=date(2027, 2, 8))
    subscription.refresh_from_db()
    assert Term.objects.filter(order=order).exists()
    assert (subscription.recipient.address.town, subscription.payer) == ("Lyon", paul)


def test_automatic_is_taken_over_with_its_mandate():
    subscription = reader()
    words = ConsentGiven("mandate", True, "J’autorise ActuIA…")
    term = renews(subscription, on=date(2027, 9, 1), renewal="automatic", consents=[words])
    subscription.refresh_from_db()
    assert (subscription.renewal, subscription.offer) == ("automatic", term.order.offer)
    assert subscription.saved_method == term.payment.saved_method
    assert subscription.saved_method.last4 == "1881"
    choice = RenewalChoice.objects.get()
    assert (choice.automatic, choice.consent.words, choice.at) == (True, words.words, term.order.placed_at)


def test_fixed_chosen_by_an_automatic_reader_ends_the_automatic_renewal():
    subscription = reader(renewal="automatic")
    renews(subscription, on=date(2027, 9, 1))
    subscription.refresh_from_db()
    assert (subscription.renewal, subscription.saved_method) == ("fixed", None)
    assert [choice.automatic for choice in RenewalChoice.objects.all()] == [False]


def test_what_the_reader_said_after_ordering_stands():
    """A debit takes days: whoever turned automatic renewal off meanwhile is not renewed automatically (STOPPED)."""
    subscription = reader()
    order = order_to_renew(subscription, on=date(2027, 9, 1), renewal="automatic")
    RenewalChoice.objects.create(
        subscription=subscription, automatic=False, actor="reader:1", at=noon(date(2027, 9, 3))
    )
    pay(order, on=date(2027, 9, 8), kind="sepa_debit")
    subscription.refresh_from_db()
    assert (subscription.renewal, len(story(subscription))) == ("fixed", 2)


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        ("planned", "cancelled"), ("announced", "cancelled"), ("due", "cancelled"), ("retrying", "cancelled"),
        ("awaiting_reader", "paid"), ("manual", "paid"), ("charging", "charging"), ("unresolved", "unresolved"),
    ],
)  # fmt: skip
def test_the_open_renewal_ends_with_the_term_that_was_bought(state, becomes):
    subscription = reader(renewal="automatic")
    plan = announced(subscription, renews_on=date(2027, 11, 23), state=state)
    term = renews(subscription, on=date(2027, 11, 10), renewal="automatic")
    plan.refresh_from_db()
    assert plan.state == becomes
    assert plan.term == (term if becomes == "paid" else None)
    if becomes in ("paid", "cancelled"):
        assert plan.events.get().reason == "renewed by choice"


def test_within_the_time_of_a_refused_renewal_it_is_the_same_term():
    subscription = reader(renewal="automatic")
    time_passes(date(2027, 12, 10))
    plan = announced(subscription, renews_on=date(2027, 11, 23), state=Renewal.State.AWAITING_READER)
    move([subscription], Subscription.State.GRACE, actor=JOB, at=noon(date(2027, 11, 26)), reason="not paid")
    last_day = renewal_days(plan.renews_on, method_kind="card").lapses_on - timedelta(days=1)
    renews(subscription, on=last_day, renewal="automatic")
    assert story(subscription)[1] == (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32])
    plan.refresh_from_db()
    assert plan.state == "paid"


def test_one_that_has_ended_is_not_prolonged_a_new_one_is_opened():
    subscription = reader()
    order = order_to_renew(subscription, on=date(2027, 10, 1))
    refund_in_full(Order.objects.get(term__subscription=subscription), reason="rétractation", actor=JOB, at=noon(date(2027, 10, 3)))  # fmt: skip
    pay(order, on=date(2027, 10, 3))
    opened = Term.objects.get(order=order)
    assert opened.subscription != subscription
    assert story(opened.subscription) == [(1, "2027-10-31", "2028-10-30", [29, 30, 31, 32])]
    assert wrong(noon(date(2027, 10, 3))) == []


def test_late_money_after_the_lapse_serves_what_was_promised():
    """Ordered on the last day by debit, paid after the sweep said lapsed: from the end, as the page had said."""
    subscription = reader()
    time_passes(date(2027, 11, 30))
    order = order_to_renew(subscription, on=date(2027, 11, 22))
    lapse(subscription, on=date(2027, 11, 23))
    pay(order, on=date(2027, 11, 30), kind="sepa_debit")
    assert story(subscription)[1] == (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32])
    subscription.refresh_from_db()
    assert subscription.state == "active"


def test_late_money_of_an_expired_order_is_served_after_the_term_bought_meanwhile():
    subscription = reader()
    late = order_to_renew(subscription, on=date(2027, 10, 1))
    apply([News(payment_of(late).pk, Outcome.CANCELLED, closed=True)], actor=JOB, at=noon(date(2027, 10, 2)))
    renews(subscription, on=date(2027, 10, 3))
    pay(late, on=date(2027, 10, 4))
    assert [one[0] for one in story(subscription)] == [1, 2, 3]
    assert Term.objects.get(order=late).number == 3
    assert wrong(noon(date(2027, 10, 4))) == []


def test_late_money_of_an_order_whose_form_was_sent_again_goes_back():
    subscription = reader()
    wish = uuid.uuid4()
    late = order_to_renew(subscription, on=date(2027, 10, 1), token=wish)
    apply([News(payment_of(late).pk, Outcome.CANCELLED, closed=True)], actor=JOB, at=noon(date(2027, 10, 2)))
    renews(subscription, on=date(2027, 10, 3), token=wish)
    [surplus] = pay(late, on=date(2027, 10, 4))
    assert surplus.surplus
    assert Refund.objects.get().payment == surplus
    assert len(story(subscription)) == 2
    assert wrong(noon(date(2027, 10, 4))) == []


def test_late_money_with_no_issue_left_to_promise_goes_back():
    world(until=30)
    subscription = reader()
    time_passes(date(2028, 2, 1))
    lapse(subscription, on=date(2027, 12, 1))
    order = order_to_renew(subscription, on=date(2028, 2, 1))
    Issue.objects.filter(number=30).update(posted_on=date(2028, 3, 15), state="posted")
    [payment] = pay(order, on=date(2028, 3, 20))
    assert payment.surplus
    assert Payment.objects.filter(surplus=True).count() == Refund.objects.count() == 1
    assert len(story(subscription)) == 1


def test_a_renewal_taken_back_leaves_the_running_term_alone():
    subscription = reader()
    on = date(2027, 2, 1)
    term = renews(subscription, on=on, renewal="automatic")
    refund_in_full(term.order, reason="rétractation", actor=JOB, at=noon(on))
    subscription.refresh_from_db()
    assert (subscription.state, subscription.renewal) == ("active", "fixed")
    assert set(Entitlement.objects.filter(term__number=1).values_list("state", flat=True)) == {"owed"}
    assert set(term.entitlements.values_list("state", flat=True)) == {"void"}
    assert wrong(noon(on)) == []


def test_each_order_opens_its_own_time_to_withdraw():
    subscription = reader()
    time_passes(date(2027, 10, 1))
    assert not dates_of_subscription(subscription, on=date(2027, 10, 1)).withdrawal_open
    renews(subscription, on=date(2027, 10, 1))
    dates = dates_of_subscription(subscription, on=date(2027, 10, 1))
    assert (dates.withdrawal_open, dates.withdraw_until) == (True, None)
