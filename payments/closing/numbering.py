"""Numbers of accounting entries: 1 to n in each civil year, given at the day's closing (law.md 6.1; design, rule 13).

Constraints: an entry may be written by any of many transactions, and none waits for a number; the number is given once, when
a day is closed, to whatever had been written before its midnight, by (booked on, key). What is committed late, or booked in a
past year, gets its number with the next day; what is booked ahead of its writing waits for the day it is booked on, since
nothing is validated before it (A47 A-1; migration 0021). One sealer of numbers at a time, under the lock of the rows of the series.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from payments.days import PARIS
from payments.models import DayClosing, EntrySeries

#: Entries to one transaction, which is all that a closing that is killed has to do again.
CHUNK = 5000

YEARS = """
SELECT DISTINCT extract(year FROM booked_on)::integer FROM payments_ledgerentry entry
WHERE created_at < %(midnight)s AND booked_on <= %(day)s
    AND NOT EXISTS (SELECT FROM payments_entrynumber n WHERE n.entry_id = entry.id)
"""
NUMBER = """
WITH due AS (
    SELECT entry.id, extract(year FROM booked_on)::integer AS year, booked_on FROM payments_ledgerentry entry
    WHERE created_at < %(midnight)s AND booked_on <= %(day)s
        AND NOT EXISTS (SELECT FROM payments_entrynumber n WHERE n.entry_id = entry.id)
    ORDER BY booked_on, entry.id LIMIT %(limit)s
), given AS (
    INSERT INTO payments_entrynumber (entry_id, year, number, validated_on)
    SELECT due.id, year, last_number + row_number() OVER (PARTITION BY year ORDER BY booked_on, due.id), %(day)s
    FROM due JOIN payments_entryseries USING (year)
    RETURNING year, number
), moved AS (
    UPDATE payments_entryseries series SET last_number = highest
    FROM (SELECT year, max(number) AS highest FROM given GROUP BY year) AS reached WHERE reached.year = series.year
)
SELECT count(*) FROM given
"""


def midnight_after(day: date) -> datetime:
    """The Paris midnight that ends a day."""
    return datetime.combine(day + timedelta(days=1), time(), PARIS)


def number_until(day: date) -> int:
    """Number every entry of days up to `day`, written before its end, that has no number; returns how many. One commit per chunk."""
    total = 0
    while given := _number_some(day):
        total += given
    return total


@transaction.atomic
def _number_some(day: date) -> int:
    wanted: dict[str, Any] = {"midnight": midnight_after(day), "day": day, "limit": CHUNK}
    with connection.cursor() as cursor:
        cursor.execute(YEARS, wanted)
        years = [year for (year,) in cursor.fetchall()]
        if not years:
            return 0
        EntrySeries.objects.bulk_create([EntrySeries(year=year) for year in sorted(years)], ignore_conflicts=True)
        # All of them, in their order: whoever numbers next waits here and sees what was given.
        list(EntrySeries.objects.select_for_update(no_key=True).order_by("year"))
        if DayClosing.objects.filter(day__gte=day).exists():
            return 0  # somebody else has closed it meanwhile: what came late is numbered with the next day
        cursor.execute(NUMBER, wanted)
        return int(cursor.fetchone()[0])
