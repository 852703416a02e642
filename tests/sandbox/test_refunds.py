"""Refunds: whole and in parts, never too much, waiting, and failing after they succeeded."""

import pytest
import stripe

from tests.sandbox.buying import renewal_params, saved, session_params, types
from tests.sandbox.driver import FR_PAYS


def paid(standin, token="pm_card_visa"):
    client = standin.client()
    customer, method = saved(client, token)
    return client, client.v1.payment_intents.create(renewal_params(customer, method))


def balance(client):
    (pending,) = client.v1.balance.retrieve().pending
    return pending.amount


def test_a_whole_refund_keeps_the_fee(standin):
    client, intent = paid(standin)
    standin.settle()
    assert balance(client) == 2694
    refund = client.v1.refunds.create({"payment_intent": intent.id, "metadata": {"credit_note": "A-1"}})
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 2760, intent.latest_charge)
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert (charge.refunded, charge.amount_refunded) == (True, 2760)
    movement = client.v1.balance_transactions.retrieve(refund.balance_transaction)
    assert (movement.amount, movement.fee, movement.net, movement.type) == (-2760, 0, -2760, "refund")
    assert balance(client) == -66
    assert types(client)[-2:] == ["refund.created", "charge.refunded"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    assert [one.id for one in client.v1.refunds.list({"payment_intent": intent.id}).data] == [refund.id]


def test_parts_never_exceed_the_whole(standin):
    client, intent = paid(standin)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 760})
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert (charge.refunded, charge.amount_refunded) == (False, 760)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"charge": charge.id, "amount": 2001})
    assert caught.value.param == "amount"
    client.v1.refunds.create({"charge": charge.id, "amount": 2000})
    assert client.v1.charges.retrieve(charge.id).refunded is True


def test_a_refund_under_one_key_is_one_refund(standin):
    client, intent = paid(standin)
    made = {client.v1.refunds.create({"payment_intent": intent.id}, {"idempotency_key": "r1"}).id for _ in range(3)}
    assert len(made) == 1


def test_what_was_not_paid_is_not_refunded(standin):
    client = standin.client()
    waiting = client.v1.payment_intents.create({"amount": 2760, "currency": "eur"})
    for params in ({"payment_intent": waiting.id}, {"payment_intent": "pi_nobody"}, {}):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.refunds.create(params)
        assert caught.value.http_status == 400


def test_a_refund_may_wait(standin):
    client, intent = paid(standin, "pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    standin.advance(days=1)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert types(client)[-1] == "refund.updated"


def test_a_refund_may_fail_after_it_succeeded(standin):
    client, intent = paid(standin, "pm_card_refundFail")
    standin.settle()
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    standin.advance(days=1)
    refund = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (refund.status, refund.failure_reason) == ("failed", "lost_or_stolen_card")
    assert refund.failure_balance_transaction.amount == 2760
    assert balance(client) == 2694
    assert types(client)[-2:] == ["refund.updated", "refund.failed"]
    assert client.v1.charges.retrieve(intent.latest_charge).amount_refunded == 0


def test_a_debit_is_given_back_by_transfer(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    standin.pay(session.url, iban=FR_PAYS)
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    standin.settle(intent)
    refund = client.v1.refunds.create({"payment_intent": intent})
    assert (refund.status, refund.id[:4]) == ("pending", "pyr_")
    standin.settle()
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
