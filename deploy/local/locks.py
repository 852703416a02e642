"""Every dependency is locked by hash, and no lock names a place to fetch from: that is each machine's own matter."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "requirements"
FOREIGN = ("http", "file:", "@ ")
WISH = re.compile(r"^([A-Za-z0-9._-]+)")
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==\S+")


def troubles(folder: Path = FOLDER) -> Iterator[str]:
    """One sentence for each thing that is wrong."""
    for wishes in sorted(folder.glob("*.in")):
        lock = wishes.with_suffix(".txt")
        if not lock.exists():
            yield f"{wishes.name} has no lock: make lock."
            continue
        text = lock.read_text()
        yield from (f"{lock.name} contains {word!r}." for word in FOREIGN if word in text)
        yield from (f"{lock.name} sets an option: {line}" for line in text.splitlines() if line.startswith("-"))
        entries = re.sub(r" \\\n\s+", " ", text).splitlines()
        locked = {_plain(found[1]): line for line in entries if (found := LOCKED.match(line))}
        yield from (
            f"{lock.name}: {name} has no hash." for name, line in locked.items() if "--hash=sha256:" not in line
        )
        yield from (f"{lock.name} lacks {name}: make lock." for name in _wished(wishes) if name not in locked)


def _wished(wishes: Path) -> Iterator[str]:
    for line in wishes.read_text().splitlines():
        if line.startswith("-r "):
            yield from _wished(wishes.parent / line.removeprefix("-r ").strip())
        elif found := WISH.match(line):
            yield _plain(found[1])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    found = list(troubles())
    sys.exit("\n".join(found) or None)
