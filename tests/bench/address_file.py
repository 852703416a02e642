"""address-file: the file of a closed run, against COPY of the same columns out of one plain table.

Ours reads the lines with their addresses, writes the cells and the alphabet of the mailing house, and hashes every byte. Twice,
to see the same bytes again; flat memory, for a million copies as for a hundred thousand.
"""

from __future__ import annotations

import os
from datetime import datetime, time
from typing import Any

import psycopg

from tests.bench.close_issue import closing
from tests.bench.many import fill, superuser_of
from tests.bench.stack import clock, inside, peak_mib, stack
from tests.kills.shop import Shop

COPIES = int(os.environ.get("ADDRESS_FILE_COPIES", "1000000"))
MOST, MOST_MIB = 5.0, 16


def run() -> dict[str, Any]:
    """Seconds to make the file, against COPY; and how much memory grew."""
    with stack() as shop:
        inside(shop)
        at = datetime.combine(datetime.now().astimezone().date(), time(11)).astimezone()
        begun = clock()
        fill(superuser_of(shop), subscriptions=COPIES, at=at)
        print(f"  {COPIES:,} subscriptions made in {clock() - begun:.0f} s", flush=True)
        took, _queries, frozen = closing(at)
        print(f"  closed in {took:.1f} s: {frozen.dispatches:,} lines, {frozen.size:,} bytes", flush=True)
        from subscriptions.fulfilment.address_file import fingerprint

        resting = peak_mib()
        begun = clock()
        first = fingerprint(frozen)
        value = clock() - begun
        same = fingerprint(frozen) == first and first.sha256 == frozen.sha256
        grown = peak_mib() - resting
        reference = _reference(shop, frozen)
    ratio = value / reference
    return {
        "value": round(value, 2),
        "reference": round(reference, 2),
        "ratio": round(ratio, 2),
        "unit": f"s for {frozen.dispatches:,} copies",
        "queries": 1,
        "grown_mib": round(grown, 1),
        "targets": {
            f"{ratio:.2f} times COPY <= {MOST:.0f}": ratio <= MOST,
            f"{grown:.0f} MiB more at the most <= {MOST_MIB}": grown <= MOST_MIB,
            "the same bytes again": same,
        },
    }


def _reference(shop: Shop, frozen: Any) -> float:
    from subscriptions.fulfilment.address_file import shared
    from subscriptions.fulfilment.columns import ADDRESSES, COLUMNS

    cells = ", ".join(f'({column.source})::text AS "{column.name}"' for column in COLUMNS.values())
    lines = f"subscriptions_dispatch line {ADDRESSES}"
    query = f"CREATE TABLE bench_file AS SELECT {cells} FROM {lines} WHERE line.run_id = %(run)s ORDER BY line.place"
    with psycopg.connect(superuser_of(shop), autocommit=True) as database, psycopg.ClientCursor(database) as cursor:
        cursor.execute(query, shared(frozen))
        cursor.execute("ANALYZE bench_file")
        begun = clock()
        with cursor.copy("COPY bench_file TO STDOUT (FORMAT csv, DELIMITER ';', HEADER)") as lines:
            for _line in lines:
                pass
        return clock() - begun
