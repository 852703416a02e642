"""Sealing: what was written since the last minute gets its links in its chain (law.md 2.4, 1; design, rule 13).

Rows are written without waiting for one another, so their keys are no order: a link has a place of its own, given here by one
sealer at a time under one lock. What was written long ago and committed late is found once a day, by the closing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from payments.models import SealedRow
from payments.sealing.canonical import SEALED

#: Rows to one transaction, which is all that a sealer that is killed has to do again.
BATCH = 5000
#: How far behind the last key that was sealed a minute's run looks for rows committed late.
LOOK_BACK = 20_000
#: One sealer at a time, whatever it seals; other numbers of this kind: `payments.closing.periods`.
LOCK = 4871_01

UNSEALED = """
SELECT sealed.id, {hash} FROM {table} sealed {joined}
WHERE sealed.id > %(after)s
    AND NOT EXISTS (SELECT FROM payments_sealedrow s WHERE s.chain = %(chain)s AND s.row = sealed.id)
ORDER BY sealed.id LIMIT %(limit)s
"""


def seal_all(*, at: datetime, whole: bool = False) -> int:
    """Seal what is not sealed yet, in every chain; returns how many rows. `whole`: look at every row, however old.

    Safe to run twice, late or in two places: the second sealer waits for the first, and finds nothing left.
    """
    total = 0
    for chain in SEALED:
        while sealed := _seal(chain, at=at, whole=whole):
            total += sealed
            if sealed < BATCH:
                break
    return total


def link(before: str, row_hash: str) -> str:
    """The hash of a link: of the one before it and of its row, both in hexadecimal."""
    return hashlib.sha256((before + row_hash).encode()).hexdigest()


@transaction.atomic
def _seal(chain: str, *, at: datetime, whole: bool) -> int:
    what = SEALED[chain]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = SealedRow.objects.filter(chain=chain).order_by("-position").values("position", "hash").first()
        after = 0 if whole or last is None else _highest(cursor, chain) - LOOK_BACK
        query = UNSEALED.format(hash=what.hash, table=what.table, joined=what.joined)
        cursor.execute(query, {"after": after, "chain": chain, "limit": BATCH})
        found = cursor.fetchall()
    place, before = (last["position"], last["hash"]) if last else (0, "")
    links = []
    for position, (row, row_hash) in enumerate(found, start=place + 1):
        before = link(before, row_hash)
        links.append(SealedRow(chain=chain, position=position, row=row, row_hash=row_hash, hash=before, at=at))
    SealedRow.objects.bulk_create(links)
    return len(links)


def _highest(cursor: Any, chain: str) -> int:
    cursor.execute("SELECT max(s.row) FROM payments_sealedrow s WHERE s.chain = %s", [chain])
    return int(cursor.fetchone()[0] or 0)
