"""What is kept of a month: one table of sections, each read from the rows by a query or two. Floors above add their own.

Money is counted on the day that it was booked, as the closings count it; balances are those of its last evening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from payments.closing.periods import Period
from payments.three_ways.standing import standing

#: What moved on the accounts of money, by what moved it; `payment`, `refund`, `receipt`: kinds of a ledger entry's source.
MONEY = """
SELECT split_part(entry.source, ':', 1), count(DISTINCT entry.id), sum(line.debit - line.credit)
FROM payments_ledgerentry entry JOIN payments_ledgerline line ON line.entry_id = entry.id
WHERE entry.booked_on BETWEEN %(first)s AND %(last)s AND line.account_id LIKE '5%%'
GROUP BY 1 ORDER BY 1
"""
#: Products above zero, charges below. The first figure of an account is its class, in every French chart (PCG).
RESULT = """
SELECT line.account_id, count(*), sum(line.credit - line.debit)
FROM payments_ledgerentry entry JOIN payments_ledgerline line ON line.entry_id = entry.id
WHERE entry.booked_on BETWEEN %(first)s AND %(last)s AND line.account_id ~ '^[67]'
GROUP BY 1 ORDER BY 1
"""
VAT = """
SELECT line.account_id, count(*), sum(line.credit - line.debit)
FROM payments_ledgerentry entry JOIN payments_ledgerline line ON line.entry_id = entry.id
WHERE entry.booked_on BETWEEN %(first)s AND %(last)s
    AND line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key LIKE 'VAT\\_%%')
GROUP BY 1 ORDER BY 1
"""
BALANCES = """
SELECT line.account_id, NULL, sum(line.debit - line.credit)
FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
WHERE entry.booked_on <= %(last)s AND line.account_id ~ '^[1-5]'
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a section: how many, over which amount in euros; None where it has no such thing."""

    key: str
    count: int | None = None
    amount: Decimal | None = None

    def kept(self) -> dict[str, Any]:
        """As the snapshot keeps it."""
        return {"key": self.key, "count": self.count, "amount": None if self.amount is None else f"{self.amount:.2f}"}


Read = Callable[[Period, datetime], Sequence[Figure]]


def _of(query: str) -> Read:
    def read(period: Period, at: datetime) -> Sequence[Figure]:
        with connection.cursor() as cursor:
            cursor.execute(query, {"first": period.first_day, "last": period.last_day})
            return [Figure(*row) for row in cursor.fetchall()]

    return read


def three_ways(period: Period, at: datetime) -> Sequence[Figure]:
    """The books, Stripe and the bank on the last evening, side by side, and what nothing explains."""
    return list(_three_ways(period))


def _three_ways(period: Period) -> Iterator[Figure]:
    for side, one in standing(period.last_day).sides.items():
        yield Figure(f"{side}.books", amount=one.books)
        yield Figure(f"{side}.said", amount=one.said)
        yield Figure(f"{side}.remainder", amount=one.remainder)


SECTIONS: dict[str, Read] = {
    "money": _of(MONEY),
    "result": _of(RESULT),
    "vat": _of(VAT),
    "balances": _of(BALANCES),
    "three_ways": three_ways,
}


def add_section(name: str, read: Read) -> None:
    """Give the figures a section of another floor, at start-up."""
    SECTIONS[name] = read


def figures(period: Period, *, at: datetime) -> dict[str, list[dict[str, Any]]]:
    """The figures of a month as they are known now. A query or two for each section."""
    return {name: [one.kept() for one in read(period, at)] for name, read in SECTIONS.items()}
