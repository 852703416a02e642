"""What happens when: a heap of instants. Two at the same instant go in the order in which they were written down."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(order=True, slots=True)
class Entry:
    """One thing to do. `who` and `what` are for the journal; quiet ones are not written down there."""

    at: datetime
    rank: int
    go: Callable[[], None] = field(compare=False)
    who: str = field(compare=False, default="")
    what: str = field(compare=False, default="")


class Agenda:
    """Everything to come."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._rank = 0

    def add(self, at: datetime, go: Callable[[], None], *, who: str = "", what: str = "") -> None:
        """Do `go` at that instant, or as soon as it is reached."""
        self._rank += 1
        heapq.heappush(self._heap, Entry(at, self._rank, go, who, what))

    def next(self, *, until: datetime) -> Entry | None:
        """The next entry, taken off; None when nothing is left up to that instant."""
        return heapq.heappop(self._heap) if self._heap and self._heap[0].at <= until else None

    def empty(self) -> None:
        """Nothing is to come any more."""
        self._heap.clear()

    def __len__(self) -> int:
        return len(self._heap)
