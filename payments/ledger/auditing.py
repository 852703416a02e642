"""What always holds between money and its entries, for the nightly audit, under VAT."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

Breaches = Iterator[tuple[str, str]]

# The entry is sealed, the row is not: what one of them says today, the other said on that day.
DAYS = """
SELECT 'payment:' || p.id, p.received_on, entry.received_on FROM payments_payment p
JOIN payments_ledgerentry entry ON entry.source = 'payment:' || p.id
WHERE p.received_on IS DISTINCT FROM entry.received_on
UNION ALL
SELECT 'refund:' || r.id, r.refunded_on, entry.piece_date FROM payments_refund r
JOIN payments_ledgerentry entry ON entry.source = 'refund:' || r.id
WHERE r.refunded_on IS DISTINCT FROM entry.piece_date
ORDER BY 1 LIMIT 20
"""


def money_days(at: datetime) -> Breaches:
    """Part of VAT: the day on which money came or went back, by which VAT is due, is the one that was booked. One query."""
    with connection.cursor() as cursor:
        cursor.execute(DAYS)
        for subject, stated, booked in cursor.fetchall():
            yield subject, f"says its money moved on {stated}, its entry says {booked}"
