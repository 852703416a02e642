"""Idempotency keys: the first executed answer is the answer, for a day; misuse is refused; refused requests leave no trace."""

import threading

import pytest
import stripe

from tests.sandbox.buying import renewal_params, saved, session_params

KEY = {"idempotency_key": "one-attempt"}


def test_the_same_request_is_executed_once_and_answered_again(standin):
    client = standin.client()
    first = client.v1.customers.create({"email": "a@example.org"}, KEY)
    again = client.v1.customers.create({"email": "a@example.org"}, KEY)
    assert (again.id, again.last_response.body) == (first.id, first.last_response.body)
    assert "idempotent-replayed" not in first.last_response.headers
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.headers["original-request"] == first.last_response.headers["request-id"]
    assert len(client.v1.customers.list().data) == 1
    assert [one["replayed"] for one in standin.requests("/v1/customers")] == [False, True, False]


def test_a_decline_is_answered_again_without_a_second_try(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_chargeCustomerFail")
    bodies = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            client.v1.payment_intents.create(renewal_params(customer, method), KEY)
        bodies.append(caught.value.http_body)
    assert bodies[0] == bodies[1]
    assert len(client.v1.payment_intents.list({"customer": customer}).data) == 1
    assert len(client.v1.charges.list({"customer": customer}).data) == 1


def test_a_500_after_acting_is_answered_again_though_the_money_was_taken(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    standin.misbehave("error_after", method="POST", path="/v1/payment_intents")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            client.v1.payment_intents.create(renewal_params(customer, method, metadata={"payment": "9"}), KEY)
        assert caught.value.http_status == 500
    assert len(standin.charges(payment="9")) == 1
    found = client.v1.payment_intents.list({"customer": customer}).data
    assert [(intent.status, intent.metadata["payment"]) for intent in found] == [("succeeded", "9")]


def test_another_request_under_the_key_is_refused(standin):
    client = standin.client()
    client.v1.customers.create({"email": "a@example.org"}, KEY)
    with pytest.raises(stripe.IdempotencyError) as caught:
        client.v1.customers.create({"email": "b@example.org"}, KEY)
    assert caught.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(session_params(), KEY)
    assert len(client.v1.customers.list().data) == 1


def test_a_key_still_at_work_is_refused_with_409(standin):
    client, other = standin.client(), standin.client()
    standin.misbehave("delay", method="POST", path="/v1/customers", seconds=0.6)
    made = []
    slow = threading.Thread(target=lambda: made.append(client.v1.customers.create({}, KEY)))
    slow.start()
    while not standin.requests("/v1/customers"):
        pass
    with pytest.raises(stripe.APIError) as caught:
        other.v1.customers.create({}, KEY)
    slow.join()
    assert (caught.value.http_status, caught.value.error.code) == (409, "idempotency_key_in_use")
    assert other.v1.customers.create({}, KEY).id == made[0].id


def test_a_key_is_forgotten_after_a_day(standin):
    client = standin.client()
    first = client.v1.customers.create({}, KEY)
    standin.advance(days=1, seconds=-1)
    assert client.v1.customers.create({}, KEY).id == first.id
    standin.advance(1)
    assert client.v1.customers.create({}, KEY).id != first.id


def test_a_refused_request_leaves_its_key_free(standin):
    client = standin.client()
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"currency": "eur"}, KEY)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 10, "currency": "eur"}, KEY)
    assert client.v1.payment_intents.create({"amount": 2760, "currency": "eur"}, KEY).amount == 2760


def test_a_missing_object_is_remembered_because_it_was_executed(standin):
    client = standin.client()
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.payment_methods.detach("pm_nobody", None, KEY)
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert caught.value.headers["idempotent-replayed"] == "true"


def test_a_dropped_answer_is_found_again_under_its_key(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    params = renewal_params(customer, method, metadata={"payment": "1"})
    standin.misbehave("timeout_after", method="POST", path="/v1/payment_intents")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(params, KEY)
    assert len(standin.charges(payment="1")) == 1
    assert client.v1.payment_intents.create(params, KEY).status == "succeeded"
    assert len(standin.charges(payment="1")) == 1


def test_a_request_dropped_before_acting_is_executed_by_its_second_try(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    params = renewal_params(customer, method)
    standin.misbehave("timeout_before", method="POST", path="/v1/payment_intents")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(params, KEY)
    assert standin.charges() == []
    assert client.v1.payment_intents.create(params, KEY).status == "succeeded"
    assert len(standin.charges()) == 1


def test_the_sdk_retries_by_itself_and_charges_once(standin):
    client = stripe.StripeClient(standin.key, base_addresses={"api": standin.base}, max_network_retries=1)
    customer, method = saved(client, "pm_card_visa")
    standin.misbehave("timeout_after", method="POST", path="/v1/payment_intents")
    intent = client.v1.payment_intents.create(renewal_params(customer, method))
    assert intent.status == "succeeded"
    assert [one["replayed"] for one in standin.requests("/v1/payment_intents")] == [False, True]
    assert len(standin.charges()) == 1
