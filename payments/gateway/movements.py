"""Stripe's balance, line by line: where fees become known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from payments.gateway import reading
from payments.gateway.client import ask
from payments.gateway.labels import told
from payments.gateway.paging import PAGE, pages
from payments.gateway.seen import MovementSeen

if TYPE_CHECKING:
    import stripe
    from stripe.params import BalanceTransactionListParams


def fetch_movement(id: str) -> MovementSeen:
    """One line of the balance: amount, fee and net in cents."""
    return ask("fetch_movement", lambda client: client.v1.balance_transactions.retrieve(told(id)), reading.movement)


def list_movements(
    *,
    since: datetime | None = None,
    source: str | None = None,
    payout: str | None = None,
    after: str | None = None,
) -> Iterator[MovementSeen]:
    """The balance's lines, newest first, a page at a time: since an instant, of one ``source`` (a charge, a refund…), or of
    one automatic ``payout``, then with what their sources say of themselves."""

    def turn(client: stripe.StripeClient, behind: str) -> stripe.ListObject[stripe.BalanceTransaction]:
        params: BalanceTransactionListParams = {"limit": PAGE}
        if since is not None:
            params["created"] = {"gte": int(since.timestamp())}
        if source:
            params["source"] = source
        if payout:
            params["payout"] = payout
            params["expand"] = ["data.source"]
        if behind:
            params["starting_after"] = behind
        return client.v1.balance_transactions.list(params)

    yield from pages("list_movements", turn, reading.movement, after=after or "")
