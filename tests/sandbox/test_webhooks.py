"""Webhooks: signed, delivered at least once, again after a failure, and spoiled on command."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe

from payments.sandbox.application import StandIn
from payments.sandbox.settings import Settings
from tests.sandbox.buying import session_params, types
from tests.sandbox.driver import KEY, SECRET


class Shop:
    """Receives webhooks over HTTP, answers as told, and can be waited for."""

    def __init__(self):
        self.events, self.answers = [], []
        self._news = threading.Condition()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = shop.receive(body, self.headers["Stripe-Signature"])
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhooks/"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def receive(self, body, signature):
        event = stripe.Webhook.construct_event(body, signature, SECRET)
        with self._news:
            status = self.answers.pop(0) if self.answers else 200
            self.events.append((event.type, event.id, status))
            self._news.notify_all()
        return status

    def wait_for(self, count):
        with self._news:
            assert self._news.wait_for(lambda: len(self.events) >= count, timeout=10), self.events
        return [kind for kind, _, _ in self.events]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.close()


def collected(heard):
    def post(body, headers):
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], SECRET)
        heard.append(event.type)
        return 200

    return post


def test_events_reach_the_shop_by_themselves(standin, shop):
    standin.settings(webhook_url=shop.url)
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    standin.pay(session.url)
    standin.wait_for_webhooks()
    heard = [kind for kind, _, _ in shop.events]
    assert sorted(heard) == sorted(
        ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
    )
    assert client.v1.events.list({"delivery_success": False}).data == []


def test_a_refused_webhook_comes_again_under_the_same_id(standin, shop):
    shop.answers = [500, 302]
    standin.settings(webhook_url=shop.url)
    standin.client().v1.customers.create()
    shop.wait_for(1)
    assert standin.client().v1.events.list({"delivery_success": False}).data[0].type == "customer.created"
    standin.client().v1.customers.create()
    shop.wait_for(4)
    assert sorted(status for _, _, status in shop.events) == [200, 200, 302, 500]
    assert len({event for _, event, _ in shop.events}) == 2


def test_only_the_chosen_types_are_sent(standin):
    heard = []
    standin.settings(events=["checkout.session.completed", "payment_intent.succeeded"])
    client = standin.client()
    standin.pay(client.v1.checkout.sessions.create(session_params()).url)
    standin.deliver(collected(heard))
    assert heard == ["payment_intent.succeeded", "checkout.session.completed"]
    assert len(types(client)) > 2


def test_dropped_webhooks_are_found_in_the_list_of_events(standin):
    heard = []
    client = standin.client()
    standin.misbehave_webhooks("drop", type="checkout.session.*")
    standin.pay(client.v1.checkout.sessions.create(session_params()).url)
    for _ in range(2):
        standin.deliver(collected(heard))
    assert heard == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    missed = client.v1.events.list({"delivery_success": False, "types": ["checkout.session.completed"]}).data
    assert [event.data.object.payment_status for event in missed] == ["paid"]
    assert client.v1.events.retrieve(missed[0].id).pending_webhooks == 1


def test_webhooks_are_doubled_and_reordered_on_command(standin):
    heard = []
    client = standin.client()
    standin.misbehave_webhooks("double", type="payment_intent.succeeded")
    standin.pay(client.v1.checkout.sessions.create(session_params()).url)
    standin.deliver(collected(heard))
    assert sorted(heard).count("payment_intent.succeeded") == 2
    assert client.v1.events.list({"delivery_success": False}).data == []

    heard.clear()
    standin.misbehave_webhooks("reorder", times=4)
    standin.pay(client.v1.checkout.sessions.create(session_params()).url)
    standin.deliver(collected(heard))
    assert heard == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_held_webhooks_wait_for_their_release(standin):
    heard = []
    client = standin.client()
    standin.misbehave_webhooks("hold", times=4)
    standin.pay(client.v1.checkout.sessions.create(session_params()).url)
    assert standin.deliver(collected(heard)) == 0
    standin.release()
    assert standin.deliver(collected(heard)) == 4


def test_an_event_shows_the_object_as_it_was_then(standin):
    client = standin.client()
    customer = client.v1.customers.create({"name": "Avant"})
    client.v1.customers.update(customer.id, {"name": "Après"})
    updated, created = client.v1.events.list({"types": ["customer.*"]}).data
    assert (created.data.object.name, updated.data.object.name) == ("Avant", "Après")
    assert updated.data.previous_attributes.to_dict() == {"name": "Avant"}
    assert created.request.idempotency_key is not None


def test_events_are_forgotten_after_thirty_days(standin):
    client = standin.client()
    client.v1.customers.create()
    standin.advance(days=30)
    assert types(client) == ["customer.created"]
    standin.advance(1)
    assert types(client) == []
    assert standin.deliveries() == []


def test_what_was_not_delivered_survives_a_restart(tmp_path):
    settings = {"key": KEY, "webhook_secret": SECRET, "store": str(tmp_path / "store")}
    first = StandIn(Settings(**settings), background=False)
    with first.world.lock:
        customer = first.world.new("customer", "cus_", 14, email="camille@example.org")
        first.world.emit("customer.created", customer)
        first.world.store.commit()
    refused = []
    first.webhooks.deliver(lambda body, headers: refused.append(json.loads(body)["id"]) or 503)
    first.close()
    second = StandIn(Settings(**settings), background=False)
    accepted = []
    assert second.webhooks.deliver(lambda body, headers: accepted.append(json.loads(body)["id"]) or 200) == 1
    assert accepted == refused
    second.close()
