"""Orders that their reader gave up before they were paid: their page is closed, and money that comes all the same goes back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from payments.models import Payment
from subscriptions.models import Declaration, Order
from subscriptions.stopping.effects import ORDER_GIVEN_UP

#: A payment page lives for a day at most.
PAGES_LIVE = timedelta(days=2)


def given_up(orders: Iterable[Order]) -> set[int]:
    """Ids of those orders whose reader has withdrawn from them, or cancelled them."""
    declared = Declaration.objects.filter(order__in=list(orders), effect__in=ORDER_GIVEN_UP)
    return set(declared.values_list("order_id", flat=True))


def open_pages(*, at: datetime, limit: int) -> list[Payment]:
    """Payments of orders given up lately whose page may still take money."""
    declared = Declaration.objects.filter(
        effect__in=ORDER_GIVEN_UP, order__isnull=False, received_at__gte=at - PAGES_LIVE
    )
    subjects = [f"order:{key}" for key in declared.values_list("order_id", flat=True)]
    return list(
        Payment.objects.select_related("payer_account")
        .filter(subject__in=subjects, is_open=True)
        .exclude(state=Payment.State.PROCESSING)
        .order_by("pk")[:limit]
    )
