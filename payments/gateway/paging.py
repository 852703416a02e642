"""How a Stripe list is read to its end, a page of a hundred at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import stripe

from payments.gateway.client import Answer, ask

#: The most Stripe gives per page.
PAGE = 100


def pages(
    verb: str,
    turn: Callable[[stripe.StripeClient, str], Answer],
    *,
    after: str = "",
    reference: str = "",
) -> Iterator[dict[str, Any]]:
    """Yield every row of a list; ``turn(client, after)`` asks for the page that follows the id ``after`` ("" = first).

    One request per page, made only when the rows before were consumed; raises as ``ask`` does.
    """
    while True:
        # Bound as a default, so that the page asked for is the one meant when the call is made.
        page = ask(verb, lambda client, after=after: turn(client, after), reference=reference)  # type: ignore[misc]
        rows: list[dict[str, Any]] = page["data"]
        yield from rows
        if not page.get("has_more") or not rows:
            return
        after = rows[-1]["id"]
