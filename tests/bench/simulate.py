"""simulate: three years of the shop with 10,000 readers who come in bulk and 300 who buy through the pages, every fault."""

from __future__ import annotations

from typing import Any

from tests.simulation.place import place

YEARS, BULK, READERS, SEED = 3, 10_000, 300, 7
MOST = 600


def run() -> dict[str, Any]:
    """Seconds of the whole run, the servers' start left out; the invariants are asked once a year."""
    with place():
        from tests.simulation import faults  # noqa: F401 - fills the table
        from tests.simulation.plan import Plan
        from tests.simulation.registry import chosen
        from tests.simulation.run import simulate

        report = simulate(
            Plan(years=YEARS, readers=READERS, bulk=BULK, seed=SEED, faults=tuple(chosen("all")), audit_months=12)
        )
        for one in (*report.found[:3], *report.failures[:3]):
            print(f"  {one}")
    return {
        "value": round(report.seconds),
        "reference": MOST,
        "ratio": round(report.seconds / MOST, 2),
        "unit": "s",
        "queries": None,
        "counts": report.counts,
        "targets": {f"{report.seconds:.0f} s <= {MOST} s": report.seconds <= MOST, "0 violations": report.clean},
    }
