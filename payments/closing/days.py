"""Closing a day: its entries are numbered, and one row says what they were, with the totals that law.md 2.4 (3) wants.

Each night closes the day before; days that were missed are closed one after the other, each once. Numbers come first, in
commits of their own: a closing killed in the middle goes on where it stopped, and ends in the same rows.

A closed day states where each chain ends by then, of seals and of invoices: whoever holds its hash holds them all
(`payments.closing.anchoring`), and a chain that is cut or written anew says otherwise than the days do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Min

from payments.actors import Actor
from payments.closing.numbering import number_until
from payments.days import paris_day
from payments.ledger.accounts import accounts_of
from payments.models import DayClosing, EntrySeries, LedgerEntry
from payments.sealing.canonical import SEALED, Chain
from payments.sealing.heads import heads
from payments.sealing.sealing import seal_all

log = structlog.get_logger(__name__)
#: Entries of money that came in and that went out again, by the kind of their source. A failed way out comes back in.
RECEIVED = ("payment", "receipt", "cheque")
GIVEN_BACK = ("refund", "refund_failed", "transfer", "transfer_failed")

TOTALS = """
SELECT n.validated_on, coalesce(sum(line.debit), 0), coalesce(sum(line.credit), 0),
    coalesce(sum(line.debit) FILTER (WHERE (line.account_id LIKE '5%%' OR line.account_id = ANY(%(money)s))
        AND split_part(entry.source, ':', 1) = ANY(%(received)s)), 0),
    coalesce(sum(line.credit - line.debit) FILTER (WHERE (line.account_id LIKE '5%%' OR line.account_id = ANY(%(money)s))
        AND split_part(entry.source, ':', 1) = ANY(%(given_back)s)), 0)
FROM payments_entrynumber n JOIN payments_ledgerentry entry ON entry.id = n.entry_id
JOIN payments_ledgerline line ON line.entry_id = entry.id
WHERE n.validated_on BETWEEN %(first)s AND %(last)s GROUP BY 1
"""
GIVEN = "SELECT year, min(number), max(number), count(*) FROM payments_entrynumber WHERE validated_on = %s GROUP BY 1 ORDER BY 1"
ROWS = """
SELECT n.validated_on, n.year, n.number, {hash}
FROM payments_entrynumber n JOIN payments_ledgerentry sealed ON sealed.id = n.entry_id
WHERE n.validated_on BETWEEN %s AND %s ORDER BY n.validated_on, n.year, n.number
"""
#: The totals and the hash of a day that numbered nothing.
NOTHING = (Decimal("0.00"),) * 4
NO_ROWS = hashlib.sha256().hexdigest()
#: Everything that a closed day states, as its hash is taken of it.
STATED = (
    "day", "entries", "debit", "credit", "numbers", "received", "given_back", "month_received", "year_received",
    "ever_received", "ever_given_back", "rows_hash", "heads", "previous_hash",
)  # fmt: skip
#: Stated since migration 0021 only: days that were closed before have none, and their hash verifies without.
STATED_LATER = frozenset({"heads"})


def close_days(*, actor: Actor, at: datetime) -> int:
    """Close every day that is over and not closed yet, the oldest first; returns how many.

    Side effects per day: numbers, one `DayClosing`. Begins with the day of the first entry. Safe to run twice, late or in two
    places.
    """
    closed = 0
    seal_all(at=at, whole=True)
    while (day := next_day()) is not None and day < paris_day(at):
        number_until(day)
        closed += _close(day, actor=actor, at=at)
    seal_all(at=at)
    return closed


def next_day() -> date | None:
    """The day that is to be closed next; None while nothing was ever booked."""
    last = DayClosing.objects.order_by("-day").values_list("day", flat=True).first()
    if last is not None:
        return last + timedelta(days=1)
    first = LedgerEntry.objects.aggregate(first=Min("created_at"))["first"]
    return paris_day(first) if first else None


@transaction.atomic
def _close(day: date, *, actor: Actor, at: datetime) -> int:
    """Write the row of one day; 0 if somebody else did meanwhile."""
    list(EntrySeries.objects.select_for_update(no_key=True).order_by("year"))
    before = DayClosing.objects.order_by("-day").first()
    if before is not None and before.day >= day:
        return 0
    row = DayClosing(day=day, previous_hash=before.hash if before else "", actor=str(actor), at=at)
    with connection.cursor() as cursor:
        cursor.execute(GIVEN, [day])
        given = cursor.fetchall()
    row.debit, row.credit, row.received, row.given_back = totals(day, day).get(day, NOTHING)
    row.numbers = {str(year): [first, last] for year, first, last, _count in given}
    row.entries = sum(count for *_numbers, count in given)
    row.month_received, row.year_received = row.received, row.received
    row.ever_received, row.ever_given_back = row.received, row.given_back
    if before is not None:
        row.ever_received += before.ever_received
        row.ever_given_back += before.ever_given_back
        if before.day.year == day.year:
            row.year_received += before.year_received
            if before.day.month == day.month:
                row.month_received += before.month_received
    row.rows_hash = rows_hashes(day, day).get(day, NO_ROWS)
    row.heads = heads()
    row.hash = digest(row)
    row.save(force_insert=True)
    log.info("day_closed", day=day.isoformat(), hash=row.hash)
    return 1


def totals(first: date, last: date) -> dict[date, tuple[Decimal, ...]]:
    """Debit, credit, money received and given back of the entries that each day of a stretch numbered. Two queries."""
    wanted: dict[str, Any] = {
        "first": first, "last": last, "received": list(RECEIVED), "given_back": list(GIVEN_BACK),
        "money": accounts_of("PSP", "BANK", "CHEQUES"),  # wherever the accountant has them: 517, 5115 or 467 (law.md 6.2)
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, wanted)
        return {day: tuple(sums) for day, *sums in cursor.fetchall()}


def rows_hashes(first: date, last: date) -> dict[date, str]:
    """SHA-256 over number and hash of every entry that each day of a stretch numbered. One query."""
    whole: dict[date, Any] = {}
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(hash=SEALED[Chain.LEDGER].hash), [first, last])
        for day, year, number, row_hash in cursor.fetchall():
            whole.setdefault(day, hashlib.sha256()).update(f"{year} {number} {row_hash}\n".encode())
    return {day: found.hexdigest() for day, found in whole.items()}


def digest(row: DayClosing) -> str:
    """SHA-256 of everything that a closed day states, and so of the day before it."""
    return hashlib.sha256(canonical(row).encode()).hexdigest()


def canonical(row: DayClosing) -> str:
    """What a closed day states, in canonical JSON."""
    return json.dumps(stated(row), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def stated(row: DayClosing) -> Mapping[str, Any]:
    """The same, by name: amounts with two decimals."""
    return {name: _plain(getattr(row, name)) for name in STATED if name not in STATED_LATER or getattr(row, name)}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else value
