"""Misbehaving on command: each spoiled answer is seen by the SDK as the trouble it stands for, so many times and no more."""

import time

import pytest
import stripe

from tests.sandbox.buying import renewal_params, saved, session_params


def test_errors_before_acting_leave_nothing_and_end_after_their_times(standin):
    client = standin.client()
    standin.misbehave("error_before", method="POST", path="/v1/customers", times=2, status=503)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            client.v1.customers.create()
        assert caught.value.http_status == 503
    assert client.v1.customers.list().data == []
    assert client.v1.customers.create().id.startswith("cus_")


@pytest.mark.parametrize(
    ("action", "error", "status", "code"),
    [
        ("rate_limit", stripe.RateLimitError, 429, "rate_limit"),
        ("lock_timeout", stripe.APIError, 409, "lock_timeout"),
    ],
)
def test_limits_and_locks_have_stripes_shape(standin, action, error, status, code):
    client = standin.client()
    standin.misbehave(action, path="/v1/customers*")
    with pytest.raises(error) as caught:
        client.v1.customers.create()
    assert (caught.value.http_status, caught.value.error.code) == (status, code)
    assert client.v1.customers.create().email is None


def test_a_delay_is_a_delay(standin):
    client = standin.client()
    standin.misbehave("delay", method="GET", path="/v1/customers", seconds=0.3)
    started = time.monotonic()
    client.v1.customers.list()
    assert time.monotonic() - started >= 0.3
    standin.misbehave("delay_after", method="POST", path="/v1/customers", seconds=1)
    impatient = stripe.StripeClient(
        standin.key,
        base_addresses={"api": standin.base},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=(1, 0.2)),
    )
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.customers.create({"email": "late@example.org"})
    assert [one.email for one in client.v1.customers.list().data] == ["late@example.org"]


def test_rules_match_by_method_and_address_only(standin):
    client = standin.client()
    standin.misbehave("error_before", method="POST", path="/v1/payment_intents/*/confirm")
    customer, method = saved(client, "pm_card_visa")
    intent = client.v1.payment_intents.create({"amount": 2760, "currency": "eur", "customer": customer})
    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": method, "off_session": True})
    done = client.v1.payment_intents.confirm(intent.id, {"payment_method": method, "off_session": True})
    assert done.status == "succeeded"
    standin.misbehave("error_before")
    standin.behave()
    assert client.v1.customers.list().data[0].id == customer


def test_the_write_limit_counts_writes_of_a_second(standin):
    client = standin.client()
    standin.settings(writes_per_second=3)
    for _ in range(3):
        client.v1.customers.create()
    with pytest.raises(stripe.RateLimitError) as caught:
        client.v1.customers.create()
    assert caught.value.http_status == 429
    assert len(client.v1.customers.list().data) == 3
    standin.settings(writes_per_second=None)
    assert client.v1.customers.create().id


def test_the_hosted_page_can_break_too(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    standin.misbehave("error_before", method="POST", path="/c/pay/*", status=502)
    assert standin.pay(session.url).status == 502
    assert standin.charges() == []
    standin.misbehave("error_after", method="POST", path="/c/pay/*")
    assert standin.pay(session.url).status == 500
    assert len(standin.charges()) == 1
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_an_unknown_mood_is_refused_with_what_there_is(standin):
    with pytest.raises(AssertionError, match="timeout_after"):
        standin.misbehave("sulk")
    with pytest.raises(AssertionError, match="reorder"):
        standin.misbehave_webhooks("timeout_after")


def test_in_one_process_a_dropped_answer_is_a_connection_error(standin_inprocess):
    client = standin_inprocess.client()
    customer, method = saved(client, "pm_card_visa")
    world = standin_inprocess.application.world
    from payments.sandbox import misbehaviour

    misbehaviour.add(world, {"action": "timeout_after", "method": "POST", "path": "/v1/payment_intents"})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(renewal_params(customer, method))
    assert [intent.status for intent in client.v1.payment_intents.list().data] == ["succeeded"]
