"""Copies are somebody's from the order on, for as long as it may be paid; late money is served while there is stock, or goes back."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from payments.gateway import Outcome
from payments.models import Payment, Refund
from payments.settling import News, apply
from subscriptions.losses.stock import enter, free
from subscriptions.models import Issue, Notice, Order, SoldIssue, StockMovement, Term
from subscriptions.orders.placing import Wish, payment_of, place
from subscriptions.orders.quoting import NotForSale
from subscriptions.singles import reserving
from subscriptions.singles.reserving import NoLongerInStock, TooManyWait
from tests.makers import NOW, READER
from tests.races.crowd import Meeting, together, troubles, without_locks
from tests.singles.people import CLERK, buys, in_stock, issue, orders, pays, states, unsound, wish_for

LATER = NOW + timedelta(hours=2)


def left(number: int) -> int:
    key = issue(number).pk
    return free([key])[key]


def ends(order: Order) -> None:
    """Its payment page has expired."""
    apply([News(payment_of(order).pk, Outcome.CANCELLED)], actor=READER, at=LATER)
    order.refresh_from_db()


def test_what_is_reserved_is_nobody_elses_until_the_order_ends(single):
    order = orders({22: 2})
    assert left(22) == 1
    with pytest.raises(NoLongerInStock) as refused:
        orders({22: 2, 24: 1})
    assert refused.value.left == {22: 1}
    assert (Order.objects.count(), left(24)) == (1, 12)
    ends(order)
    assert (order.state, left(22)) == (Order.State.EXPIRED, 3)
    assert states(order) == [(22, 2, "reserved")]
    orders({22: 3})
    assert left(22) == 0


def test_another_wish_of_the_same_form_gives_back_what_the_first_had_reserved(single):
    token = uuid.uuid4()
    first = orders({22: 3}, token=token)
    assert orders({22: 3}, token=token) == first, "the same wish is the same order"
    second = orders({22: 2}, token=token)
    first.refresh_from_db()
    assert (first.state, second.state, left(22)) == (Order.State.CANCELLED, Order.State.AWAITING_PAYMENT, 1)


def test_one_reader_keeps_twenty_copies_from_others_by_orders_not_paid_and_no_more(single):
    in_stock(24, 90)
    first = orders({24: 9})
    second = orders({24: 9})
    with pytest.raises(TooManyWait, match="20"):
        orders({24: 3})
    assert (Order.objects.count(), SoldIssue.objects.count()) == (2, 2)
    orders({24: 2})
    orders({24: 3}, email="autre@example.fr", ip="192.0.2.9")
    pays(first)
    ends(second)
    orders({24: 9}), orders({24: 9})


def test_nor_does_whoever_types_another_address_each_time(single):
    in_stock(24, 90)
    for n in range(2):
        orders({24: 9}, email=f"lecteur{n}@example.fr", ip="192.0.2.7")
    with pytest.raises(TooManyWait):
        orders({24: 3}, email="lecteur3@example.fr", ip="192.0.2.7")
    orders({24: 3}, email="lecteur3@example.fr", ip="192.0.2.8")


def test_late_money_is_served_while_its_copies_are_there(single):
    order = orders({22: 2, 24: 1})
    ends(order)
    pays(order, when=LATER)
    assert (order.state, states(order)) == (Order.State.PAID, [(22, 2, "owed"), (24, 1, "owed")])
    assert (left(22), left(24)) == (1, 11)
    assert unsound(LATER) == []


def test_late_money_goes_back_whole_when_one_of_its_issues_is_somebody_elses_by_now(single):
    order = orders({22: 2, 24: 1})
    ends(order)
    buys({22: 2}, when=LATER)
    payment = pays(order, when=LATER)
    assert (order.state, payment.surplus) == (Order.State.EXPIRED, True)
    assert states(order) == [(22, 2, "reserved"), (24, 1, "reserved")]
    assert (left(22), left(24)) == (1, 12)
    assert Notice.objects.filter(kind="order_expired_with_late_money").count() == 1
    assert Refund.objects.filter(payment=payment).count() == 1
    assert unsound(LATER) == []


def test_two_late_payments_of_the_last_copies_serve_one_order(single):
    """Both are settled in one transaction: what the first takes the second no longer finds."""
    late = [orders({22: 2}), orders({22: 1})]
    for order in late:
        ends(order)
    orders({22: 1})
    apply([News(payment_of(order).pk, Outcome.SUCCEEDED) for order in late], actor=READER, at=LATER)
    for order in late:
        order.refresh_from_db()
    assert [order.state for order in late] == [Order.State.PAID, Order.State.EXPIRED]
    assert left(22) == 0
    assert unsound(LATER) == []


def test_a_second_success_is_surplus(single):
    order = buys({24: 1})
    apply([News(payment_of(order).pk, Outcome.SUCCEEDED)], actor=READER, at=NOW)
    assert (Payment.objects.count(), SoldIssue.objects.get().state) == (1, "owed")
    assert SoldIssue.objects.get().movements.count() == 1


@pytest.mark.parametrize("chosen", [{}, {25: 1}, {99: 1}, {24: 10}, {24: 0}], ids=str)
def test_what_is_no_past_issue_is_not_for_sale(single, chosen):
    with pytest.raises(NotForSale):
        wish_for(chosen)


def test_what_claims_were_promised_is_not_sold_and_the_reverse(single):
    assert left(22) == 3
    buys({22: 3})
    assert left(22) == 0
    enter(issue(22).pk, "received", 2, actor=CLERK, at=NOW, reason="retrouvés")
    assert left(22) == 2


@pytest.fixture
def last_copy(transactional_db, single):
    """Four readers who want n° 22, of which one copy is left."""
    enter(issue(22).pk, StockMovement.Kind.COUNTED, 1, actor=CLERK, at=NOW, reason="compté")
    # Of one page each: the same disclosure, kept once, is a lock of its own.
    return [wish_for({22: 1}, email=f"lecteur{n}@example.fr", disclosure={"reader": n}) for n in range(4)]


def test_of_four_buyers_of_the_last_copy_one_has_it(last_copy, monkeypatch):
    assert sorted(race(last_copy, monkeypatch)) == ["placed", "refused", "refused", "refused"]
    assert (SoldIssue.objects.count(), Order.objects.count(), left(22)) == (1, 1, 0)


def test_without_the_lock_the_last_copy_is_sold_four_times(last_copy, monkeypatch):
    """The control: the same crowd at the same place, and nobody waits for the issue."""
    without_locks(monkeypatch, Issue)
    assert race(last_copy, monkeypatch) == ["placed"] * 4
    assert left(22) == -3


def race(wishes: list[Wish], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All of them, met where they have looked at the stock and have not taken from it yet."""
    meeting = Meeting(len(wishes))
    monkeypatch.setattr(reserving, "insert_all", meeting.before(reserving.insert_all))

    def click(wish: Wish) -> str:
        try:
            place(wish, form_token=uuid.uuid4(), actor=READER, at=NOW)
        except NoLongerInStock:
            return "refused"
        return "placed"

    results = together([lambda wish=wish: click(wish) for wish in wishes], meeting=meeting)
    assert troubles(results) == []
    return results


def test_an_order_is_for_a_subscription_or_for_past_issues(single):
    order = buys({24: 1})
    with pytest.raises(IntegrityError, match="not for both"), transaction.atomic():
        Term.objects.create(
            subscription_id=1, number=1, order=order, starts_on=NOW.date(), ends_on=LATER.date() + timedelta(days=9),
            copies=1, amount=order.amount, amount_ht=order.amount, vat_zone="x", vat_rate=0, created_at=NOW,
        )  # fmt: skip
