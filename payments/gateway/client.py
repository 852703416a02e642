"""How do we speak to Stripe: one client per process and configuration, one guarded way to ask.

Constraints: our row is committed before Stripe is called (design, rule 2), so a call inside a database transaction is
refused; a time-out is not a failure (rule 3), so every doubt becomes ``Unknown``; nothing that names a person is logged.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import stripe
from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string
from requests.structures import CaseInsensitiveDict

from payments.gateway.faults import (
    GatewayFault,
    KeyReused,
    Missing,
    NetworkInsideTransaction,
    NotConfigured,
    RateLimited,
    Refused,
    Unknown,
)

#: The version every request carries. Changing it means reading Stripe's changelog, and a new webhook endpoint.
API_VERSION = "2026-10-28.endive"

#: Stripe's own address, used when STRIPE_API_BASE is not set.
STRIPE_ITSELF = "https://api.stripe.com"

log = logging.getLogger("payments.gateway")

# The library logs Stripe's messages at INFO and request bodies at DEBUG; both may hold what a person typed.
logging.getLogger("stripe").setLevel(logging.ERROR)

T = TypeVar("T")

# The library imports its classes at their first use: in each child of a server, where its parent could do so for all.
for _class in (
    "StripeClient",
    "Customer",
    "PaymentIntent",
    "PaymentMethod",
    "Charge",
    "BalanceTransaction",
    "Refund",
    "Payout",
    "Dispute",
    "File",
):
    getattr(stripe, _class)
getattr(importlib.import_module("stripe.checkout"), "Session")  # noqa: B009  # read for its import

if stripe.api_version != API_VERSION:
    raise NotConfigured(f"The Stripe library speaks {stripe.api_version}; this code was written for {API_VERSION}.")


class Answer(Protocol):
    """What every object of the Stripe library can do, and all that we ask of it."""

    def to_dict(self) -> dict[str, Any]: ...


@dataclass(slots=True)
class _Trail:
    """What happened to the requests of one call so far."""

    verb: str
    reference: str
    tries: int = 0
    doubtful: bool = False
    wrote: bool = False


_trail: ContextVar[_Trail | None] = ContextVar("stripe_trail", default=None)


class WatchedClient(stripe.HTTPClient):
    """Passes each request on, logs it, and remembers whether an earlier try may have been carried out.

    The library retries by itself; a 429 after a timed-out first try does not prove that nothing happened.
    """

    name = "watched"

    def __init__(self, inner: stripe.HTTPClient) -> None:
        super().__init__()
        self._inner = inner

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        trail = _trail.get() or _Trail(verb="", reference="")
        trail.tries += 1
        trail.wrote = trail.wrote or method.lower() != "get"
        path = urlsplit(url).path
        started = time.perf_counter()
        try:
            body, status, answered = self._inner.request(method, url, headers, post_data)
        except stripe.APIConnectionError:
            _note(trail, method, path, "no answer", "", started, level=logging.WARNING)
            trail.doubtful = True
            raise
        if status >= 500 or status == 409:
            trail.doubtful = True
        # The library looks headers up in both cases; an in-process server may answer with a plain dict.
        answered = CaseInsensitiveDict(answered)
        _note(trail, method, path, str(status), answered.get("Request-Id", ""), started, level=logging.INFO)
        return body, status, answered

    def close(self) -> None:
        self._inner.close()  # type: ignore[no-untyped-call]


def _note(trail: _Trail, method: str, path: str, status: str, request_id: str, started: float, *, level: int) -> None:
    """One line per request: ids and figures only, never the query or the body."""
    log.log(
        level,
        "stripe %s %s -> %s verb=%s reference=%s request=%s try=%d ms=%d",
        method.upper(),
        path,
        status,
        trail.verb,
        trail.reference,
        request_id,
        trail.tries,
        round((time.perf_counter() - started) * 1000),
    )


_clients: dict[tuple[Any, ...], stripe.StripeClient] = {}
_making = threading.Lock()


def _client() -> stripe.StripeClient:
    """The client for the settings in force; kept per process, because forked children must not share sockets."""
    key: str = getattr(settings, "STRIPE_SECRET_KEY", "") or ""
    base: str = (getattr(settings, "STRIPE_API_BASE", "") or STRIPE_ITSELF).rstrip("/")
    retries: int = getattr(settings, "STRIPE_MAX_RETRIES", 2)
    timeout: tuple[float, float] = tuple(getattr(settings, "STRIPE_TIMEOUT", (5, 20)))
    plug: str = getattr(settings, "STRIPE_HTTP_CLIENT", "") or ""
    kept = (os.getpid(), key, base, retries, timeout, plug)
    found = _clients.get(kept)
    if found is not None:
        return found
    if not key:
        raise NotConfigured("STRIPE_SECRET_KEY is not set.")
    if "_live_" in key and (base != STRIPE_ITSELF or plug):
        raise NotConfigured("A live Stripe key must never be used with another server than Stripe's.")
    with _making:
        inner: stripe.HTTPClient = import_string(plug)() if plug else stripe.RequestsClient(timeout=timeout)
        made = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            # Files go to an address of their own, but to a stand-in they go where everything goes.
            base_addresses={"api": base} if base == STRIPE_ITSELF else {"api": base, "files": base},
            max_network_retries=retries,
            http_client=WatchedClient(inner),
        )
        return _clients.setdefault(kept, made)


def refuse_inside_transaction() -> None:
    """Raise ``NetworkInsideTransaction`` if any open connection is in a transaction that is not a test's own."""
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            # Django marks the blocks that TestCase opens around each test; they commit nothing and hide nothing.
            ours = [block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)]
            if ours:
                raise NetworkInsideTransaction(f"Stripe was called inside a transaction on “{connection.alias}”.")
        elif connection.connection is not None and not connection.autocommit:
            raise NetworkInsideTransaction(f"Stripe was called with autocommit off on “{connection.alias}”.")


