"""Days are Paris days: where an instant becomes a date."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_day(at: datetime) -> date:
    """The date on a Paris wall at instant `at` (aware; ValueError otherwise)."""
    if at.tzinfo is None:
        raise ValueError("an instant carries its time zone")
    return at.astimezone(PARIS).date()
