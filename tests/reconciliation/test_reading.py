"""Reading payouts: by webhook in any order, by the day's list, killed between pages, ten thousand movements at once."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments import fees, gateway
from payments.audit import balance_of
from payments.models import BalanceMovement, LedgerEntry, Payout, PayoutEvent, ReconciliationRun, StripeEvent
from payments.reconciliation import reading, running
from payments.reconciliation.explaining import explain
from payments.reconciliation.sums import made_of
from payments.sandbox import paying_out
from tests.reconciliation.account import CLOCK, bought, breached, found, later, looked, paid_out, the_payout, world_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_webhook_is_a_hint(offers, till, hear):
    """Every event of a payout is applied by fetching it afresh; its movements come with the next round."""
    bought(till)
    paid_out(till)
    while hear():
        pass
    payout = the_payout()
    assert (payout.state, payout.itemised, payout.read_at) == ("paid", True, None)
    told = StripeEvent.objects.filter(type__startswith="payout.")
    assert set(told.values_list("state", flat=True)) == {"applied"}
    assert told.count() == 4
    looked()
    payout.refresh_from_db()
    assert (payout.read_at is not None, payout.events.count(), found()) == (True, 1, [])


@pytest.mark.parametrize("order", list(itertools.permutations(("in_transit", "paid", "failed"))))
def test_news_in_any_order_end_the_same(offers, till, order):
    """What Stripe says at three instants, heard in any order: it has failed, and the money is not said to have arrived."""
    with world_of(till).lock:
        paying_out.own_line(world_of(till), "adjustment", 1000)
        (made,) = paying_out.pay_out(world_of(till))
    seen = {"in_transit": gateway.fetch_payout(made["id"])}
    till.advance(days=3)
    seen["paid"] = gateway.fetch_payout(made["id"])
    with world_of(till).lock:
        paying_out.fail(world_of(till), made["id"])
    seen["failed"] = gateway.fetch_payout(made["id"])
    for name in order:
        for _twice in range(2):
            running.moving.apply([seen[name]], actor=CLOCK, at=timezone.now())
    payout = the_payout()
    assert (payout.state, payout.itemised, payout.failure_code) == ("failed", True, "account_closed")
    news = ("in_transit", "paid", "failed")
    further = [
        name for place, name in enumerate(order) if all(news.index(name) > news.index(one) for one in order[:place])
    ]
    assert list(PayoutEvent.objects.values_list("to_state", flat=True)) == further


def test_without_any_webhook_the_days_list_finds_it_once_a_day(offers, till):
    bought(till)
    paid_out(till)
    looked()
    assert Payout.objects.count() == 1
    first = ReconciliationRun.objects.get()
    assert (first.payouts, first.read_to_end, first.finished_at is not None) == (1, True, True)
    looked(later(13) + timedelta(hours=2))
    assert ReconciliationRun.objects.count() == 1
    looked(later(14))
    assert ReconciliationRun.objects.count() == 2
    assert LedgerEntry.objects.filter(source__startswith="movement:").count() == 1


def test_after_a_long_stop_everything_since_the_last_list_is_read(offers, till):
    """The clock stood still for 45 days: a payout of the seventh of them is listed, which thirty days would not reach."""
    looked(later(0))
    first = ReconciliationRun.objects.get()
    bought(till)
    paid_out(till, after=7)
    looked(later(45))
    assert Payout.objects.count() == 1
    second = ReconciliationRun.objects.latest("pk")
    assert second.since == first.started_at - running.OVERLAP
    looked(later(46))
    third = ReconciliationRun.objects.latest("pk")
    assert third.since == third.started_at - running.REACH


def test_one_that_the_list_does_not_reach_any_more_is_fetched_until_it_has_ended(offers, till):
    """Its webhook was lost, and it was itemised more than thirty days after it was made: fetched once a day, read, and left."""
    bought(till)
    till.advance(days=7)
    world = world_of(till)
    with world.lock:
        (made,) = paying_out.pay_out(world)
        paying_out.arrive(world, made["id"])
        world.change(made, reconciliation_status="in_progress")
    for day in (8, 20):
        looked(later(day))
    assert the_payout().itemised is False

    def fetched() -> int:
        return len(till.requests(f"/v1/payouts/{made['id']}"))

    before = fetched()
    looked(later(42))
    assert (fetched() - before, the_payout().read_at) == (1, None)
    assert ("PAYOUT", f"payout:{the_payout().pk}", "was paid, and Stripe never listed its movements") in breached(
        later(42)
    )
    looked(later(42) + timedelta(hours=2))
    assert fetched() - before == 1
    with world.lock:
        world.change(made, reconciliation_status="completed")
    looked(later(44))
    assert the_payout().read_at is not None
    looked(later(46))
    assert (fetched() - before, breached(later(46))) == (2, [])


def test_a_payout_that_stripe_refuses_to_list_stands_in_nobodys_way(offers, till):
    """The older of two is refused: the younger is read, what is here is explained, and the round ends as one that failed."""
    first, second = of_stripe(till, 1), of_stripe(till, 2)
    listed = gateway.list_movements

    def refused(**asked):
        if asked.get("payout") == first:
            raise gateway.Refused("no", code="balance_transactions_unavailable")
        return listed(**asked)

    with pytest.MonkeyPatch.context() as refusing:
        refusing.setattr(gateway, "list_movements", refused)
        for _twice in range(2):
            with pytest.raises(gateway.Refused):
                looked(later(26))
    read = dict(Payout.objects.values_list("stripe_payout", "read_at"))
    assert (read[first], read[second] is not None) == (None, True)
    assert not BalanceMovement.objects.filter(payout__read_at__isnull=False, meaning="").exists()
    looked(later(26))
    assert (Payout.objects.filter(read_at=None).count(), found()) == (0, [])


def test_what_is_here_is_explained_while_stripe_is_silent(offers, till):
    """The list fails; a line that was read before is booked all the same, and the next round lists."""
    with world_of(till).lock:
        paying_out.own_line(world_of(till), "stripe_fee", -250)
    fees.read_movements(actor=CLOCK, at=later(1))
    till.misbehave("error_before", path="/v1/payouts", times=1, status=500)
    with pytest.raises(gateway.Unknown):
        running.reconcile(actor=CLOCK, at=later(1))
    assert balance_of("627800") == Decimal("2.50")
    assert ReconciliationRun.objects.get().finished_at is None
    running.reconcile(actor=CLOCK, at=later(1))
    assert ReconciliationRun.objects.get().finished_at is not None


def of_stripe(till, number: int) -> str:
    """A payout of so many lines of Stripe's own, a cent each."""
    world = world_of(till)
    with world.lock:
        for _each in range(number):
            paying_out.own_line(world, "adjustment", 1)
    return paid_out(till, after=1)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_killed_between_pages_it_goes_on_where_it_was(offers, till, monkeypatch, after):
    monkeypatch.setattr(reading, "BATCH", 100)
    of_stripe(till, 250)
    left = iter([True] * (2 + after))  # the list and its end, then so many readings
    running.reconcile(actor=CLOCK, at=later(), go_on=lambda: next(left, False))
    payout = the_payout()
    assert (payout.movements.count(), payout.read_at) == (100 * after, None)
    requests = len(till.requests("/v1/balance_transactions"))
    done = running.reconcile(actor=CLOCK, at=later())
    assert done.movements == 251 - 100 * after
    assert len(till.requests("/v1/balance_transactions")) - requests == 3 - after
    payout.refresh_from_db()
    assert (payout.movements.count(), made_of([payout])[payout.pk].remainder) == (251, 0)
    assert (found(), breached(later())) == ([], [])


