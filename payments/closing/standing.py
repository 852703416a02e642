"""Does what was signed still stand: are the balances of each closing in force those of the books? For the nightly audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from payments.closing.periods import in_force
from payments.models import PeriodClosing

Breaches = Iterator[tuple[str, str]]
ZERO = Decimal("0.00")
#: Debit and credit of an account within a period, and its balance at the period's end.
Sums = tuple[Decimal, Decimal, Decimal]

BOOKED = """
SELECT date_trunc('month', booked_on)::date, account_id, sum(debit), sum(credit)
FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id GROUP BY 1, 2 ORDER BY 1, 2
"""


def signed_still_stands(at: datetime) -> Breaches:
    """Part of BALANCED: every account of every closing in force holds what was signed. Two queries, the books read once."""
    with connection.cursor() as cursor:
        cursor.execute(BOOKED)
        booked = cursor.fetchall()
    for closing in in_force().order_by("last_day", "pk"):
        signed, now = _signed(closing), _now(booked, closing.first_day, closing.last_day)
        if differ := sorted(one for one in signed.keys() | now.keys() if signed.get(one) != now.get(one)):
            yield f"closing:{closing.pk}", f"the books no longer say what was signed of {', '.join(differ)}"


def _signed(closing: PeriodClosing) -> Mapping[str, Sums]:
    return {
        row["account"]: (Decimal(row["debit"]), Decimal(row["credit"]), Decimal(row["balance"]))
        for row in closing.figures.get("accounts", ())
    }


def _now(booked: list[tuple[date, str, Decimal, Decimal]], first: date, last: date) -> Mapping[str, Sums]:
    """The same of the books: periods are whole months, and a balance holds everything before."""
    found: dict[str, Sums] = defaultdict(lambda: (ZERO, ZERO, ZERO))
    for month, account, debit, credit in booked:
        if month <= last:
            within = month >= first
            before = found[account]
            found[account] = (
                before[0] + (debit if within else ZERO),
                before[1] + (credit if within else ZERO),
                before[2] + debit - credit,
            )
    return dict(found)
