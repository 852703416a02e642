"""The books of a month as the desk of finance reads them: what was earned, month by month, and which VAT fell due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from payments.closing.periods import Period, month_of
from payments.ledger.posting import ZERO

# Few lines stand on these accounts: one for each run and rate, and what credit notes took back. They are found by account.
EARNED = """
SELECT date_trunc('month', entry.booked_on)::date, sum(line.credit - line.debit)
FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
WHERE line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key LIKE 'REV\\_%%')
    AND entry.booked_on BETWEEN %(first)s AND %(last)s
GROUP BY 1
"""
# Of VAT there is a line for each document: they are found by the days of the month.
DUE = """
SELECT account.code, account.label, coalesce(moved.amount, 0)
FROM payments_account account LEFT JOIN (
    SELECT line.account_id, sum(line.credit - line.debit) AS amount
    FROM payments_ledgerentry entry JOIN payments_ledgerline line ON line.entry_id = entry.id
    WHERE entry.booked_on BETWEEN %(first)s AND %(last)s
        AND line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key ~ '^VAT_[0-9]')
    GROUP BY 1
) moved ON moved.account_id = account.code
WHERE account.code IN (SELECT account_id FROM payments_accountmap WHERE key ~ '^VAT_[0-9]') ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Due:
    """The VAT of one account in a month: above zero it is to be paid."""

    account: str
    label: str
    amount: Decimal


def last_months(on: date, *, count: int) -> list[Period]:
    """So many months, the last one that of `on`, the oldest first."""
    found = [month_of(on)]
    while len(found) < count:
        found.append(month_of(found[-1].first_day - timedelta(days=1)))
    return found[::-1]


def earned(months: Sequence[Period]) -> Mapping[date, Decimal]:
    """What was earned without VAT in each of these months, by its first day; in euros. One query."""
    found = {one.first_day: ZERO for one in months}
    with connection.cursor() as cursor:
        cursor.execute(EARNED, {"first": months[0].first_day, "last": months[-1].last_day})
        found |= dict(cursor.fetchall())
    return found


def vat_due(month: Period) -> Sequence[Due]:
    """The VAT that fell due in a month, less what was given back, by account. One query."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"first": month.first_day, "last": month.last_day})
        return [Due(*row) for row in cursor.fetchall()]
