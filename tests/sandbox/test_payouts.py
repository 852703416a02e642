"""Payouts of the stand-in: daily and by hand, their movements, what the bank sends back."""

from __future__ import annotations

import datetime as dt

import pytest
import stripe

from payments.sandbox import paying_out
from tests.sandbox.buying import renewal_params, saved, types


@pytest.fixture
def world(standin_inprocess):
    """Two charges of 27,60 €, available since this morning, a Wednesday."""
    world = standin_inprocess.application.world
    world.clock.freeze()
    world.travel(int(dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC).timestamp()))
    client = standin_inprocess.client()
    customer, method = saved(client, "pm_card_visa")
    for _each in range(2):
        client.v1.payment_intents.create(renewal_params(customer, method))
    standin_inprocess.advance(days=7)
    return world


def lines(client, payout: str) -> list[tuple[str, int, int]]:
    found = client.v1.balance_transactions.list({"payout": payout, "limit": 100})
    return [(line.type, line.amount, line.net) for line in found.data]


def available(client) -> int:
    return client.v1.balance.retrieve().available[0].amount


def test_a_payout_takes_all_that_is_available_and_arrives_on_a_banking_day(standin_inprocess, world):
    client = standin_inprocess.client()
    (made,) = paying_out.pay_out(world)
    assert (made["amount"], made["status"], made["reconciliation_status"]) == (5388, "in_transit", "in_progress")
    assert lines(client, made["id"]) == [("payout", -5388, -5388), ("charge", 2760, 2694), ("charge", 2760, 2694)]
    assert (available(client), paying_out.pay_out(world)) == (0, [])
    standin_inprocess.advance(days=3)
    shown = client.v1.payouts.retrieve(made["id"])
    assert (shown.status, shown.reconciliation_status) == ("paid", "completed")
    assert dt.datetime.fromtimestamp(shown.arrival_date, dt.UTC) == dt.datetime(2026, 12, 3, tzinfo=dt.UTC)
    assert [kind for kind in types(client) if kind.startswith("payout.")] == [
        "payout.created",
        "payout.paid",
        "payout.updated",
        "payout.reconciliation_completed",
    ]


def test_daily_ones_leave_on_banking_days_only(standin_inprocess, world):
    world.settings.payouts = "daily"
    paying_out.plan(world)
    paying_out.plan(world)
    standin_inprocess.advance(days=1)
    paying_out.own_line(world, "stripe_fee", -100)
    paying_out.own_line(world, "adjustment", 300)
    standin_inprocess.advance(days=10)
    made = [dt.datetime.fromtimestamp(one["created"], dt.UTC) for one in world.store.all("payout")]
    assert [(one.day, one.hour, one.strftime("%a")) for one in made] == [(3, 1, "Thu"), (4, 1, "Fri")]
    assert [one["amount"] for one in world.store.all("payout")] == [5388, 200]


@pytest.mark.parametrize("paid", [False, True])
def test_one_that_comes_back_returns_to_the_balance_and_leaves_again(standin_inprocess, world, paid):
    client = standin_inprocess.client()
    (made,) = paying_out.pay_out(world)
    standin_inprocess.advance(days=3 if paid else 0)
    for _twice in range(2):
        paying_out.fail(world, made["id"], code="account_closed")
    shown = client.v1.payouts.retrieve(made["id"])
    assert (shown.status, shown.failure_code) == ("failed", "account_closed")
    assert available(client) == 5388
    (again,) = paying_out.pay_out(world)
    assert lines(client, again["id"]) == [("payout", -5388, -5388), ("payout_failure", 5388, 5388)]
    standin_inprocess.advance(days=3)
    assert client.v1.payouts.retrieve(made["id"]).status == "failed"


def test_one_that_is_called_off(standin_inprocess, world):
    client = standin_inprocess.client()
    (made,) = paying_out.pay_out(world)
    assert paying_out.cancel(world, made["id"])["status"] == "canceled"
    assert (available(client), types(client)[-1]) == (5388, "payout.canceled")


def test_below_zero_it_is_collected_from_the_bank(standin_inprocess, world):
    paying_out.pay_out(world)
    paying_out.own_line(world, "stripe_fee", -1000)
    assert paying_out.pay_out(world, collect=False) == []
    (made,) = paying_out.pay_out(world)
    assert made["amount"] == -1000
    assert lines(standin_inprocess.client(), made["id"])[0] == ("payout", 1000, 1000)


def test_instant_and_by_hand_are_not_itemised_and_the_next_one_is_smaller(standin_inprocess, world):
    client = standin_inprocess.client()
    made = paying_out.by_hand(world, 1000, instant=True)
    assert (made["method"], made["automatic"], made["reconciliation_status"]) == ("instant", False, "not_applicable")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        lines(client, made["id"])
    assert refused.value.param == "payout"
    (rest,) = paying_out.pay_out(world)
    assert rest["amount"] == 5388 - 1000 - 10
    assert ("payout", -1000, -1010) in lines(client, rest["id"])


def test_another_currency_has_a_payout_of_its_own(standin_inprocess, world):
    paying_out.own_line(world, "adjustment", 500, currency="usd")
    assert [(one["currency"], one["amount"]) for one in paying_out.pay_out(world)] == [("eur", 5388), ("usd", 500)]


def test_a_hundred_movements_a_page_to_the_end(standin_inprocess, world):
    client = standin_inprocess.client()
    for _each in range(230):
        paying_out.own_line(world, "stripe_fee", -1)
    (made,) = paying_out.pay_out(world)
    params = {"payout": made["id"], "limit": 100, "expand": ["data.source"]}
    found = list(client.v1.balance_transactions.list(params).auto_paging_iter())
    assert (len(found), sum(line.net for line in found)) == (233, 0)
