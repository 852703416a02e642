"""What always holds of frozen months: for the nightly audit, under NUMBERED."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from payments.closing.periods import month_of
from payments.models import MonthSnapshot
from payments.months.freezing import fingerprint

Breaches = Iterator[tuple[str, str]]


def months_frozen(at: datetime) -> Breaches:
    """Part of NUMBERED: frozen months are what was frozen, their chain verifies, and none is missing between two of them."""
    chain = ""
    for row in MonthSnapshot.objects.order_by("pk"):
        if row.previous_hash != chain or fingerprint(row) != row.hash:
            yield f"month:{row}", "is not what was frozen"
        chain = row.hash
    before = None
    for day in MonthSnapshot.objects.order_by("first_day").values_list("first_day", flat=True):
        if before is not None and month_of(before).last_day + timedelta(days=1) != day:
            yield f"month:{day:%Y-%m}", "is frozen, and the month before it is not"
        before = day
