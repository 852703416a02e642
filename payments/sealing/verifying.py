"""Verifying: is every sealed row still what it was, is no link missing, is anything left unsealed? For the nightly audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from payments.models import DayClosing, SealedRow, TechnicalEvent
from payments.sealing.canonical import SEALED
from payments.sealing.sealing import link

Breaches = Iterator[tuple[str, str]]
CHUNK = 5000
#: Sealed each minute, and each night whatever was committed late; a sealer that stands still is an alarm of its own.
SEALED_WITHIN = timedelta(hours=36)

LINKS = """
SELECT s.position, s.row, s.row_hash, s.hash, found.hash
FROM payments_sealedrow s
LEFT JOIN LATERAL (SELECT {hash} AS hash FROM {table} sealed {joined} WHERE sealed.id = s.row) found ON true
WHERE s.chain = %(chain)s AND s.position > %(after)s ORDER BY s.position LIMIT %(limit)s
"""
#: When a row of each chain was written.
WRITTEN = {"payments_ledgerentry": "created_at"}
LEFT_OUT = """
SELECT sealed.id FROM {table} sealed WHERE sealed.{written} < %(before)s
    AND NOT EXISTS (SELECT FROM payments_sealedrow s WHERE s.chain = %(chain)s AND s.row = sealed.id)
ORDER BY 1 LIMIT 20
"""


def sealed_as_written(at: datetime) -> Breaches:
    """Part of NUMBERED: each chain of seals is whole, its rows say what they said, and what was written is sealed."""
    begun = _begun()
    for chain in SEALED:
        yield from _links(chain)
        if begun:
            yield from _left_out(chain, before=at - SEALED_WITHIN)


def _begun() -> bool:
    """Whether anything was ever sealed or closed, or the job that seals has written down its version: from then on no chain
    may be empty beside rows that are there."""
    return SealedRow.objects.exists() or DayClosing.objects.exists() or TechnicalEvent.objects.exists()


def _links(chain: str) -> Breaches:
    what = SEALED[chain]
    query = LINKS.format(hash=what.hash, table=what.table, joined=what.joined)
    place, before = 0, ""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, {"chain": chain, "after": place, "limit": CHUNK})
            found = cursor.fetchall()
        for position, row, row_hash, hash_, now in found:
            if position != place + 1:
                yield f"seal:{chain}:{place + 1}", "a link of the chain is missing"
            elif hash_ != link(before, row_hash):
                yield f"seal:{chain}:{position}", "this link does not follow the one before it"
            if now is None:
                yield f"{chain}:{row}", "was sealed and is not there any more"
            elif now != row_hash:
                yield f"{chain}:{row}", "is not what was sealed"
            place, before = position, hash_
        if len(found) < CHUNK:
            return


def _left_out(chain: str, *, before: datetime) -> Breaches:
    what = SEALED[chain]
    query = LEFT_OUT.format(table=what.table, written=WRITTEN.get(what.table, "at"))
    with connection.cursor() as cursor:
        cursor.execute(query, {"chain": chain, "before": before})
        for (row,) in cursor.fetchall():
            yield f"{chain}:{row}", "is not sealed"
