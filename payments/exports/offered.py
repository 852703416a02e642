"""Which exports there are: one table, each with its columns, its rows and the sums of the books that it is held against.

The rows of an export are one query, written so that it may be asked for the rows or for their sums alike; a check is a sum of
the file beside the sum of the books that it must be, to the cent. Floors above add their own exports at start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection

from payments.exports.spans import Span

ZERO = Decimal("0.00")


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    DAY = "day"
    AMOUNT = "amount"
    RATE = "rate"
    COUNT = "count"


class By(StrEnum):
    """What an export is asked for: a stretch of days, or how things stood at the end of one day."""

    PERIOD = "period"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the query, its head in the file, what stands in it."""

    name: str
    head: str
    kind: Kind = Kind.TEXT
    width: int = 14


@dataclass(frozen=True, slots=True)
class Query:
    """Rows in their order: a statement whose columns bear the names of the export's, and what it is asked with."""

    text: str
    asked: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sums:
    """How many rows, and what each column of amounts or counts comes to."""

    rows: int
    of: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Check:
    """One line under the rows: a sum of the file, and of the books; what is left between them is always written, even 0,00.

    `file`: None where the line only says what the books hold.
    """

    label: str
    file: Decimal | None
    books: Decimal

    @property
    def difference(self) -> Decimal | None:
        """What the one says more than the other."""
        return None if self.file is None else self.file - self.books


@dataclass(frozen=True, slots=True)
class Export:
    """One export. `name` is in its address and in the names of its files; `title` and `about` are for the page.

    `forecast`: its rows say what is to come, as it is seen on the day on which they are asked for. Of a period that is signed
    they are kept the first time that they are taken, and given again as they were (`payments.exports.taking`).
    """

    name: str
    title: Any
    about: Any
    by: By
    columns: Sequence[Column]
    rows: Callable[[Span], Query]
    checks: Callable[[Span, Sums], Sequence[Check]]
    forecast: bool = False

    def sums(self, span: Span) -> Sums:
        """The sums of the file, without making it. One query."""
        return sums_of(self.rows(span), self.columns)

    def checked(self, span: Span) -> tuple[Sums, Sequence[Check]]:
        """The sums, and each beside the books'. A few queries: ask them of one picture of the books (`spans.one_picture`)."""
        found = self.sums(span)
        return found, self.checks(span, found)


def sums_of(query: Query, columns: Sequence[Column]) -> Sums:
    """How many rows a query has, and what its columns of figures come to."""
    summed = [one for one in columns if one.kind in (Kind.AMOUNT, Kind.COUNT)]
    sums = "".join(f', coalesce(sum("{one.name}"), 0)' for one in summed)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*){sums} FROM ({query.text}) AS every", query.asked)  # noqa: S608 – our own names
        count, *found = cursor.fetchone()
    return Sums(count, dict(zip((one.name for one in summed), map(Decimal, found), strict=True)))


MOVED = """
SELECT coalesce(sum(line.debit - line.credit), 0)
FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
WHERE line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key ~ %(keys)s)
    AND entry.booked_on >= coalesce(%(first)s, entry.booked_on) AND entry.booked_on <= %(last)s
    AND entry.source ~ %(sources)s
"""


def moved(keys: str, *, first: date | None, last: date, sources: str = "") -> Decimal:
    """What the accounts of some keys moved by from `first` to `last` (None: since the beginning), debits above zero.

    `keys` and `sources`: patterns, of keys of the map and of sources of entries.
    """
    asked = {"keys": f"^({keys})$", "first": first, "last": last, "sources": sources}
    with connection.cursor() as cursor:
        cursor.execute(MOVED, asked)
        return Decimal(cursor.fetchone()[0])


#: By name, in the order in which the page shows them.
EXPORTS: dict[str, Export] = {}


def offer(*exports: Export) -> None:
    """Add exports to the table, once, at start-up."""
    EXPORTS.update({one.name: one for one in exports})
