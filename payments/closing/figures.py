"""The figures of a month or a year, as they are frozen with its closing; everything from the books, nothing from a counter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from payments.closing.periods import Period

ACCOUNTS = """
SELECT account_id, account.label, coalesce(sum(debit) FILTER (WHERE inside), 0), coalesce(sum(credit) FILTER (WHERE inside), 0),
    sum(debit - credit)
FROM (
    SELECT account_id, debit, credit, booked_on >= %(first)s AS inside
    FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
    WHERE booked_on <= %(last)s
) AS lines JOIN payments_account account ON account.code = account_id
GROUP BY 1, 2 ORDER BY 1
"""
JOURNALS = """
SELECT journal, count(DISTINCT entry.id), sum(debit), sum(credit)
FROM payments_ledgerentry entry JOIN payments_ledgerline line ON line.entry_id = entry.id
WHERE booked_on BETWEEN %(first)s AND %(last)s GROUP BY 1 ORDER BY 1
"""
DOCUMENTS = """
SELECT kind, count(*), sum(total_ht), sum(total_vat), sum(total_ttc) FROM payments_invoice
WHERE issued_on BETWEEN %(first)s AND %(last)s GROUP BY 1 ORDER BY 1
"""
RATES = """
SELECT kind, rate, sum(ht), sum(vat), sum(ttc) FROM payments_invoice i JOIN payments_invoiceline line ON line.invoice_id = i.id
WHERE issued_on BETWEEN %(first)s AND %(last)s GROUP BY 1, 2 ORDER BY 1, 2
"""
PAYMENTS = """
SELECT count(*), coalesce(sum(amount), 0) FROM payments_payment
WHERE state = 'succeeded' AND received_on BETWEEN %(first)s AND %(last)s
"""
REFUNDS = """
SELECT count(*), coalesce(sum(amount), 0) FROM payments_refund
WHERE state = 'succeeded' AND refunded_on BETWEEN %(first)s AND %(last)s
"""
NUMBERS = """
SELECT min(number), max(number), count(*) FROM payments_entrynumber n JOIN payments_ledgerentry entry ON entry.id = n.entry_id
WHERE booked_on BETWEEN %(first)s AND %(last)s
"""

#: What a closing keeps: name, query, and what each column is.
KEPT = (
    ("accounts", ACCOUNTS, ("account", "label", "debit", "credit", "balance")),
    ("journals", JOURNALS, ("journal", "entries", "debit", "credit")),
    ("documents", DOCUMENTS, ("kind", "count", "ht", "vat", "ttc")),
    ("rates", RATES, ("kind", "rate", "ht", "vat", "ttc")),
    ("payments", PAYMENTS, ("count", "amount")),
    ("refunds", REFUNDS, ("count", "amount")),
    ("numbers", NUMBERS, ("first", "last", "count")),
)


def figures(period: Period) -> dict[str, list[dict[str, Any]]]:
    """The figures of a period as they are now, amounts as texts with two decimals. Seven queries."""
    within = {"first": period.first_day, "last": period.last_day}
    found = {}
    with connection.cursor() as cursor:
        for name, query, columns in KEPT:
            cursor.execute(query, within)
            found[name] = [dict(zip(columns, _texts(row), strict=True)) for row in cursor.fetchall()]
    return found


def _texts(row: Sequence[Any]) -> list[Any]:
    return [value if value is None or isinstance(value, int | str) else f"{value:.2f}" for value in row]
