"""Freezing: the figures of a month are taken once, when it is closed, or a while after its end where nobody has closed it.

Constraints: a figure of a report must not change afterwards, and must not wait for somebody who is on holiday. The job looks
every hour; the month that is signed is frozen within it, outside the transaction that signs, which keeps everybody from booking.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from payments.actors import Actor
from payments.closing.periods import Kind, Period, first_month, in_force, month_of
from payments.days import paris_day
from payments.models import MonthSnapshot
from payments.months.figures import figures

#: So many days after its end a month is frozen, closed or not.
WAITS = timedelta(days=15)


def due(*, on: date) -> list[Period]:
    """The months that are to be frozen by now, the oldest first. Three queries."""
    begun = first_month()
    if begun is None:
        return []
    known = set(MonthSnapshot.objects.values_list("first_day", flat=True))
    closed = set(in_force().filter(kind=Kind.MONTH).values_list("first_day", flat=True))
    found, month = [], begun
    while month.last_day < on:
        if month.first_day not in known and (month.first_day in closed or month.last_day + WAITS <= on):
            found.append(month)
        month = month_of(month.last_day + timedelta(days=1))
    return found


def freeze_due(*, actor: Actor, at: datetime) -> int:
    """Freeze every month that is due, each in a transaction of its own; returns how many. Safe to repeat, in two places."""
    return sum(freeze(month, actor=actor, at=at) for month in due(on=paris_day(at)))


@transaction.atomic
def freeze(month: Period, *, actor: Actor, at: datetime) -> int:
    """Take the figures of a month, from one picture of all rows; 0 if somebody is at it, or has done it."""
    with connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('freeze-months'))")
        if cursor.fetchone() != (True,):
            return 0
    before = MonthSnapshot.objects.order_by("-pk").first()
    closing = in_force().filter(kind=Kind.MONTH, first_day=month.first_day).first()
    row = MonthSnapshot(
        first_day=month.first_day, figures=figures(month, at=at), closing=closing,
        previous_hash=before.hash if before else "", actor=str(actor), at=at,
    )  # fmt: skip
    row.hash = fingerprint(row)
    known = MonthSnapshot.objects.filter(first_day=month.first_day).exists()
    if not known:
        row.save(force_insert=True)
    return int(not known)


def fingerprint(row: MonthSnapshot) -> str:
    """SHA-256 of what was frozen, and so of what was frozen before it, in canonical JSON."""
    said = [f"{row.first_day:%Y-%m}", row.figures, row.closing_id, row.previous_hash, row.actor]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
