"""Everything the stand-in keeps: objects by kind and id, in memory, and in a SQLite file when one is named.

Constraints: an answer that was given is never lost by a killed process, so the changes of a request are written in one
transaction before it is answered; nothing is read back from the file after the start. Every kind of row (customers as
well as idempotency keys, deliveries and jobs) goes the same way, so that disputes or payouts need no change here.
Not thread-safe by itself: the world's one lock is held by every caller.
"""

import fcntl
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

Obj = dict[str, Any]
# Fields by which lists are asked; each keeps its own index so that a look-up by customer never walks all charges.
INDEXED = ("customer", "payment_intent", "charge", "source", "_payout", "_waiting", "_session", "event")


class Store:
    """Objects carry their kind in `object` and their rank of creation in `_seq`; `save` after every change."""

    def __init__(self, path: str | None = None) -> None:
        self._kinds: defaultdict[str, dict[str, Obj]] = defaultdict(dict)
        self._index: defaultdict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
        self._indexed: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
        self._dirty: dict[tuple[str, str], Obj | None] = {}
        self._seq = 0
        self._guard = _guarded(path) if path else None
        self._file = _opened(path) if path else None
        if self._file is not None:
            for (body,) in self._file.execute("SELECT body FROM objects ORDER BY seq"):
                self._take(json.loads(body))

    def add(self, obj: Obj) -> Obj:
        """Keep a new object."""
        self._seq += 1
        obj["_seq"] = self._seq
        return self.save(obj)

    def save(self, obj: Obj) -> Obj:
        """Note that an object changed."""
        self._take(obj)
        self._dirty[obj["object"], obj["id"]] = obj
        return obj

    def get(self, kind: str, reference: str) -> Obj | None:
        """The live object; change it and `save` it."""
        return self._kinds[kind].get(reference)

    def remove(self, obj: Obj) -> None:
        """Forget an object."""
        kind, reference = obj["object"], obj["id"]
        for field, value in self._indexed.pop((kind, reference), ()):
            del self._index[kind, field, value][reference]
        self._kinds[kind].pop(reference, None)
        self._dirty[kind, reference] = None

    def newest(self, kind: str, **where: str | None) -> Iterator[Obj]:
        """Objects of a kind, last made first, narrowed by indexed fields (None does not narrow)."""
        narrowed = [(field, value) for field, value in where.items() if value is not None]
        if not narrowed:
            yield from reversed(self._kinds[kind].values())
            return
        (field, value), *others = narrowed
        found = [self._kinds[kind][reference] for reference in self._index.get((kind, field, value), ())]
        for obj in sorted(found, key=lambda obj: -obj["_seq"]):
            if all(obj.get(other) == wanted for other, wanted in others):
                yield obj

    def all(self, kind: str) -> list[Obj]:
        """Objects of a kind, first made first."""
        return list(self._kinds[kind].values())

    def first(self, kind: str, many: int) -> list[Obj]:
        """The oldest objects of a kind."""
        return list(islice(self._kinds[kind].values(), many))

    def count(self, kind: str) -> int:
        """How many objects of a kind are kept."""
        return len(self._kinds[kind])

    def kinds(self) -> list[str]:
        """The kinds that have rows."""
        return [kind for kind, rows in self._kinds.items() if rows]

    def commit(self) -> None:
        """Write what changed since the last commit, all of it or nothing."""
        if self._file is not None and self._dirty:
            with self._file:
                for (kind, reference), obj in self._dirty.items():
                    if obj is None:
                        self._file.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, reference))
                    else:
                        self._file.execute(
                            "INSERT INTO objects VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
                            (kind, reference, obj["_seq"], json.dumps(obj, ensure_ascii=False)),
                        )
        self._dirty.clear()

    def clear(self) -> None:
        """Forget everything, in the file too."""
        for rows in list(self._kinds.values()):
            for obj in list(rows.values()):
                self.remove(obj)
        self.commit()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        if self._guard is not None:
            self._guard.close()

    def _take(self, obj: Obj) -> None:
        kind, reference = obj["object"], obj["id"]
        self._kinds[kind][reference] = obj
        self._seq = max(self._seq, obj["_seq"])
        values = tuple((field, obj[field]) for field in INDEXED if isinstance(obj.get(field), str))
        before = self._indexed.get((kind, reference), ())
        if values != before:
            for field, value in before:
                del self._index[kind, field, value][reference]
            for field, value in values:
                self._index[kind, field, value][reference] = None
            self._indexed[kind, reference] = values


def _guarded(path: str) -> TextIO:
    """The store held alone: a second process would answer from a memory of its own."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    guard = Path(f"{path}.lock").open("w")  # noqa: SIM115 - held until the store is closed
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        guard.close()
        raise SystemExit(f"Another stand-in already keeps its state in {path}.") from None
    return guard


def refuse_shared(path: str) -> None:
    """Raise SystemExit with one sentence when another process holds this store."""
    if path:
        _guarded(path).close()


def _opened(path: str) -> sqlite3.Connection:
    file = sqlite3.connect(path, check_same_thread=False)
    file.execute("PRAGMA journal_mode=WAL")
    # A killed process loses nothing that was handed to the system; only a power cut could.
    file.execute("PRAGMA synchronous=OFF")
    file.execute(
        "CREATE TABLE IF NOT EXISTS objects"
        " (kind TEXT, id TEXT, seq INTEGER, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID"
    )
    return file
