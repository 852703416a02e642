"""The shop as it is served, with the bare views beside it in the same processes, and its time at Stripe in a header.

Only the benches serve this: the shop itself knows nothing of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.test.utils import override_settings

from payments.gateway.client import WatchedClient
from shop.wsgi import application as shop
from tests.bench.wsgi_header import AT_STRIPE, PROCESSOR

_spent = threading.local()


class BareRequest(WSGIRequest):
    urlconf = "tests.bench.bare"


class Bare(WSGIHandler):
    request_class = BareRequest


with override_settings(MIDDLEWARE=[]):
    bare = Bare()

_request = WatchedClient.request


def _timed(self: WatchedClient, *given: Any, **named: Any) -> Any:
    begun = time.perf_counter()
    try:
        return _request(self, *given, **named)
    finally:
        _spent.ms = getattr(_spent, "ms", 0.0) + (time.perf_counter() - begun) * 1000


WatchedClient.request = _timed  # type: ignore[method-assign]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"].startswith("/_bare/"):
        return bare(environ, start_response)
    if environ["REQUEST_METHOD"] == "POST":
        _spent.ms = 0.0
        begun = time.thread_time()

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told = [
                (AT_STRIPE, f"{_spent.ms:.2f}"),
                (PROCESSOR, f"{(time.thread_time() - begun) * 1000:.2f}"),
            ]
            return start_response(status, [*headers, *told], *more)

        return shop(environ, start)
    return shop(environ, start_response)
