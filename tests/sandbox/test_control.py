"""Driving the stand-in: only with the key, clearly refused when misunderstood, and the same in one process."""

import threading

import requests
import stripe

from tests.sandbox.buying import renewal_params, saved, session_params, types


def test_commands_need_the_key_and_a_known_name(standin):
    assert requests.get(f"{standin.control}/charges", timeout=5).status_code == 401
    wrong = requests.get(f"{standin.control}/charges", timeout=5, auth=("sk_test_of_somebody_else", ""))
    assert wrong.status_code == 401
    assert requests.get(f"{standin.control}/charges", timeout=5, auth=(standin.key, "")).json() == []
    unknown = requests.post(f"{standin.control}/sing", timeout=5, auth=(standin.key, ""))
    assert unknown.status_code == 404
    no_json = requests.post(f"{standin.control}/rules", data="x=1", timeout=5, auth=(standin.key, ""))
    assert (no_json.status_code, no_json.json()["error"]["message"]) == (400, "The body is no JSON.")


def test_the_clock_stands_still_moves_and_runs_again(standin):
    standin.set_clock(1_800_000_000, frozen=True)
    assert [standin.now() for _ in range(3)] == [1_800_000_000] * 3
    assert standin.advance(days=1, seconds=1) == 1_800_086_401
    customer = standin.client().v1.customers.create()
    assert customer.created == 1_800_086_401
    released = standin.command("POST", "clock", frozen=False)
    assert 0 <= released["now"] - 1_800_086_401 <= 1
    assert released["frozen"] is False


def test_what_is_planned_happens_at_its_own_time(standin):
    client = standin.client()
    standin.set_clock(1_800_000_000, frozen=True)
    client.v1.checkout.sessions.create(session_params(expires_at=1_800_000_000 + 3600))
    standin.advance(days=10)
    (event,) = client.v1.events.list({"type": "checkout.session.expired"}).data
    assert event.created == 1_800_003_600


def test_a_reset_forgets_everything(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    client.v1.payment_intents.create(renewal_params(customer, method), {"idempotency_key": "one"})
    standin.set_clock(1_800_000_000, frozen=True)
    standin.reset()
    assert (standin.charges(), standin.requests(), types(client)) == ([], [], [])
    assert client.v1.customers.list().data == []
    customer, method = saved(client, "pm_card_visa")
    again = client.v1.payment_intents.create(renewal_params(customer, method), {"idempotency_key": "one"})
    assert "idempotent-replayed" not in again.last_response.headers


def test_charges_are_counted_by_metadata_and_only_when_money_was_taken(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    for payment in ("1", "2", "2"):
        client.v1.payment_intents.create(renewal_params(customer, method, metadata={"payment": payment}))
    client.v1.payment_intents.create({"amount": 2760, "currency": "eur", "metadata": {"payment": "3"}})
    assert [len(standin.charges(payment=payment)) for payment in ("1", "2", "3")] == [1, 2, 0]


def test_requests_are_kept_with_what_was_asked_and_answered(standin):
    client = standin.client()
    client.v1.customers.create({"metadata": {"reader": "7"}}, {"idempotency_key": "k"})
    (request,) = standin.requests("/v1/customers")
    assert request["params"] == {"metadata": {"reader": "7"}}
    assert (request["status"], request["idempotency_key"], request["ignored"]) == (200, "k", [])


def test_many_threads_charge_each_reader_once(standin):
    client = standin.client()
    readers = [saved(client, "pm_card_visa") for _ in range(8)]
    failures = []

    def charge(number):
        own = standin.client()
        customer, method = readers[number % 8]
        params = renewal_params(customer, method, metadata={"payment": str(number % 8)})
        try:
            own.v1.payment_intents.create(params, {"idempotency_key": f"attempt-{number % 8}"})
        except stripe.APIError as error:
            failures.append(error.error.code)

    threads = [threading.Thread(target=charge, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(failures) <= {"idempotency_key_in_use"}
    assert sorted(one["metadata"]["payment"] for one in standin.charges()) == [str(number) for number in range(8)]


def test_in_one_process_time_and_webhooks_move_only_when_told(standin_inprocess):
    client = standin_inprocess.client()
    customer, method = saved(client, "pm_card_visa")
    intent = client.v1.payment_intents.create(renewal_params(customer, method))
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert charge.balance_transaction is None
    standin_inprocess.advance(days=1)
    assert client.v1.charges.retrieve(charge.id, {"expand": ["balance_transaction"]}).balance_transaction.fee == 66
    heard = []

    def post(body, headers):
        heard.append(stripe.Webhook.construct_event(body, headers["Stripe-Signature"], standin_inprocess.secret).type)
        return 200

    assert standin_inprocess.deliver(post) == len(heard) == 6
    assert heard[-1] == "charge.updated"
    assert standin_inprocess.deliver(post) == 0
