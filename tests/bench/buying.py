"""Readers who buy: over HTTP as browsers, or inside this process so that queries can be counted."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

from tests.bench.stack import queries
from tests.checkout.buyer import CAMILLE, Fields
from tests.kills.reader import Reader
from tests.kills.shop import Shop


def buyer(shop: Shop, number: int) -> Reader:
    """A reader at an address of their own."""
    reader = Reader(shop, f"reader{number}")
    reader.browser.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return reader


def signed(secret: str, body: bytes) -> str:
    """Stripe's signature of a webhook's body, now."""
    at = int(time.time())
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mark}"


@dataclass
class Inside:
    """What one step inside this process led to, and the queries it made."""

    answer: Any
    queries: list[str]


def inside_client(shop: Shop) -> Any:
    """A browser inside this process, at the shop's own address."""
    from django.test import Client

    return Client(headers={"host": shop.chosen.site_url.removeprefix("http://"), "x-forwarded-for": "10.255.0.1"})


def order_inside(client: Any, email: str) -> Inside:
    """Send a filled-in order page; the page itself is opened twice before, so that nothing is asked for the first time."""
    for _twice in range(2):
        page = client.get("/abonnement/")
    form = Fields(page.content.decode()).values | CAMILLE | {"email": email, "renewal": "automatic", "place": "1"}
    with queries() as made:
        answer = client.post("/abonnement/", form)
    assert answer.status_code == 303, answer.content.decode()
    return Inside(answer, made)


def events_of(shop: Shop, since: int) -> list[tuple[bytes, str]]:
    """What Stripe tells by webhooks after an instant, as (body, signature)."""
    import stripe

    client = stripe.StripeClient(
        shop.environment["STRIPE_SECRET_KEY"], base_addresses={"api": shop.chosen.stripe_url}, max_network_retries=0
    )
    found = client.v1.events.list({"limit": 100, "created": {"gte": since}}).data
    bodies = [json.dumps(event.to_dict()).encode() for event in reversed(found)]
    return [(body, signed(shop.environment["STRIPE_WEBHOOK_SECRET"], body)) for body in bodies]
