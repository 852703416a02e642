"""Where each chain ends: the chains of seals and those of invoices, as a closed day states them and the audit finds them again.

A chain by itself does not know what was cut off its end, nor that it was taken away and made anew; a day that was closed while
it stood does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from payments.models import InvoiceSeries, SealedRow

Breaches = Iterator[tuple[str, str]]
#: Of each chain by its name, of each series by its own (« F2026 »): the last place, and the hash there.
Heads = dict[str, list[int | str]]

LAST = """
SELECT one.chain, link.position, link.hash FROM unnest(%s::text[]) AS one(chain) CROSS JOIN LATERAL (
    SELECT position, hash FROM payments_sealedrow s WHERE s.chain = one.chain ORDER BY position DESC LIMIT 1) AS link
ORDER BY 1
"""
CHANGED = """
WITH stated AS (
    SELECT d.day, head.key AS chain, (head.value ->> 0)::bigint AS place, head.value ->> 1 AS hash
    FROM payments_dayclosing d CROSS JOIN jsonb_each(d.heads) head
)
SELECT stated.chain, min(day), min(place) FROM stated
LEFT JOIN payments_sealedrow link ON link.chain = stated.chain AND link.position = stated.place
LEFT JOIN (
    SELECT series.code || series.year AS name, number, i.hash FROM payments_invoice i
    JOIN payments_invoiceseries series ON series.id = i.series_id
) AS document ON document.name = stated.chain AND document.number = stated.place
WHERE coalesce(link.hash, document.hash) IS DISTINCT FROM stated.hash
GROUP BY 1 ORDER BY 1
"""


def heads() -> Heads:
    """Where every chain that has begun ends now. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(LAST, [SealedRow.Chain.values])
        found: Heads = {chain: [place, hash_] for chain, place, hash_ in cursor.fetchall()}
    for series in InvoiceSeries.objects.filter(last_number__gt=0).order_by("code", "year"):
        found[str(series)] = [series.last_number, series.last_hash]
    return found


def heads_found_again(at: datetime) -> Breaches:
    """Part of NUMBERED: every chain still holds the link that it ended with when each day was closed. One query."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED)
        for chain, day, place in cursor.fetchall():
            yield f"chain:{chain}", f"is not what the closing of {day} saw at place {place}"
