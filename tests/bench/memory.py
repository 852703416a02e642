"""memory: the whole demo at rest after readers have bought, all our processes and both servers, shared pages counted once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from deploy.local.environment import PASSED_ON, saved
from deploy.local.places import prepare
from tests.bench.purchase import buy
from tests.bench.stack import GIVEN, family, pss_mib, runs
from tests.kills.shop import ROOT, Shop, until
from tests.sandbox.driver import Driver

PURCHASES = 40
REST = 25.0  # seconds: the last documents are set (every fifteen), and the press has left (after eight)
NAMES = (
    ("deploy.local.demo", "supervisor"),
    ("payments.sandbox.wsgi", "stand-in"),
    ("deploy.local.mailbox", "mailbox"),
    ("gunicorn", "web"),
    ("tasks.beat", "clock"),
    ("tasks.worker", "worker"),
    ("payments/press.py", "press"),
    ("valkey", "Valkey"),
    ("postgres", "PostgreSQL"),
)


def run() -> dict[str, Any]:
    """MiB of proportional memory of `make demo` and everything it started."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=runs()))
    shop = Shop(folder / "home")
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment = kept | GIVEN | shop.given | {"BOUTIQUE_HOME": str(shop.home)}
    demo = [sys.executable, "-m", "deploy.local.demo"]
    process = subprocess.Popen(
        [*demo, "--end-with-parent"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        told = iter(process.stdout.readline, "")
        if not any(line.startswith("Ctrl-C stops everything.") for line in told):
            raise RuntimeError("the demo did not start")
        shop.environment = saved(shop.home)
        shop.places = prepare(shop.home)
        shop.till = Driver(shop.chosen.stripe_url, shop.environment["STRIPE_SECRET_KEY"])
        at_first = pss_mib([process.pid])
        buy(shop, range(PURCHASES))
        waiting = "SELECT count(*) FROM subscriptions_notice WHERE state IN ('queued', 'sending') AND due_at <= "
        until(lambda: shop.ask(f"{waiting} clock_timestamp()") == [0], "every letter has left", patience=240)
        time.sleep(REST)
        parts = _parts(process.pid)
    finally:
        shop.close()
        process.terminate()
        process.wait(60)
        subprocess.run([*demo, "--reset"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(folder, ignore_errors=True)
    total = sum(parts.values())
    print("  " + ", ".join(f"{name} {mib:.0f}" for name, mib in sorted(parts.items(), key=lambda part: -part[1])))
    print(f"  {at_first:.0f} MiB before the first purchase, {total:.0f} MiB at rest after {PURCHASES}")
    return {
        "value": round(total),
        "reference": None,
        "ratio": None,
        "unit": "MiB (PSS)",
        "queries": None,
        "parts": {name: round(mib) for name, mib in parts.items()},
        "targets": {f"{total:.0f} MiB <= 500": total <= 500},
    }


def _parts(root: int) -> dict[str, float]:
    """Memory by what the processes are; a child belongs to what it was started as."""
    parts: dict[str, float] = {}
    for pid in family([root]):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        name = next((name for word, name in NAMES if word in line), line[:40])
        mib = next(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) / 1024
        parts[name] = parts.get(name, 0.0) + mib
    return parts
