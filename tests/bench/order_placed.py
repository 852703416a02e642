"""order-placed: from the form sent to the redirect to the payment page; our own time, without what Stripe's stand-in took."""

from __future__ import annotations

import statistics
from typing import Any

from tests.bench.buying import buyer, inside_client, order_inside
from tests.bench.load import fsync_ms
from tests.bench.stack import clock, inside, serve, stack
from tests.bench.wsgi_header import AT_STRIPE, PROCESSOR

ORDERS, WARMING = 200, 20


def run() -> dict[str, Any]:
    """95th percentile over orders placed one after another by as many readers, in milliseconds; queries of one."""
    with stack() as shop:
        serve(shop)
        own: list[float] = []
        whole: list[float] = []
        processor: list[float] = []
        for number in range(WARMING + ORDERS):
            reader = buyer(shop, number)
            reader.fill_in()
            begun = clock()
            answer = reader.browser.post(f"{reader.site}/abonnement/", data=reader.form, allow_redirects=False)
            took = (clock() - begun) * 1000
            assert answer.status_code == 303, answer.text
            assert answer.headers["Location"].startswith(shop.chosen.stripe_url)
            if number >= WARMING:
                whole.append(took)
                processor.append(float(answer.headers[PROCESSOR]))
                own.append(took - float(answer.headers[AT_STRIPE]))
        disk = fsync_ms(shop.home)
        inside(shop)
        made = order_inside(inside_client(shop), "inside@exemple.fr").queries
    p95 = statistics.quantiles(own, n=20)[-1]
    print(f"  own time: median {statistics.median(own):.1f} ms, p95 {p95:.1f} ms, worst {max(own):.1f} ms;")
    print(f"  with the stand-in's: median {statistics.median(whole):.1f} ms. One fsync of this disk: {disk:.2f} ms.")
    print(
        f"  of our own time the processor worked {statistics.median(processor):.1f} ms; the rest is PostgreSQL and waiting."
    )
    return {
        "value": round(p95, 1),
        "reference": None,
        "ratio": None,
        "unit": "ms (p95, own time)",
        "queries": len(made),
        "fsync_ms": round(disk, 2),
        "targets": {f"p95 {p95:.1f} ms <= 60": p95 <= 60, f"{len(made)} queries <= 15": len(made) <= 15},
    }
