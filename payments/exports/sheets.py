"""Rows as a file on disk: a CSV as French spreadsheets want it, or a workbook with typed figures. Flat memory, same rows same bytes.

The rows come in pieces from a cursor of the database's and go to the file one by one. Below them stand the checks: in a CSV after
an empty line, in a workbook on a sheet of their own.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any

from django.db import connection

from payments.exports.cells import cell
from payments.exports.offered import Check, Column, Kind, Query

PIECE = 2000
READ = 256 * 1024
#: A sheet has 1,048,576 lines; well below that a workbook is no longer something that anybody opens.
SHEET_HOLDS = 300_000
#: Files are of no day: the same rows make the same bytes.
NO_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 – the library writes it as it is
HEADS = ("Contrôle", "Fichier", "Comptabilité", "Écart")


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class TooLarge(ValueError):
    """More rows than a workbook should hold."""


@dataclass(slots=True)
class Written:
    """A file at its beginning, which goes when it is closed; its hash, its size in bytes, its rows without the head."""

    file: IO[bytes]
    sha256: str
    size: int
    rows: int


def rows_of(query: Query) -> Iterator[Sequence[Any]]:
    """The rows of a query, some thousand at a time, from a cursor of the database's. Run it in a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query.text, query.asked)
        while found := cursor.fetchmany(PIECE):
            yield from found


def as_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]], checks: Sequence[Check]) -> Written:
    """Semicolons, decimal commas, UTF-8 with its mark (without it Excel reads something else)."""
    count = 0

    def lines() -> Iterator[str]:
        nonlocal count
        yield "\ufeff" + line_of(one.head for one in columns)
        for row in rows:
            count += 1
            yield line_of(row)
        if checks:
            yield "\r\n"
            yield line_of(HEADS)
        for one in checks:
            yield line_of((one.label, one.file, one.books, one.difference))

    file, sha256, size = spooled(line.encode() for line in lines())
    return Written(file, sha256, size, count)


def line_of(values: Iterable[Any], *, separator: str = ";", days: str = "%d/%m/%Y", mark: str = ",") -> str:
    """One line, its end with it; what holds the separator, a quote or the end of a line stands between quotes."""
    return separator.join(quoted(cell(one, days=days, mark=mark), separator) for one in values) + "\r\n"


def quoted(text: str, separator: str) -> str:
    """A cell between quotes, where it needs them."""
    if separator in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def spooled(pieces: Iterable[bytes]) -> tuple[IO[bytes], str, int]:
    """The pieces in a file of their own that goes when it is closed, at its beginning; with hash and size."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 – its reader closes it
    whole, size = hashlib.sha256(), 0
    try:
        for piece in pieces:
            whole.update(piece)
            size += len(piece)
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file, whole.hexdigest(), size


def as_workbook(
    title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], checks: Sequence[Check]
) -> Written:
    """A workbook: amounts as numbers, days as days, the head in sight; texts are texts, whatever they begin with.

    Raises TooLarge beyond `SHEET_HOLDS` rows.
    """
    import xlsxwriter  # not before somebody wants a workbook: every process would carry it

    file = tempfile.TemporaryFile()  # noqa: SIM115 – its reader closes it
    try:
        # Each row goes to the disk as it is written.
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "dd/mm/yyyy"})
        book.set_properties({"title": title, "created": NO_DAY})
        try:
            count = _sheet(book, "Données", columns, rows)
        except BaseException:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()
            raise
        finally:
            _end(rows)
        if checks:
            heads = [Column("", HEADS[0], width=60), *(Column("", head, Kind.AMOUNT, 18) for head in HEADS[1:])]
            _sheet(book, HEADS[0], heads, ((one.label, one.file, one.books, one.difference) for one in checks))
        book.close()
    except BaseException:
        file.close()
        raise
    return _fingerprinted(file, count)


def _end(rows: Iterable[Sequence[Any]]) -> None:
    """Close the cursor behind the rows now: collected later, it would be closed in the middle of somebody's transaction."""
    close = getattr(rows, "close", None)
    if close is not None:
        close()


def _sheet(book: Any, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> int:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {
        Kind.TEXT: None,
        Kind.DAY: book.add_format({"num_format": "dd/mm/yyyy"}),
        Kind.AMOUNT: book.add_format({"num_format": "#,##0.00"}),
        Kind.RATE: book.add_format({"num_format": "0.00"}),
        Kind.COUNT: book.add_format({"num_format": "#,##0"}),
    }
    for place, one in enumerate(columns):
        sheet.set_column(place, place, one.width)
        sheet.write_string(0, place, one.head, bold)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    count = 0
    for row in rows:
        count += 1
        if count > SHEET_HOLDS:
            raise TooLarge(name)
        for place, (one, value) in enumerate(zip(columns, row, strict=True)):
            _put(sheet, count, place, value, formats[one.kind])
    return count


def _put(sheet: Any, line: int, place: int, value: Any, look: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, date):
        sheet.write_datetime(line, place, value, look)
    elif isinstance(value, Decimal | int):
        sheet.write_number(line, place, value, look)
    else:
        sheet.write_string(line, place, str(value), look)


def _fingerprinted(file: IO[bytes], rows: int) -> Written:
    file.seek(0)
    whole, size = hashlib.sha256(), 0
    while piece := file.read(READ):
        whole.update(piece)
        size += len(piece)
    file.seek(0)
    return Written(file, whole.hexdigest(), size, rows)