def ask(
    verb: str,
    act: Callable[[stripe.StripeClient], Answer],
    read: Callable[[Mapping[str, Any]], T],
    *,
    reference: str = "",
) -> T:
    """Make one call of the Stripe library and return its answer as ``read`` makes it ours.

    ``verb`` and ``reference`` (ours, opaque) only go to the log. Raises a ``GatewayFault``, never a Stripe class; an answer that
    cannot be read is ``Unknown``: the act was probably carried out.
    """
    refuse_inside_transaction()
    client = _client()
    trail = _Trail(verb=verb, reference=reference)
    token = _trail.set(trail)
    try:
        body = act(client).to_dict()
        return read(body)
    except stripe.StripeError as error:
        fault = _fault(error, trail)
    except Exception:
        # Before anything was sent it is a mistake of ours; afterwards an answer that neither the library nor we can read.
        if not trail.tries:
            raise
        fault = Unknown(f"{verb}: the answer cannot be read")
    finally:
        _trail.reset(token)
    # Raised here, outside the handlers, so that no traceback carries Stripe's message or body along.
    raise fault


def _fault(error: stripe.StripeError, trail: _Trail) -> GatewayFault:
    """The closed table from the library's classes to our faults."""
    body = error.json_body if isinstance(error.json_body, dict) else {}
    detail = body.get("error")
    detail = detail if isinstance(detail, dict) else {}
    code = str(detail.get("code") or error.code or "")
    status = error.http_status or 0
    kind = _kind(error, code, trail)
    return kind(
        f"{trail.verb}: {kind.__name__} (HTTP {status or 'none'}{', ' + code if code else ''})",
        code=code,
        param=str(detail.get("param") or ""),
        status=status,
        request_id=error.request_id or "",
        detail=detail,
    )


def _kind(error: stripe.StripeError, code: str, trail: _Trail) -> type[GatewayFault]:
    # 402 and a mismatched key are Stripe's word about this very key: true even after a doubtful first try.
    if isinstance(error, stripe.CardError):
        return Refused
    if isinstance(error, stripe.IdempotencyError):
        return KeyReused
    if trail.wrote and trail.doubtful:
        return Unknown
    if isinstance(error, stripe.RateLimitError):
        return RateLimited
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return NotConfigured
    if isinstance(error, stripe.InvalidRequestError):
        # A 404 without this code is a wrong address, and must never pass for "there is no such charge".
        return Missing if code == "resource_missing" else Refused
    return Unknown
