"""How a Stripe list is read to its end, a page of a hundred at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import stripe

from payments.gateway import reading
from payments.gateway.client import Answer, ask

#: The most Stripe gives per page.
PAGE = 100

T = TypeVar("T")


def pages(
    verb: str,
    turn: Callable[[stripe.StripeClient, str], Answer],
    read: Callable[[Mapping[str, Any]], T],
    *,
    after: str = "",
    reference: str = "",
) -> Iterator[T]:
    """Yield every row of a list; ``turn(client, after)`` asks for the page behind the id ``after`` ("" = the first page).

    One request per page, made only when the rows before were consumed; raises as ``ask`` does.
    """

    def next_page(client: stripe.StripeClient) -> Answer:
        return turn(client, after)

    while True:
        rows, after = ask(verb, next_page, lambda body: reading.page(body, read), reference=reference)
        yield from rows
        if not after:
            return
