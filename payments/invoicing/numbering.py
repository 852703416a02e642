"""Gapless numbers and the hash chain (CGI ann. II 242 nonies A 7°; law.md 2.2, 2.4).

Constraints: a number is given in the transaction that issues the document, n at once under one lock on the series row,
as the last thing the transaction does; a rolled-back transaction gives its numbers back; dates never go backwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from payments.models import Invoice, InvoiceLine, InvoiceSeries

INVOICES, CREDIT_NOTES = "F", "A"
_NOT_HASHED = frozenset({"id", "hash", "previous_hash", "series_id"})
#: Columns that came later: hashed where they state something, so that the chain of older documents still verifies.
_STATED_LATER = frozenset({"delivery_country", "discount_percent", "discount_ht"})


def lock_series(code: str, *, on: date) -> InvoiceSeries:
    """The locked counter of a series for the year of `on`; made if this is the year's first document."""
    locked = InvoiceSeries.objects.select_for_update(no_key=True).filter(code=code, year=on.year)
    for series in locked:
        return series
    InvoiceSeries.objects.bulk_create([InvoiceSeries(code=code, year=on.year)], ignore_conflicts=True)
    return locked.get()


def number(series: InvoiceSeries, documents: Sequence[tuple[Invoice, Sequence[InvoiceLine]]], *, on: date) -> None:
    """Give the documents the next numbers, their date and their links in the chain; moves the series row.

    The date is `on`, or the series' last date if another transaction was already a day ahead.
    """
    issued_on = max(on, series.last_issued_on or on)
    for invoice, lines in documents:
        series.last_number += 1
        invoice.series = series
        invoice.number = series.last_number
        invoice.reference = f"{series.code}{series.year}-{series.last_number:06d}"
        invoice.issued_on = issued_on
        invoice.previous_hash = series.last_hash
        invoice.hash = digest(invoice, lines)
        series.last_hash = invoice.hash
    series.last_issued_on = issued_on
    series.save(update_fields=["last_number", "last_hash", "last_issued_on"])


def digest(invoice: Invoice, lines: Sequence[InvoiceLine]) -> str:
    """SHA-256 of the previous hash and of everything the document states."""
    return hashlib.sha256(canonical(invoice, lines).encode()).hexdigest()


def canonical(invoice: Invoice, lines: Sequence[InvoiceLine]) -> str:
    """The previous hash and everything the document states, in canonical JSON."""
    stated = {
        "previous": invoice.previous_hash,
        "document": _facts(invoice),
        "lines": [
            {name: value for name, value in _facts(line).items() if name != "invoice_id"}
            for line in sorted(lines, key=lambda line: line.position)
        ],
    }
    return json.dumps(stated, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _facts(row: Invoice | InvoiceLine) -> dict[str, Any]:
    return {
        field.attname: _plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.attname not in _NOT_HASHED and (field.attname not in _STATED_LATER or getattr(row, field.attname))
    }


def _plain(value: Any) -> Any:
    """One writing per value, whether it was just made or read back from the database."""
    if hasattr(value, "amount"):
        return f"{value.amount:.2f}"
    if value is None or isinstance(value, str | int | bool | list | dict):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else f"{value:.2f}"
