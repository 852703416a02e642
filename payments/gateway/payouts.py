"""Payouts: what Stripe sends to the bank, as its own list shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from payments.gateway import reading
from payments.gateway.client import ask
from payments.gateway.labels import told
from payments.gateway.paging import PAGE, pages
from payments.gateway.seen import PayoutSeen

if TYPE_CHECKING:
    import stripe
    from stripe.params import PayoutListParams


def fetch_payout(id: str) -> PayoutSeen:
    """One payout as it stands now."""
    return ask("fetch_payout", lambda client: client.v1.payouts.retrieve(told(id)), reading.payout)


def list_payouts(*, since: datetime, after: str | None = None) -> Iterator[PayoutSeen]:
    """Every payout made since an instant, newest first, a page at a time; behind the payout ``after``."""

    def turn(client: stripe.StripeClient, behind: str) -> stripe.ListObject[stripe.Payout]:
        params: PayoutListParams = {"limit": PAGE, "created": {"gte": int(since.timestamp())}}
        if behind:
            params["starting_after"] = behind
        return client.v1.payouts.list(params)

    yield from pages("list_payouts", turn, reading.payout, after=after or "")
