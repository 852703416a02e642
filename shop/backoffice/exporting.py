"""Tables as CSV files for spreadsheets: French separators, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

#: What a spreadsheet takes for the beginning of a formula or of another cell (OWASP, CSV injection).
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Without it Excel reads UTF-8 as something else.
BYTE_ORDER_MARK = "\ufeff"


def cell(value: Any) -> str:
    """One value as a cell: days as 03/12/2026, amounts with a comma, and text that never starts a formula."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    text = str(value)
    return f"'{text}" if text.startswith(STARTS) else text


def csv_file(name: str, heads: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A file to download; `name` without its ending."""
    answer = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(answer, delimiter=";", lineterminator="\r\n")
    writer.writerow([cell(head) for head in heads])
    writer.writerows([cell(value) for value in row] for row in rows)
    return answer
