"""Whether a means of payment is still good on a day: asked of one, or as a condition on many rows."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from django.db.models import Q

from payments.models import SavedMethod


def usable(method: SavedMethod | None, *, on: date) -> bool:
    """Whether a saved method can be charged on day `on`: there, not ended, and a card to the last day of its month."""
    if method is None or method.ended_at is not None:
        return False
    if not method.exp_year or not method.exp_month:
        return True
    return on <= date(method.exp_year, method.exp_month, monthrange(method.exp_year, method.exp_month)[1])


def good_on(on: date, *, path: str) -> Q:
    """The same as a condition on the saved method at `path`, for those who look for rows."""
    year, month = f"{path}__exp_year", f"{path}__exp_month"
    lasts = Q(**{f"{year}__gt": on.year}) | Q(**{year: on.year, f"{month}__gte": on.month})
    forever = Q(**{f"{year}__isnull": True}) | Q(**{f"{month}__isnull": True})
    return Q(**{f"{path}__isnull": False, f"{path}__ended_at": None}) & (forever | lasts)
