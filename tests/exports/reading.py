"""Exports as a test reads them: taken as a colleague takes them, and read back as a spreadsheet would."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl

from payments.exports.journals import export_of
from payments.exports.offered import EXPORTS, Check, Export
from payments.exports.sheets import Format
from payments.exports.spans import Span
from payments.exports.taking import Taken, take
from payments.models import AccountantProfile
from tests.makers import CLERK, NOW

TODAY_SPAN = Span(date(2026, 11, 1), date(2026, 11, 30))


def on(day: date) -> Span:
    """The end of one day."""
    return Span(day, day)


def taken(
    name: str, span: Span, *, format: Format = Format.CSV, profile: str = "", at: datetime = NOW
) -> tuple[Taken, bytes]:
    """What was taken, and its bytes."""
    one = AccountantProfile.objects.get(name=profile) if profile else None
    export = export_of(one) if one else EXPORTS[name]
    found = take(export, span, format, actor=CLERK, at=at, profile=one)
    with found.written.file as file:
        return found, file.read()


def rows(name: str, span: Span) -> list[dict[str, str]]:
    """The rows of a CSV by their heads, without what stands below them."""
    _taken, body = taken(name, span)
    head, *lines = body.decode("utf-8-sig").split("\r\n")
    found = []
    for line in lines:
        if not line:
            break
        found.append(dict(zip(head.split(";"), line.split(";"), strict=True)))
    return found


def checks(name: str, span: Span) -> dict[str, tuple[str, str]]:
    """Sums of the file and of the books, by what they are of."""
    _sums, found = EXPORTS[name].checked(span)
    return {one.label: ("None" if one.file is None else f"{one.file:.2f}", f"{one.books:.2f}") for one in found}


def differences(span: Span) -> list[tuple[str, str, Decimal]]:
    """Where any export does not say what the books say. What is received on one side of a border and booked on the other is
    no difference."""

    def wrong(export: Export, check: Check) -> bool:
        return bool(check.difference) and not (
            export.name == "tva-encaissements" and check.label.startswith("TVA exigible")
        )

    every = [*EXPORTS.values(), *map(export_of, AccountantProfile.objects.all())]
    return [
        (export.name, check.label, check.difference or Decimal(0))
        for export in every
        for check in export.checked(span)[1]
        if wrong(export, check)
    ]


def workbook(body: bytes) -> dict[str, list[list[Any]]]:
    """The sheets of a workbook, as values."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}