def test_two_who_read_one_page_keep_it_once(offers, till, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 100)
    of_stripe(till, 150)
    running.reconcile(actor=CLOCK, at=later(), go_on=iter([True, False, False, False, False]).__next__)
    mine, rivals = the_payout(), the_payout()
    reading.read_next(rivals, actor=CLOCK, at=later())
    reading.read_next(mine, actor=CLOCK, at=later())
    assert (mine.cursor, mine.movements.count()) == (rivals.cursor, 100)


def test_stripe_is_silent_and_nothing_is_lost(offers, till):
    of_stripe(till, 20)
    till.misbehave("error_before", path="/v1/payouts", times=1, status=500)
    with pytest.raises(gateway.Unknown):
        running.reconcile(actor=CLOCK, at=later())
    assert Payout.objects.count() == 0
    assert running.reconcile(actor=CLOCK, at=later()).movements == 21


def test_a_month_of_payouts_is_read_page_by_page(offers, till, monkeypatch):
    monkeypatch.setattr(running, "PAGE", 2)
    world = world_of(till)
    for _each in range(5):
        with world.lock:
            paying_out.own_line(world, "adjustment", 100)
            paying_out.pay_out(world)
        till.advance(days=1)
    till.advance(days=5)
    left = iter([True, False])
    running.reconcile(actor=CLOCK, at=later(), go_on=lambda: next(left, False))
    assert Payout.objects.count() == 2
    running.reconcile(actor=CLOCK, at=later())
    assert (Payout.objects.count(), ReconciliationRun.objects.get().payouts) == (5, 5)
    assert balance_of("580000") == 5


@pytest.mark.parametrize("number", [1, 3])
def test_as_many_queries_for_three_movements_as_for_one(offers, till, number):
    of_stripe(till, number)
    running.moving.apply(list(gateway.list_payouts(since=later(-30))), actor=CLOCK, at=later())
    with CaptureQueriesContext(connection) as read:
        reading.read_due(actor=CLOCK, at=later())
    with CaptureQueriesContext(connection) as explained:
        explain(actor=CLOCK, at=later())
    assert (len(read), len(explained)) == QUERIES


QUERIES = (14, 6)


def test_ten_thousand_movements(offers, till):
    """Twenty transactions of the same statements, whatever is in them; and the payout is their sum to the cent."""
    of_stripe(till, 10_000)
    running.moving.apply(list(gateway.list_payouts(since=later(-30))), actor=CLOCK, at=later())
    with CaptureQueriesContext(connection) as read:
        assert reading.read_due(actor=CLOCK, at=later()) == 10_001
    with CaptureQueriesContext(connection) as explained:
        assert explain(actor=CLOCK, at=later()) == 10_001
    assert len(read) <= 21 * QUERIES[0]
    assert len(explained) <= 3 * (QUERIES[1] + 1)
    payout = the_payout()
    (part,) = made_of([payout])[payout.pk].parts
    assert (part.count, part.net, made_of([payout])[payout.pk].remainder) == (10_000, Decimal("100.00"), 0)
    assert BalanceMovement.objects.filter(meaning="").count() == 0
    assert breached(later()) == []
