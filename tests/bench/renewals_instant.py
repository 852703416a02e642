"""renewals-instant: renewals a second with a till that answers at once, against the same rows written by bare SQL."""

from __future__ import annotations

import multiprocessing
from typing import Any

import psycopg

from tests.bench import renewing
from tests.bench.load import fsync_ms
from tests.bench.stack import clock, inside, stack

READERS, WARMING, ROUNDS = 1500, 200, 3

#: Of one renewal with payment $1: every row that our work inserted, read back and written once more, without references.
COPIED = (
    ("payments_payment", "id = %(payment)s"),
    ("payments_paymentevent", "payment_id = %(payment)s"),
    ("subscriptions_renewalattempt", "payment_id = %(payment)s"),
    ("subscriptions_renewalevent", "renewal_id = %(renewal)s"),
    ("subscriptions_term", "payment_id = %(payment)s"),
    ("subscriptions_entitlement", "term_id = %(term)s"),
    ("subscriptions_entitlementmovement", "entitlement_id IN (SELECT id FROM subscriptions_entitlement WHERE term_id = %(term)s)"),
    ("payments_invoice", "id = %(invoice)s"),
    ("payments_invoiceline", "invoice_id = %(invoice)s"),
    ("payments_ledgerentry", "source IN ('payment:' || %(payment)s, 'invoice:' || %(invoice)s)"),
    (
        "payments_ledgerline",
        ("entry_id IN (SELECT id FROM payments_ledgerentry"
        " WHERE source IN ('payment:' || %(payment)s, 'invoice:' || %(invoice)s))"),
    ),
    ("subscriptions_notice", "matter = 'renewal_paid:renewal:' || %(renewal)s"),
)  # fmt: skip
KEYS = """
SELECT r.id AS renewal, t.id AS term, t.payment_id AS payment, i.id AS invoice
FROM subscriptions_renewal r JOIN subscriptions_term t ON t.id = r.term_id
JOIN payments_invoice i ON i.subject = 'term:' || r.subscription_id || ':' || r.number ORDER BY r.id
"""


def run() -> dict[str, Any]:
    """Medians of interleaved rounds, two workers each; the first round warms up."""
    from payments.allowance import Unlimited

    with stack() as shop:
        inside(shop)
        disk = fsync_ms(shop.home)
        ours, bare = [], []
        for number in range(ROUNDS + 1):
            count = READERS if number else WARMING
            renewing.readers(count, prefix=f"r{number}-")
            done = renewing.work(Unlimited, till="InstantTill", threads=4)
            assert sum(worker.charged for worker in done) == count
            took = max(worker.ended for worker in done) - min(worker.begun for worker in done)
            reference = _bare(shop.environment["DATABASE_OWNER_URL"], last=count)
            print(f"  {count} renewals: {count / took:.0f}/s; bare rows: {reference:.0f}/s", flush=True)
            if number:
                ours.append(count / took)
                bare.append(reference)
        queries = _queries()
    value, reference = sorted(ours)[len(ours) // 2], sorted(bare)[len(bare) // 2]
    ratio = value / reference
    print(f"  one fsync of this disk: {disk:.2f} ms")
    return {
        "value": round(value),
        "reference": round(reference),
        "ratio": round(ratio, 2),
        "unit": "renewals/s",
        "queries": queries,
        "fsync_ms": round(disk, 2),
        "targets": {f"ratio {ratio:.2f} >= 0.3": ratio >= 0.3, f"{value:.0f} renewals/s >= 500": value >= 500},
    }


def _bare(owner: str, *, last: int) -> float:
    """The same rows, one transaction for each renewal, by as many connections as there were workers."""
    with psycopg.connect(owner, autocommit=True) as database:
        for table, _where in COPIED:
            database.execute(f"DROP TABLE IF EXISTS bench_{table}")
            database.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING INDEXES INCLUDING CONSTRAINTS)")
        rows = database.execute(KEYS).fetchall()[-last:]
        keys = [dict(zip(("renewal", "term", "payment", "invoice"), row, strict=True)) for row in rows]
        database.execute("ANALYZE")
    fork = multiprocessing.get_context("fork")
    pipes = [fork.Pipe(duplex=False) for _worker in range(renewing.WORKERS)]
    workers = [
        fork.Process(target=_write, args=(out, owner, keys[place :: renewing.WORKERS]))
        for place, (_into, out) in enumerate(pipes)
    ]
    begun = clock()
    for worker in workers:
        worker.start()
    for into, _out in pipes:
        into.recv()
    took = clock() - begun
    for worker in workers:
        worker.join()
    return last / took


def _write(out: Any, owner: str, keys: list[dict[str, int]]) -> None:
    with psycopg.connect(owner, autocommit=True) as database:
        for key in keys:
            with database.transaction():
                for table, where in COPIED:
                    database.execute(f"INSERT INTO bench_{table} SELECT * FROM {table} WHERE {where}", key)
    out.send(True)


def _queries() -> int:
    """Queries for one batch of fifty: claimed, charged, settled."""
    from datetime import datetime

    from django.conf import settings

    from payments.actors import job
    from payments.allowance import Unlimited
    from payments.days import PARIS
    from subscriptions.renewals.charging import charge_due
    from tests.bench.stack import queries

    renewing.readers(50, prefix="q-")
    settings.STRIPE_HTTP_CLIENT = "tests.bench.renewing.InstantTill"
    ten = datetime(renewing.R.year, renewing.R.month, renewing.R.day, 10, tzinfo=PARIS)
    with queries() as made:
        charge_due(at=ten, now=lambda: ten, allowance=Unlimited(), actor=job("renewal-charge"), threads=0)
    return len(made)
