"""Who acts when: the worker's every statement and every request to Stripe is an instant at which readers may come in.

The worker stands still at an instant until those who came in there are done, or stand before one of its locks.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, connections

#: So long the worker stands still for a reader who waits for one of its locks.
PATIENCE = 0.005


@dataclass
class Part:
    """One reader's act. `instant`: which of the worker's it is; `done`: when it had come to its end, or raised."""

    key: int
    instant: int
    act: Callable[[], Any]
    done: float = 0.0
    result: Any = None
    ended: threading.Event = field(default_factory=threading.Event)


class Crew:
    """Two threads that act for the readers, each with its own database connection for all rounds."""

    def __init__(self, people: int = 2) -> None:
        self._wanted: queue.SimpleQueue[Part | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _one in range(people)]
        for thread in self._threads:
            thread.start()

    def ask(self, part: Part) -> None:
        self._wanted.put(part)

    def leave(self) -> None:
        for _thread in self._threads:
            self._wanted.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        try:
            while (part := self._wanted.get()) is not None:
                try:
                    part.result = part.act()
                except Exception as trouble:
                    part.result = trouble
                part.done = time.monotonic()
                part.ended.set()
        finally:
            connections.close_all()


class Conductor:
    """Counts the worker's instants, and lets the readers in at theirs."""

    now: Conductor | None = None  # whose turn it is, for the plug of the till

    def __init__(self, crew: Crew, parts: list[Part]) -> None:
        self._crew, self._worker = crew, threading.get_ident()
        self._parts = sorted(parts, key=lambda part: part.instant)
        self._next = 0
        self.instants = 0

    def tick(self) -> None:
        """One of the worker's instants has come."""
        if threading.get_ident() != self._worker:
            return
        self.instants += 1
        begun = self._next
        while self._next < len(self._parts) and self._parts[self._next].instant <= self.instants:
            self._crew.ask(self._parts[self._next])
            self._next += 1
        end = time.monotonic() + PATIENCE
        for part in self._parts[begun : self._next]:
            part.ended.wait(max(end - time.monotonic(), 0))

    def run(self, work: Callable[[], Any]) -> Any:
        """The worker's work with everybody in it; returns what it returned once all are done."""
        Conductor.now = self

        def watched(execute: Any, *given: Any) -> Any:
            self.tick()
            return execute(*given)

        try:
            with connection.execute_wrapper(watched):
                return work()
        finally:
            Conductor.now = None
            for part in self._parts[self._next :]:
                self._crew.ask(part)
            for part in self._parts:
                assert part.ended.wait(60), "somebody waits for ever"
