"""fec: the file of a year of a million lines, against COPY of the same rows out of one plain table.

Ours reads lines, entries, numbers and accounts, cleans the labels, writes dates and amounts as the law wants them and the alphabet of
the file. Twice, to see the same bytes again; flat memory, for a million lines as for a hundred thousand.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any

import psycopg

from tests.bench.many import superuser_of
from tests.bench.stack import clock, inside, peak_mib, stack
from tests.kills.shop import Shop

LINES = int(os.environ.get("FEC_LINES", "1000000"))
MOST, MOST_MIB = 5.0, 16
YEAR = 2030

#: Entries of two lines each, as settled payments write them, evenly over the year; each with its number.
ROWS = (
    """
    INSERT INTO payments_ledgerentry
        (id, journal, source, booked_on, received_on, piece_ref, piece_date, label, actor, created_at)
    SELECT 10000000 + n, 'ST', 'bench:' || n, day, day, 'PAY-' || n, day, 'Encaissement de l’abonné ' || n, 'bench', day
    FROM (SELECT n, DATE '{year}-01-01' + (n * 364::bigint / {entries})::integer AS day FROM generate_series(1, {entries}) AS n) AS every
    """,
    """
    INSERT INTO payments_ledgerline (entry_id, account_id, debit, credit, currency, party)
    SELECT 10000000 + n, CASE side WHEN 1 THEN '517000' ELSE '411000' END, CASE side WHEN 1 THEN 27.60 ELSE 0 END,
        CASE side WHEN 1 THEN 0 ELSE 27.60 END, 'EUR', CASE side WHEN 1 THEN '' ELSE 'C' || lpad(n::text, 6, '0') END
    FROM generate_series(1, {entries}) AS n CROSS JOIN generate_series(1, 2) AS side
    """,
    """
    INSERT INTO payments_entrynumber (entry_id, year, number, validated_on)
    SELECT 10000000 + n, {year}, n, DATE '{year}-01-01' + (n * 364::bigint / {entries})::integer
    FROM generate_series(1, {entries}) AS n
    """,
)


def run() -> dict[str, Any]:
    """Seconds to make the file, against COPY; and how much memory grew."""
    with stack() as shop:
        inside(shop)
        begun = clock()
        _fill(shop)
        print(f"  {LINES:,} lines made in {clock() - begun:.0f} s", flush=True)
        from payments.exports.fec import Wanted, written

        wanted = Wanted("123456789", YEAR)
        resting = peak_mib()
        begun = clock()
        first, size = _fingerprint(written(wanted))
        value = clock() - begun
        same = _fingerprint(written(wanted)) == (first, size)
        grown = peak_mib() - resting
        reference = _reference(shop, wanted)
    ratio = value / reference
    return {
        "value": round(value, 2),
        "reference": round(reference, 2),
        "ratio": round(ratio, 2),
        "unit": f"s for {LINES:,} lines, {size:,} bytes",
        "queries": 2,
        "grown_mib": round(grown, 1),
        "targets": {
            f"{ratio:.2f} times COPY <= {MOST:.0f}": ratio <= MOST,
            f"{grown:.0f} MiB more at the most <= {MOST_MIB}": grown <= MOST_MIB,
            "the same bytes again": same,
        },
    }


def _fill(shop: Shop) -> None:
    with psycopg.connect(superuser_of(shop), autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        for statement in ROWS:
            database.execute(statement.format(year=YEAR, entries=LINES // 2))
        database.execute("VACUUM ANALYZE")


def _fingerprint(pieces: Any) -> tuple[str, int]:
    whole, size = hashlib.sha256(), 0
    for piece in pieces:
        whole.update(piece)
        size += len(piece)
    return whole.hexdigest(), size


def _reference(shop: Shop, wanted: Any) -> float:
    """The eighteen cells of every line in one plain table, copied out."""
    from payments.exports.fec import COLUMNS, written

    with psycopg.connect(superuser_of(shop), autocommit=True) as database, database.cursor() as cursor:
        cells = ", ".join(f'"{name}" text' for name in COLUMNS)
        cursor.execute(f"CREATE TABLE bench_fec ({cells})")
        with cursor.copy("COPY bench_fec FROM STDIN (FORMAT csv, DELIMITER E'\\t', HEADER, QUOTE E'\\x01')") as into:
            for piece in written(wanted):
                into.write(piece.decode("iso8859-15").encode())
        cursor.execute("ANALYZE bench_fec")
        begun = clock()
        with cursor.copy("COPY bench_fec TO STDOUT (FORMAT csv, DELIMITER E'\\t', HEADER)") as lines:
            for _line in lines:
                pass
        return clock() - begun
