"""A purchase from the session to the webhook, as the shop and a browser make it."""

import stripe

from tests.sandbox.buying import SHOP, session_params
from tests.sandbox.driver import SECRET


def test_a_purchase_by_card_is_paid_told_and_counted_once(standin):
    client = standin.client()
    customer = client.v1.customers.create({"email": "camille@example.org", "metadata": {"reader": "7"}})
    data = {"setup_future_usage": "off_session", "metadata": {"payment": "42"}}
    session = client.v1.checkout.sessions.create(
        session_params(customer=customer.id, payment_intent_data=data, client_reference_id="order:1")
    )
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)

    visit = standin.pay(session.url)
    assert visit.url == f"{SHOP}/merci?session={session.id}"
    again = standin.pay(session.url)
    assert "déjà fait" in again.text

    session = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    intent = session.payment_intent
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert (intent.status, intent.amount_received, intent.metadata["payment"]) == ("succeeded", 2760, "42")
    assert [charge["id"] for charge in standin.charges(payment="42")] == [intent.latest_charge.id]
    saved = client.v1.customers.payment_methods.list(customer.id).data
    assert [(method.id, method.card.last4) for method in saved] == [(intent.payment_method, "4242")]

    heard = []

    def shop(body, headers):
        event = client.construct_event(body, headers["Stripe-Signature"], SECRET)
        heard.append(event.type)
        return 200

    delivered = standin.deliver(shop)
    assert delivered == len(heard)
    assert heard == [
        "customer.created",
        "payment_intent.created",
        "payment_method.attached",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    assert standin.deliver(shop) == 0


def test_the_fee_is_known_a_little_later(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    standin.pay(session.url)
    (charge,) = standin.charges()
    assert charge["balance_transaction"] is None

    standin.advance(2)
    shown = client.v1.charges.retrieve(charge["id"], {"expand": ["balance_transaction"]})
    movement = shown.balance_transaction
    assert (movement.amount, movement.fee, movement.net, movement.type) == (2760, 66, 2694, "charge")
    assert client.v1.events.list({"type": "charge.updated"}).data[0].data.object.id == charge["id"]


def test_the_next_year_is_charged_off_session(standin):
    client = standin.client()
    customer = client.v1.customers.create()
    session = client.v1.checkout.sessions.create(
        session_params(customer=customer.id, payment_intent_data={"setup_future_usage": "off_session"})
    )
    standin.pay(session.url)
    (method,) = client.v1.customers.payment_methods.list(customer.id).data
    params = {"amount": 2760, "currency": "eur", "customer": customer.id, "payment_method": method.id}
    params |= {"off_session": True, "confirm": True, "metadata": {"payment": "43"}}
    first = client.v1.payment_intents.create(params, {"idempotency_key": "attempt-43"})
    second = client.v1.payment_intents.create(params, {"idempotency_key": "attempt-43"})
    assert first.id == second.id
    assert isinstance(second.last_response, stripe.StripeResponse)
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert len(standin.charges(payment="43")) == 1
