"""`make races N=100000 SEED=7`: as many races as one likes, on every core, and one JSON line last.

A part of two thousand is one test of `tests/races/test_instants.py`; each notes how its races ended in a file of this run.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def main() -> int:
    """Run them all; 1 if any went wrong."""
    count = int(os.environ.get("N") or 2000)
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
    report = ROOT / ".boutique" / "races" / f"{seed}-{os.getpid()}.jsonl"
    report.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", os.environ.get("WORKERS") or "2", "-q", "tests/races/test_instants.py",
         "-k", "whatever_readers_do"],
        cwd=ROOT,
        env=os.environ | {"RACES": str(count), "SEED": seed, "RACES_REPORT": str(report)},
        check=False,
    )  # fmt: skip
    parts = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    for what in ("charge", "letter"):
        ends: Counter[str] = Counter()
        for part in parts:
            if part["what"] == what:
                ends.update(part["ends"])
        for end, number in sorted(ends.items()):
            print(f"{number:>8}  {end}")
    wrong = {what: sum(len(part["wrong"]) for part in parts if part["what"] == what) for what in ("charge", "letter")}
    races = {what: sum(part["races"] for part in parts if part["what"] == what) for what in ("charge", "letter")}
    print(
        json.dumps(
            {
                "races": sum(races.values()), "around_a_charge": races["charge"], "around_a_letter": races["letter"],
                "wrong_charges": wrong["charge"], "wrong_letters": wrong["letter"], "seed": seed,
                "seconds": round(time.monotonic() - begun),
            }
        )
    )  # fmt: skip
    return done.returncode or int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
