"""renewals-allowance: a till that answers in 400 ms, 80 a second allowed, two workers, five minutes."""

from __future__ import annotations

import os
from typing import Any

from tests.bench import renewing
from tests.bench.stack import inside, stack

ALLOWED = 80
SECONDS = float(os.environ.get("BENCH_SECONDS", "300"))


def run() -> dict[str, Any]:
    """Charges a second over the whole time, the fullest second of all, and those that were turned away: none."""
    with stack() as shop:
        inside(shop)
        from django.conf import settings

        from payments.allowance import SharedAllowance

        settings.STRIPE_CHARGES_A_SECOND = ALLOWED
        renewing.readers(round(ALLOWED * SECONDS * 1.02) + 200)
        done = renewing.work(SharedAllowance, till="SlowTill", threads=40, seconds=SECONDS)
    asked = sorted(instant for worker in done for instant in worker.asked)
    charged = sum(worker.charged for worker in done)
    took = asked[-1] - asked[0]
    rate, fullest = len(asked) / took, renewing.fullest_second(asked)
    ratio = rate / ALLOWED
    print(f"  {charged} charged of {len(asked)} asked in {took:.0f} s; the fullest second held {fullest}")
    return {
        "value": round(rate, 1),
        "reference": ALLOWED,
        "ratio": round(ratio, 3),
        "unit": "renewals/s",
        "queries": None,
        "fullest_second": fullest,
        "seconds": round(took),
        "targets": {
            f"ratio {ratio:.3f} >= 0.95": ratio >= 0.95,
            f"{fullest} in the fullest second <= {ALLOWED}": fullest <= ALLOWED,
            f"{len(asked) - charged} asked and not settled == 0": len(asked) == charged,
        },
    }
