"""offer-page: the page that everybody sees first, to someone nobody knows, against an empty view on the same server."""

from __future__ import annotations

from typing import Any

from tests.bench.bare import EMPTY
from tests.bench.load import compare, get
from tests.bench.stack import cpu_seconds, inside, queries, serve, stack
from tests.kills.shop import WEB

BROWSER = ("Accept: text/html", "Accept-Encoding: gzip, deflate, br", "Accept-Language: fr")


def run() -> dict[str, Any]:
    """Requests per second of both in interleaved rounds; queries of the page made anew."""
    with stack() as shop:
        serve(shop)
        port = shop.chosen.port
        value, reference = compare(
            port, get(port, "/", BROWSER), get(port, EMPTY, BROWSER), cpu=lambda: cpu_seconds(shop.pids(WEB))
        )
        inside(shop)
        cold = _cold(shop.chosen.site_url)
    ratio = value / reference
    return {
        "value": round(value),
        "reference": round(reference),
        "ratio": round(ratio, 2),
        "unit": "requests/s",
        "queries": cold,
        "targets": {f"ratio {ratio:.2f} >= 0.8": ratio >= 0.8, f"{cold} queries for a cold page <= 2": cold <= 2},
    }


def _cold(site: str) -> int:
    from django.test import Client

    from shop.storefront.kept import KEEPER

    client = Client(headers={"host": site.removeprefix("http://")})
    assert client.get("/").status_code == 200
    KEEPER.forget()
    with queries() as made:
        assert client.get("/").status_code == 200
    return len(made)
