"""Days as French documents and letters write them, with the spaces that may not break."""

from __future__ import annotations

from datetime import date

from payments.money import NBSP

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


def french_day(on: date) -> str:
    """« 3 mars 2027 », « 1er mars 2027 »."""
    first = "1er" if on.day == 1 else str(on.day)
    return NBSP.join((first, MONTHS[on.month - 1], str(on.year)))
