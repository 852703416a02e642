"""`python -m tests.bench [NAME…]`: each bench in a process of its own, with servers of its own; the last line is JSON."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys

BENCHES = {
    "offer-page": "offer_page",
    "order-placed": "order_placed",
    "purchase": "purchase",
    "memory": "memory",
    "webhook": "webhook",
    "renewals-instant": "renewals_instant",
    "renewals-allowance": "renewals_allowance",
    "day-sweep": "day_sweep",
    "close-issue": "close_issue",
    "address-file": "address_file",
    "staff-lists": "staff_lists",
    "simulate": "simulate",
}
INSIDE = "--inside"


def main(arguments: list[str]) -> int:
    """Run what is named, or everything; 1 if a bench misses its target, 2 if one could not be run."""
    if arguments[:1] == [INSIDE]:
        return _run(arguments[1])
    unknown = [name for name in arguments if name not in BENCHES]
    if unknown:
        print(f"There is no bench {unknown[0]!r}: {', '.join(BENCHES)}.")
        return 2
    worst = 0
    for name in arguments or list(BENCHES):
        worst = max(worst, subprocess.call([sys.executable, "-m", "tests.bench", INSIDE, name]))
    return worst


def _run(name: str) -> int:
    print(f"== {name}", flush=True)
    one, five, fifteen = os.getloadavg()
    print(f"{os.cpu_count()} cores; load before: {one:.1f} {five:.1f} {fifteen:.1f}", flush=True)
    figures = importlib.import_module(f"tests.bench.{BENCHES[name]}").run()
    one, _five, _fifteen = os.getloadavg()
    print(f"load after: {one:.1f}")
    for wish, met in figures.pop("targets").items():
        print(f"  {'met   ' if met else 'MISSED'} {wish}")
        figures["met"] = figures.get("met", True) and met
    print(json.dumps({"bench": name, **figures}, ensure_ascii=False), flush=True)
    return 0 if figures["met"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
