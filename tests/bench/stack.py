"""The servers of one bench: as the demo starts them, PostgreSQL with fsync, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kills.shop import ROOT, WEB, Shop, until

#: One reader per address: the limits of the forms count by it.
GIVEN = {"TRUSTED_PROXIES": "1"}
TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def stack() -> Iterator[Shop]:
    """PostgreSQL and Valkey, migrated, with the publisher's catalogue, the stand-in and the mailbox."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=runs()))
    try:
        with Shop(folder / "home") as shop:
            shop.start_servers()
            shop.environment |= GIVEN
            shop.start_outside()
            yield shop
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def runs() -> Path:
    """Where the benches put what they leave while they run."""
    place = ROOT / ".boutique" / "bench"
    place.mkdir(parents=True, exist_ok=True)
    return place


def serve(shop: Shop) -> None:
    """gunicorn as the demo runs it, with the bare views beside the shop."""
    shop.start_process(WEB, "gunicorn", "--config=deploy/gunicorn.conf.py", "tests.bench.wsgi:application")
    until(shop.answers, "the web server answers")


def inside(shop: Shop) -> None:
    """Make this process one of the shop's, to count queries in it."""
    import django

    os.environ.update(shop.environment)
    django.setup()
    from django.conf import settings

    settings.LOGGING_CONFIG = None
    import logging

    logging.disable(logging.CRITICAL)


@contextmanager
def queries() -> Iterator[list[str]]:
    """The queries made inside, without the bounds of transactions."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found: list[str] = []
    with CaptureQueriesContext(connection) as caught:
        yield found
    bounds = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    found += [query["sql"] for query in caught.captured_queries if not query["sql"].startswith(bounds)]


# --- processes -----------------------------------------------------------------------------------------------------------


def family(roots: Iterable[int]) -> set[int]:
    """The processes `roots` and all that came from them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """Processor time of these processes and all that came from them, those that ended included."""
    return sum(sum(map(int, fields[11:15])) for pid in family(roots) if (fields := _stat(pid))) / TICK


def pss_mib(roots: Iterable[int]) -> float:
    """Memory of these processes and all that came from them: what they share is counted once, in parts."""
    total = 0
    for pid in family(roots):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def peak_mib() -> float:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def clock() -> float:
    """Seconds, for differences."""
    return time.perf_counter()
