"""What always holds of numbers and closings: for the nightly audit, under NUMBERED and BALANCED."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Max, Min

from payments.closing.days import NO_ROWS, NOTHING, digest, rows_hashes, totals
from payments.closing.periods import fingerprint
from payments.days import paris_day
from payments.models import DayClosing, EntryNumber, EntrySeries, LedgerEntry, PeriodClosing

Breaches = Iterator[tuple[str, str]]
CHUNK = 2000
#: Closed days looked at together: their entries are in memory at once.
STRETCH = 31
#: Closed in the first hour of the next day; a day and a half later a night was missed.
CLOSED_WITHIN = timedelta(hours=36)

OUT_OF_YEAR = """
SELECT entry.source FROM payments_entrynumber n JOIN payments_ledgerentry entry ON entry.id = n.entry_id
WHERE n.year <> extract(year FROM entry.booked_on) ORDER BY 1 LIMIT 20
"""
# Each entry against the first signature that its day lay behind: one join of stretches, not of all entries with all closings.
IN_A_CLOSED_PERIOD = """
WITH stretch AS (
    SELECT last_day, lag(last_day) OVER (ORDER BY last_day) AS after, min(at) OVER (ORDER BY last_day DESC) AS at
    FROM payments_periodclosing c WHERE NOT EXISTS (SELECT FROM payments_reopening r WHERE r.closing_id = c.id)
)
SELECT entry.source FROM stretch JOIN payments_ledgerentry entry
    ON booked_on <= last_day AND (after IS NULL OR booked_on > after) AND created_at > at
ORDER BY 1 LIMIT 20
"""


def entries_numbered(at: datetime) -> Breaches:
    """Part of NUMBERED: entries are 1 to n in each year, as their counters say, and none waits for longer than a night."""
    counters = dict(EntrySeries.objects.values_list("year", "last_number"))
    given = EntryNumber.objects.values("year").annotate(low=Min("number"), high=Max("number"), many=Count("pk"))
    for row in given.order_by("year"):
        year = row["year"]
        if row["low"] != 1 or row["high"] != row["many"]:
            yield f"entries:{year}", f"{row['many']} entries are numbered {row['low']} to {row['high']}"
        if counters.pop(year, None) != row["high"]:
            yield f"entries:{year}", f"its counter does not say {row['high']}"
    for year, last in sorted(counters.items()):
        if last:
            yield f"entries:{year}", f"its counter says {last}, and no entry has a number"
    with connection.cursor() as cursor:
        cursor.execute(OUT_OF_YEAR)
        for (source,) in cursor.fetchall():
            yield f"entry:{source}", "is numbered in another year than its own"
    if DayClosing.objects.exists():
        waiting = LedgerEntry.objects.filter(numbered=None).order_by("pk")
        since = at - CLOSED_WITHIN
        late = waiting.filter(created_at__lt=since, booked_on__lt=paris_day(since))
        for source in late.values_list("source", flat=True)[:20]:
            yield f"entry:{source}", "has no number though its day is over"
        ahead = waiting.filter(booked_on__gt=paris_day(at) + timedelta(days=1))
        for source in ahead.values_list("source", flat=True)[:20]:
            yield f"entry:{source}", "is booked on a day that has not come"


def _stretches() -> Iterator[list[DayClosing]]:
    """The closed days, a month of them at a time."""
    held: list[DayClosing] = []
    for row in DayClosing.objects.order_by("day").iterator(CHUNK):
        held.append(row)
        if len(held) == STRETCH:
            yield held
            held = []
    if held:
        yield held


def days_closed(at: datetime) -> Breaches:
    """Part of NUMBERED: closed days follow one another, their chain verifies, and their rows are what they were."""
    before: DayClosing | None = None
    for rows in _stretches():
        hashes = rows_hashes(rows[0].day, rows[-1].day)
        for row in rows:
            if before is not None and (row.day != before.day + timedelta(days=1) or row.previous_hash != before.hash):
                yield f"day:{row.day}", "does not follow the day before it"
            if digest(row) != row.hash:
                yield f"day:{row.day}", "is not what was closed"
            if hashes.get(row.day, NO_ROWS) != row.rows_hash:
                yield f"day:{row.day}", "its entries are not what was closed"
            before = row


def days_add_up(at: datetime) -> Breaches:
    """Part of BALANCED: what a closed day says was debited, credited, received and given back is what its entries say."""
    ever, back = Decimal(0), Decimal(0)
    for rows in _stretches():
        sums = totals(rows[0].day, rows[-1].day)
        for row in rows:
            if sums.get(row.day, NOTHING) != (row.debit, row.credit, row.received, row.given_back):
                yield f"day:{row.day}", "its totals are not those of its entries"
            ever, back = ever + row.received, back + row.given_back
            if (row.ever_received, row.ever_given_back) != (ever, back):
                yield f"day:{row.day}", f"says {row.ever_received} received since the beginning, its days say {ever}"


def periods_locked(at: datetime) -> Breaches:
    """Part of BALANCED: nothing was booked in a closed period or before it after its signature, which is as it was signed."""
    with connection.cursor() as cursor:
        cursor.execute(IN_A_CLOSED_PERIOD)
        for (source,) in cursor.fetchall():
            yield f"entry:{source}", "was booked in a period that was closed"
    for closing in PeriodClosing.objects.order_by("pk").iterator(CHUNK):
        if fingerprint(closing) != closing.sha256:
            yield f"closing:{closing.pk}", "is not what was signed"
