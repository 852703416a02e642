"""reconcile: a hundred thousand movements of payouts from stored pages, against reading the same pages through the gateway.

Nine in ten are readers' payments, one in twenty a refund of another product, the rest Stripe's own fees; ten payouts. Ours
keeps each, books its fee, finds whose it is, gives it its meaning, books what is nobody's, and sums each payout to the cent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import stripe

from tests.bench.many import superuser_of
from tests.bench.stack import clock, inside, peak_mib, queries, stack

MOVEMENTS = int(os.environ.get("RECONCILE_MOVEMENTS", "100000"))
PAYOUTS, PAGE = 10, 100
SECONDS, MIB = 60, 64
PAID = """
INSERT INTO payments_payment (id, reference, purpose, subject, amount, amount_currency, description, way, save_method,
    method_kind, state, is_open, surplus, effect, decline_code, idempotency_key, checkout_url, stripe_charge, created_at,
    state_since, received_on)
SELECT 1000000 + n, 'PAY-B' || n, 'order', 'bench:' || n, 27.60, 'EUR', 'bench', 'checkout', false, 'card', 'succeeded',
    false, false, 'done', '', 'bench' || n, '', 'ch_' || n, %(at)s, %(at)s, %(at)s::date
FROM generate_series(0, %(count)s - 1) AS n
"""


class StoredPages(stripe.HTTPClient):
    """Answers lists of payouts and of their movements from pages that lie in a folder."""

    name = "stored"
    folder: Path

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        given = parse_qs(urlsplit(url).query)
        payout = given.get("payout", ["payouts"])[0]
        behind = given.get("starting_after", ["0"])[0].rpartition("_")[2]
        body = (self.folder / payout / f"{behind}.json").read_text()
        return body, 200, {"Request-Id": "req_bench"}

    def close(self) -> None:
        """Nothing to close."""


def run() -> dict[str, Any]:
    """Seconds for all of them; the reference reads the same pages once, into the same frozen values."""
    with stack() as shop:
        inside(shop)
        at = datetime.now(UTC).replace(microsecond=0)
        with psycopg.connect(superuser_of(shop), autocommit=True) as database:
            database.execute("SET session_replication_role = replica")
            database.execute(PAID, {"at": at - timedelta(days=5), "count": MOVEMENTS})
            database.execute("VACUUM ANALYZE payments_payment")
        StoredPages.folder = Path(shop.home) / "pages"
        _store(StoredPages.folder, at)
        from django.conf import settings

        settings.STRIPE_HTTP_CLIENT = "tests.bench.reconcile.StoredPages"
        reference, sum_ = _read(at)
        before = peak_mib()
        value, made, done = _ours(at)
        grown = peak_mib() - before
        left = _left()
    assert (done, left) == (MOVEMENTS + PAYOUTS, 0), (done, left)
    print(f"  {done:,} movements, {sum_ / 100:,.2f} € net; {grown:.0f} MiB more at the peak", flush=True)
    wanted = SECONDS * MOVEMENTS / 100_000
    return {
        "value": round(value, 2),
        "reference": round(reference, 2),
        "ratio": round(value / reference, 2),
        "unit": f"s for {done:,} movements",
        "queries": made,
        "targets": {f"{value:.1f} s <= {wanted:.0f} s": value <= wanted, f"{grown:.0f} MiB <= {MIB}": grown <= MIB},
    }


def _read(at: datetime) -> tuple[float, int]:
    from payments import gateway

    begun, sum_ = clock(), 0
    for payout in list(gateway.list_payouts(since=at - timedelta(days=30))):
        sum_ += sum(line.net_cents for line in gateway.list_movements(payout=payout.id) if line.id != payout.movement)
    return clock() - begun, sum_


def _ours(at: datetime) -> tuple[float, int, int]:
    from payments.actors import job
    from payments.reconciliation.running import reconcile

    with queries() as made:
        begun = clock()
        done = reconcile(actor=job("payouts"), at=at)
        took = clock() - begun
    return took, len(made), done.movements


def _left() -> int:
    """Payouts that are not the sum of their movements, and movements without a meaning."""
    from payments.models import BalanceMovement, Payout
    from payments.reconciliation.sums import made_of

    payouts = list(Payout.objects.all())
    assert len(payouts) == PAYOUTS
    return (
        sum(bool(one.remainder) for one in made_of(payouts).values())
        + BalanceMovement.objects.filter(meaning="").count()
    )


# --- the pages -----------------------------------------------------------------------------------------------------------


def _store(folder: Path, at: datetime) -> None:
    each, payouts = MOVEMENTS // PAYOUTS, []
    for number in range(PAYOUTS):
        lines = [_line(number * each + place, at) for place in range(each)]
        amount = sum(line["net"] for line in lines)
        lines.append(
            _plain(
                MOVEMENTS + number, at, type="payout", amount=-amount, source={"id": f"po_{number}", "object": "payout"}
            )
        )
        place = folder / f"po_{number}"
        place.mkdir(parents=True)
        for first in range(0, len(lines), PAGE):
            behind = lines[first - 1]["id"].rpartition("_")[2] if first else "0"
            page = {"object": "list", "data": lines[first : first + PAGE], "has_more": first + PAGE < len(lines)}
            (place / f"{behind}.json").write_text(json.dumps(page))
        payouts.append(_payout(number, amount, lines[-1]["id"], at))
    (folder / "payouts").mkdir()
    (folder / "payouts" / "0.json").write_text(json.dumps({"object": "list", "data": payouts, "has_more": False}))


def _line(number: int, at: datetime) -> dict[str, Any]:
    if number % 20 == 0:
        source = {"id": f"re_{number}", "object": "refund", "charge": f"ch_x{number}", "metadata": {}}
        return _plain(number, at, type="refund", amount=-500, source=source)
    if number % 20 == 1:
        return _plain(number, at, type="stripe_fee", reporting_category="fee", amount=-7, source=None)
    source = {
        "id": f"ch_{number}",
        "object": "charge",
        "customer": f"cus_{number}",
        "metadata": {"reference": f"PAY-B{number}"},
    }
    return _plain(number, at, type="charge", amount=2760, fee=66, net=2694, source=source)


def _plain(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    created = int((at - timedelta(days=4)).timestamp())
    line = {
        "id": f"txn_{number + 1}", "object": "balance_transaction", "created": created, "available_on": created, "fee": 0,
        "net": more["amount"], "currency": "eur", "exchange_rate": None, "status": "available",
        "reporting_category": more["type"],
    }  # fmt: skip
    return line | more


def _payout(number: int, amount: int, line: str, at: datetime) -> dict[str, Any]:
    created = int((at - timedelta(days=3)).timestamp())
    return {
        "id": f"po_{number}", "object": "payout", "amount": amount, "currency": "eur", "created": created,
        "arrival_date": created, "automatic": True, "method": "standard", "status": "paid",
        "reconciliation_status": "completed", "balance_transaction": line, "failure_balance_transaction": None,
        "failure_code": None, "trace_id": None,
    }  # fmt: skip
