"""`python -m tests.simulation [--years 3] [--readers 100] [--seed 7] [--faults all]`: the last line is JSON."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulation.place import place

if TYPE_CHECKING:
    from tests.simulation.run import Report
    from tests.simulation.shop import Shop


def main(arguments: list[str]) -> int:
    """Run one simulation and report; 1 if anything was wrong, 2 if it could not be run."""
    asked = _asked(arguments)
    with place():
        from tests.simulation import faults  # noqa: F401 - fills the table
        from tests.simulation.plan import Plan
        from tests.simulation.registry import chosen
        from tests.simulation.run import simulate

        try:
            names = chosen(asked.faults)
        except ValueError as refused:
            print(refused)
            return 2
        plan = Plan(
            years=asked.years, readers=asked.readers, seed=asked.seed, faults=tuple(names), bulk=asked.bulk,
            bulk_days=asked.bulk_days, until_step=asked.until_step, audit_months=asked.audit_months,
        )  # fmt: skip
        print(
            f"{asked.years:g} years, {asked.readers} readers, seed {asked.seed}, faults: {', '.join(names) or 'none'}",
            flush=True,
        )
        # What is here now stays, and what a year leaves behind is mostly letters: to look at it all again and again is in vain.
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        report = simulate(plan, say=_say)
        if asked.journal:
            Path(asked.journal).write_text("\n".join(report.journal) + "\n")
        return tell(report)


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--bulk", type=int, default=0, help="readers who buy without the pages")
    parser.add_argument("--bulk-days", type=int, default=365, help="within how many days they come")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--faults", default="all", help="all, none, or names with commas between")
    parser.add_argument("--until-step", type=int, default=None, help="stop before this step of a report")
    parser.add_argument("--journal", default="", help="a file for every act and fault, step by step")
    parser.add_argument("--audit-months", type=int, default=1)
    asked = parser.parse_args(arguments)
    if asked.seed is None:
        asked.seed = int(time.time()) % 1_000_000
    return asked


def _say(shop: Shop) -> None:
    line = (
        f"  {shop.clock.today}  step {shop.journal.step}, {len(shop.till.charges())} charges, "
        f"{len(shop.post.taken)} letters, {shop.kills} kills"
    )
    end = "\r" if sys.stdout.isatty() else "\n"
    if sys.stdout.isatty() or shop.clock.today.day <= 7:
        print(line, end=end, flush=True)


def tell(report: Report) -> int:
    """Print what was seen: a line per invariant, the first violation with its chain, one line of JSON."""
    from tests.simulation import trace
    from tests.simulation.invariants import NAMES
    from tests.simulation.registry import chosen

    by_name = {name: [one for one in report.found if one.name == name] for name in NAMES}
    print()
    for name, found in by_name.items():
        print(f"{name:<11} {len(found)} violations")
    for failure in report.failures[:5]:
        print(f"RAISED      {failure}")
    plan = report.plan
    named = "all" if list(plan.faults) == chosen("all") else ",".join(plan.faults) or "none"
    again = f"YEARS={plan.years:g} READERS={plan.readers} SEED={plan.seed} FAULTS='{named}'"
    if report.found:
        print(f"\nThe first: {report.found[0]}\n" + "\n".join(report.explained))
        for other in report.found[1:20]:
            print(f"also: {other}")
    if not report.clean:
        print(f"\nAgain: make simulate {again} (step {report.step}, {report.at:%Y-%m-%d %H:%M})")
    else:
        print("\n0 violations")
    print(
        json.dumps(
            {
                "simulation": "clean" if report.clean else "violated",
                "years": plan.years,
                "readers": plan.readers,
                "seed": plan.seed,
                "faults": list(plan.faults),
                "violations": {name: len(found) for name, found in by_name.items()},
                "raised": len(report.failures),
                "step": report.step,
                "seconds": round(report.seconds, 1),
                "trace": trace.digest(report.trace)[:16],
                "remainders": report.remainders,
                **report.counts,
            }
        ),
        flush=True,
    )
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
