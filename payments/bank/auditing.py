"""The bank's part of the invariants: what lines explain is what stands at 512, and no line says more or less than it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import connection

Breaches = Iterator[tuple[str, str]]

# What lines explain by source, beside what entries of that source (and what undid it) have on the accounts of 512.
BOOKED = """
WITH said AS (
    SELECT source, sum(amount) AS amount FROM payments_bankmatch WHERE source <> '' GROUP BY source
), bank AS (
    SELECT replace(entry.source, 'bank_undone:', 'bank:') AS source, sum(line.debit - line.credit) AS amount
    FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
    WHERE line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key = 'BANK')
        AND (replace(entry.source, 'bank_undone:', 'bank:') IN (SELECT source FROM said) OR entry.source LIKE 'bank:%%')
    GROUP BY 1
)
SELECT coalesce(said.source, bank.source), coalesce(said.amount, 0), coalesce(bank.amount, 0)
FROM said FULL JOIN bank USING (source)
WHERE coalesce(said.amount, 0) <> coalesce(bank.amount, 0)
    -- A movement that lost its line stays booked until another one is it; that is on finance's desk.
    AND (said.source IS NULL OR said.amount <> 0 OR said.source LIKE 'bank:%%')
ORDER BY 1
"""
LEFT = """
SELECT line.id, line.amount, line.left, coalesce(said.amount, 0) FROM payments_bankline line
LEFT JOIN (SELECT line_id, sum(amount) AS amount FROM payments_bankmatch GROUP BY line_id) said ON said.line_id = line.id
WHERE line.left <> line.amount - coalesce(said.amount, 0) ORDER BY 1
"""
ADDED_UP = """
SELECT statement.reference FROM payments_bankstatement statement
LEFT JOIN (SELECT statement_id, count(*) AS lines, sum(amount) AS amount FROM payments_bankline GROUP BY statement_id) line
    ON line.statement_id = statement.id
WHERE statement.opening + coalesce(line.amount, 0) <> statement.closing
    OR coalesce(line.lines, 0) <> statement.lines_count ORDER BY 1
"""


def lines_booked(at: datetime) -> Breaches:
    """Part of BALANCED: what lines of our bank are said to be stands at 512, to the cent, source by source."""
    for source, said, booked in _rows(BOOKED):
        yield f"entry:{source}", f"books {_two(booked)} at the bank, its statements say {_two(said)}"


def lines_explained(at: datetime) -> Breaches:
    """Part of PAYOUT: statements lead from balance to balance, and what is left of a line is what its matches leave."""
    for (reference,) in _rows(ADDED_UP):
        yield f"statement:{reference}", "its lines do not lead from its first balance to its last"
    for key, amount, left, said in _rows(LEFT):
        yield f"bank_line:{key}", f"leaves {_two(left)} of {_two(amount)}, its matches say {_two(said)}"


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        return list(cursor.fetchall())


def _two(amount: object) -> str:
    return f"{Decimal(str(amount)):.2f}"
