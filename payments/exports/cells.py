"""How one value is written in a text file that a spreadsheet or an accountant's software opens."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

#: What a spreadsheet takes for the beginning of a formula or of another cell (OWASP, CSV injection).
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any, *, days: str = "%d/%m/%Y", mark: str = ",") -> str:
    """One value as a cell: days as 03/12/2026, amounts with a comma, and text that never starts a formula."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime(days)
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", mark)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(STARTS) else text
