"""The cheques' part of the invariants: what stands in 5112 is with us or on its way, and a slip is the sum of its cheques."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import connection

from payments.cheques.depositing import hashed
from payments.models import Cheque, DepositSlip

Breaches = Iterator[tuple[str, str]]
State = Cheque.State

HELD = """
SELECT (SELECT coalesce(sum(amount), 0) FROM payments_cheque WHERE state IN ('received', 'deposited')),
    (SELECT coalesce(sum(line.debit - line.credit), 0) FROM payments_ledgerline line
     WHERE line.account_id IN (SELECT account_id FROM payments_accountmap WHERE key = 'CHEQUES'))
"""
ON_SLIPS = """
SELECT slip.id, slip.total, slip.count, coalesce(sum(cheque.amount), 0), count(cheque.id),
    coalesce(sum(cheque.amount) FILTER (WHERE cheque.state = 'deposited'), 0)
FROM payments_depositslip slip LEFT JOIN payments_cheque cheque ON cheque.slip_id = slip.id GROUP BY slip.id ORDER BY slip.id
"""
STEPS = """
SELECT cheque.id, cheque.state, step.to_state FROM payments_cheque cheque
LEFT JOIN (SELECT DISTINCT ON (cheque_id) cheque_id, to_state FROM payments_chequeevent ORDER BY cheque_id, id DESC) step
    ON step.cheque_id = cheque.id
WHERE step.to_state IS DISTINCT FROM cheque.state ORDER BY 1
"""


def cheques_held(at: datetime) -> Breaches:
    """Part of BALANCED: 5112 holds the cheques that are received or deposited and on no line of the bank yet."""
    [(held, booked)] = _rows(HELD)
    if held != booked:
        yield "account:CHEQUES", f"holds {_two(booked)}, cheques that no line has credited are {_two(held)}"


def cheques_deposited(at: datetime) -> Breaches:
    """Part of BALANCED: each slip is the sum of its cheques, as it was frozen; each cheque stands where its last step left it."""
    slips = DepositSlip.objects.in_bulk()
    for key, total, count, cheques, many, waiting in _rows(ON_SLIPS):
        slip = slips[int(str(key))]
        if (total, count) != (cheques, many) or slip.hash != hashed(slip.number, slip.deposited_on, slip.lines):
            yield f"deposit:{key}", f"says {count} cheques of {_two(total)}, on it are {many} of {_two(cheques)}"
        if slip.credited_on is not None and waiting:
            yield f"deposit:{key}", f"was credited by the bank, and {_two(waiting)} of it are still awaited"
    for key, state, step in _rows(STEPS):
        yield f"cheque:{key}", f"stands at {state}, its last recorded step says {step}"


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        return list(cursor.fetchall())


def _two(amount: object) -> str:
    return f"{Decimal(str(amount)):.2f}"
