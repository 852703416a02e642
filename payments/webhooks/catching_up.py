"""Catching up: Stripe's own list of events fills the gaps that lost webhooks leave (30 days back)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Max

from payments import gateway
from payments.models import StripeEvent
from payments.webhooks.receiving import store
from payments.webhooks.types import HEARD

# An event is listed a little after it was created, and ours may have come in out of order.
OVERLAP = timedelta(hours=6)
REACH = timedelta(days=29)
PAGE = 200


def catch_up(*, at: datetime) -> int:
    """Store every event of ours that Stripe lists and we have not heard; returns how many. Network, resumable.

    Reads from a few hours before the newest event we know, at most 29 days back (Stripe keeps 30).
    """
    newest = StripeEvent.objects.filter(heard_by="catch-up").aggregate(at=Max("created"))["at"]
    since = max((newest or at - REACH) - OVERLAP, at - REACH)
    events = gateway.list_events(since=since, types=sorted(HEARD))
    found = 0
    while page := list(islice(events, PAGE)):
        found += store(page, heard_by="catch-up", at=at)
    return found
