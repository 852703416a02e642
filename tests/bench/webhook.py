"""webhook: verified and stored, against a view that inserts one bare row on the same server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from tests.bench.bare import ROW
from tests.bench.buying import buyer, events_of, inside_client, signed
from tests.bench.load import Requests, compare, fsync_ms
from tests.bench.stack import cpu_seconds, inside, queries, serve, stack
from tests.kills.shop import WEB, Shop

TABLE = """
CREATE TABLE bench_row (id bigserial PRIMARY KEY, body text NOT NULL);
GRANT INSERT ON bench_row TO boutique_app;
GRANT USAGE ON SEQUENCE bench_row_id_seq TO boutique_app;
"""


def run() -> dict[str, Any]:
    """Webhooks per second, each a new event with a signature of its own; queries of one."""
    with stack() as shop:
        shop.ask(TABLE)
        serve(shop)
        event = _event(shop)
        port, secret = shop.chosen.port, shop.environment["STRIPE_WEBHOOK_SECRET"]
        value, reference = compare(
            port, _webhooks(port, event, secret), _rows(port, event), cpu=lambda: cpu_seconds(shop.pids(WEB))
        )
        disk = fsync_ms(shop.home)
        inside(shop)
        made = _queries(shop, event, secret)
    ratio = value / reference
    print(f"  one fsync of this disk: {disk:.2f} ms")
    return {
        "value": round(value),
        "reference": round(reference),
        "ratio": round(ratio, 2),
        "unit": "requests/s",
        "queries": made,
        "fsync_ms": round(disk, 2),
        "targets": {f"ratio {ratio:.2f} >= 0.5": ratio >= 0.5},
    }


def _event(shop: Shop) -> dict[str, Any]:
    """A real event of a purchase, as the stand-in tells it."""
    since = shop.till.now()
    reader = buyer(shop, 1)
    reader.order()
    reader.pay()
    events = [json.loads(body) for body, _signature in events_of(shop, since)]
    return next(event for event in events if event["type"] == "checkout.session.completed")


def _post(port: int, path: str, body: bytes, *headers: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json",
        f"Content-Length: {len(body)}", *headers,
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body


def _webhooks(port: int, event: dict[str, Any], secret: str) -> Requests:
    text = json.dumps(event)

    def requests(process: int) -> Iterator[bytes]:
        run, number = time.time_ns(), 0
        while True:
            number += 1
            body = text.replace(event["id"], f"evt_{run}_{process}_{number}").encode()
            yield _post(port, "/webhooks/stripe/", body, f"Stripe-Signature: {signed(secret, body)}")

    return requests


def _rows(port: int, event: dict[str, Any]) -> Requests:
    request = _post(port, ROW, json.dumps(event).encode())

    def requests(process: int) -> Iterator[bytes]:
        while True:
            yield request

    return requests


def _queries(shop: Shop, event: dict[str, Any], secret: str) -> int:
    body = json.dumps(event | {"id": "evt_inside"}).encode()
    client = inside_client(shop)
    with queries() as made:
        answer = client.post(
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"stripe-signature": signed(secret, body)},
        )
    assert answer.status_code == 200
    return len(made)
