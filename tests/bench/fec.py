"""fec: the file of a year of a million lines, against COPY of the same rows out of one plain table.

Ours reads lines, entries, numbers and accounts, letters the customers' accounts, cleans the labels, writes dates and amounts as the law wants them and the alphabet of
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

#: Sales as they are: an invoice of three lines and the payment of two that settles it, evenly over the year, so that every line
#: of 411 has its letter; each entry with its number.
ROWS = (
    """
    INSERT INTO payments_payment (id, reference, purpose, subject, amount, amount_currency, description, way, save_method,
        method_kind, state, is_open, surplus, effect, decline_code, idempotency_key, checkout_url, created_at, state_since, received_on)
    SELECT {base} + n, 'PAY-' || n, 'order', 'order:bench' || n, 27.60, 'EUR', '', 'checkout', FALSE, 'card', 'succeeded', FALSE,
        FALSE, 'done', '', 'bench' || n, '', day, day, day FROM {days}
    """,
    """
    INSERT INTO payments_invoice (id, kind, series_id, number, reference, issued_on, customer_id, subject, payment_id, reason, seller,
        buyer_kind, buyer_name, buyer_address, buyer_country, delivery_address, delivery_country, buyer_siren, buyer_siret,
        buyer_vat_number, buyer_service_code, engagement_number, nature, vat_on_debits, vat_zone, legal_mention, total_ht,
        total_ht_currency, total_vat, total_vat_currency, total_ttc, total_ttc_currency, previous_hash, hash, actor, created_at)
    SELECT {base} + n, 'invoice', {base}, n, 'FB-' || n, day, n, 'order:bench' || n, {base} + n, '', '{{}}', 'consumer',
        'Lecteur ' || n, '[]', 'FR', '[]', '', '', '', '', '', '', 'LB', FALSE, 'FR_METRO', '', 27.03, 'EUR', 0.57, 'EUR', 27.60,
        'EUR', '', 'bench' || n, 'bench', day FROM {days}
    """,
    """
    INSERT INTO payments_ledgerentry
        (id, journal, source, booked_on, received_on, piece_ref, piece_date, label, actor, created_at)
    SELECT {base} + 2 * n + side, CASE side WHEN 0 THEN 'VE' ELSE 'ST' END,
        CASE side WHEN 0 THEN 'invoice:' ELSE 'payment:' END || {base} + n, day, CASE side WHEN 1 THEN day END, 'PAY-' || n, day,
        'Encaissement de l’abonné ' || n, 'bench', day FROM {days} CROSS JOIN generate_series(0, 1) AS side
    """,
    """
    INSERT INTO payments_ledgerline (entry_id, account_id, debit, credit, currency, party)
    SELECT {base} + 2 * n + entry, account, debit, credit, 'EUR', CASE account WHEN '411000' THEN 'C' || lpad(n::text, 6, '0') ELSE '' END
    FROM generate_series(1, {sales}) AS n CROSS JOIN (VALUES (0, '411000', 27.60, 0), (0, '487100', 0, 27.03),
        (0, '445712', 0, 0.57), (1, '517000', 27.60, 0), (1, '411000', 0, 27.60)) AS line(entry, account, debit, credit)
    """,
    """
    INSERT INTO payments_entrynumber (entry_id, year, number, validated_on)
    SELECT {base} + 2 * n + side, {year}, 2 * n - 1 + side, day FROM {days} CROSS JOIN generate_series(0, 1) AS side
    """,
)
BASE = 10_000_000
DAYS = "(SELECT n, DATE '{year}-01-01' + (n * 364::bigint / {sales})::integer AS day FROM generate_series(1, {sales}) AS n) AS every"


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
        reference, lettered = _reference(shop, wanted)
    ratio = value / reference
    return {
        "value": round(value, 2),
        "reference": round(reference, 2),
        "ratio": round(ratio, 2),
        "unit": f"s for {LINES:,} lines, {size:,} bytes",
        "queries": 2,
        "lettered": lettered,
        "grown_mib": round(grown, 1),
        "targets": {
            f"{ratio:.2f} times COPY <= {MOST:.0f}": ratio <= MOST,
            f"{grown:.0f} MiB more at the most <= {MOST_MIB}": grown <= MOST_MIB,
            "the same bytes again": same,
            "two lines of each sale have their letter": lettered == LINES // 5 * 2,
        },
    }


def _fill(shop: Shop) -> None:
    with psycopg.connect(superuser_of(shop), autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        days = DAYS.format(year=YEAR, sales=LINES // 5)
        for statement in ROWS:
            database.execute(statement.format(year=YEAR, sales=LINES // 5, base=BASE, days=days))
        database.execute("VACUUM ANALYZE")


def _fingerprint(pieces: Any) -> tuple[str, int]:
    whole, size = hashlib.sha256(), 0
    for piece in pieces:
        whole.update(piece)
        size += len(piece)
    return whole.hexdigest(), size


def _reference(shop: Shop, wanted: Any) -> tuple[float, int]:
    """The eighteen cells of every line in one plain table, copied out; and how many of them have a letter."""
    from payments.exports.fec import COLUMNS, written

    with psycopg.connect(superuser_of(shop), autocommit=True) as database, database.cursor() as cursor:
        cells = ", ".join(f'"{name}" text' for name in COLUMNS)
        cursor.execute(f"CREATE TABLE bench_fec ({cells})")
        with cursor.copy("COPY bench_fec FROM STDIN (FORMAT csv, DELIMITER E'\\t', HEADER, QUOTE E'\\x01')") as into:
            for piece in written(wanted):
                into.write(piece.decode("iso8859-15").encode())
        cursor.execute("ANALYZE bench_fec")
        cursor.execute("""SELECT count(*) FROM bench_fec WHERE "EcritureLet" <> '' """)
        (lettered,) = cursor.fetchone() or (0,)
        begun = clock()
        with cursor.copy("COPY bench_fec TO STDOUT (FORMAT csv, DELIMITER E'\\t', HEADER)") as lines:
            for _line in lines:
                pass
        return clock() - begun, lettered
