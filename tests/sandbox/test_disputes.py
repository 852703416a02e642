"""Disputes: the money leaves the balance with a fee, comes back if the shop wins, and cannot be refunded meanwhile."""

from __future__ import annotations

import pytest
import stripe

from payments.sandbox.disputing import close, dispute
from payments.sandbox.errors import ApiError
from tests.sandbox.buying import renewal_params, saved, types


@pytest.fixture
def paid(standin_inprocess):
    """A charge of 27,60 €: the stand-in's world, a client, the charge."""
    client = standin_inprocess.client()
    customer, method = saved(client, "pm_card_visa")
    intent = client.v1.payment_intents.create(renewal_params(customer, method))
    standin_inprocess.advance(5)
    return standin_inprocess.application.world, client, intent.latest_charge


def lines(client) -> list[tuple[str, int, int]]:
    """The balance, oldest first: category, amount, fee."""
    found = client.v1.balance_transactions.list({"limit": 100}).data
    return [(line.reporting_category, line.amount, line.fee) for line in reversed(found)]


def test_opened_the_amount_and_a_fee_leave_the_balance(paid):
    world, client, charge = paid
    made = dispute(world, charge)
    assert (made["status"], made["amount"], made["reason"]) == ("needs_response", 2760, "product_not_received")
    assert client.v1.charges.retrieve(charge).disputed is True
    assert lines(client)[1:] == [("dispute", -2760, 2000)]
    assert types(client)[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert client.v1.disputes.retrieve(made["id"]).charge == charge


def test_won_the_amount_comes_back_and_the_fee_stays(paid):
    world, client, charge = paid
    made = dispute(world, charge)
    for _twice in range(2):
        close(world, made["id"], won=True)
    assert lines(client)[1:] == [("dispute", -2760, 2000), ("dispute_reversal", 2760, 0)]
    assert types(client)[-2:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    assert client.v1.charges.retrieve(charge).disputed is False
    assert client.v1.refunds.create({"charge": charge}).status == "succeeded"


def test_lost_nothing_more_moves_and_nothing_can_be_refunded(paid):
    world, client, charge = paid
    made = dispute(world, charge)
    close(world, made["id"], won=False)
    assert len(lines(client)) == 2
    assert client.v1.disputes.retrieve(made["id"]).status == "lost"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": charge})
    assert refused.value.code == "charge_disputed"


def test_what_was_given_back_or_disputed_already_is_not_disputed(paid):
    world, client, charge = paid
    dispute(world, charge)
    with pytest.raises(ApiError):
        dispute(world, charge)
    customer, method = saved(client, "pm_card_visa")
    other = client.v1.payment_intents.create(renewal_params(customer, method)).latest_charge
    client.v1.refunds.create({"charge": other})
    with pytest.raises(ApiError):
        dispute(world, other)
