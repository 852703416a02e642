"""Catching up: Stripe's own list of events fills the gaps that lost webhooks leave (30 days back)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from payments import gateway
from payments.webhooks.receiving import store
from payments.webhooks.types import HEARD

# An event is listed a little after it was created, and ours may have come in out of order.
OVERLAP = timedelta(hours=6)
REACH = timedelta(days=29)
PAGE = 200


def catch_up(*, at: datetime, complete_until: datetime | None = None) -> int:
    """Store every event of ours that Stripe lists and we have not heard; returns how many. Network, safe to repeat.

    Reads from a few hours before `complete_until`, the instant of the last catching-up that came to its end; everything
    (29 days: Stripe keeps 30) without one. What we have stored says nothing of what we have missed: the list is read
    newest first, so a reading that died half-way has kept the new and not the old.
    """
    since = max((complete_until or at - REACH) - OVERLAP, at - REACH)
    events = gateway.list_events(since=since, types=sorted(HEARD))
    found = 0
    while page := list(islice(events, PAGE)):
        found += store(page, heard_by="catch-up", at=at)
    return found
