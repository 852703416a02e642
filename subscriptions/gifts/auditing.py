"""What always holds of gifts, asked of every row: TOLD, and COPIES where a gift is served elsewhere (design, section 7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from payments.audit import CHUNK, Breaches
from payments.days import paris_day
from subscriptions.gifts.announcing import due
from subscriptions.models import CarriedTerm, Entitlement

#: The sweep runs every hour: a whole day later is a fault and no delay.
PATIENCE = timedelta(days=1)


def gifts_told(at: datetime) -> Breaches:
    """TOLD: every recipient hears of their gift on the day that was chosen, or with its first copy (GDPR art. 14)."""
    for gift in due(paris_day(at - PATIENCE)).filter(state_since__lte=at - PATIENCE).iterator(CHUNK):
        yield f"gift:{gift.pk}", "its recipient was not told on the day"


def gifts_carried(at: datetime) -> Breaches:
    """COPIES: a term that serves a gift elsewhere is worth no more than what the sold one gave up for it."""
    for row in CarriedTerm.objects.select_related("served", "sold").iterator(CHUNK):
        given_up = _worth(row.sold_id, state=Entitlement.State.VOID)
        if _worth(row.served_id) > given_up:
            yield f"term:{row.served_id}", f"serves more than the {given_up} that term {row.sold_id} gave up"


def _worth(term: int, **which: str) -> Decimal:
    found = Entitlement.objects.filter(term=term, **which).aggregate(sum=Sum("value_ht"))["sum"]
    return found or Decimal("0.00")
