"""What each job reads, seen in its statements, and whether any of it has changed since it last found nothing to do.

A job is a sweep: what it finds depends on rows, on the day, and for some on the minute (a time-out) or on Stripe. So a ring
may be left out, and would have found what the ring before it left, while no table that the job reads has changed, the day
is the same, and nobody asks for the minute. `tests/simulation/test_timetable.py` compares this with ringing everything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

#: Statements that change rows; FOR UPDATE only locks them.
WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE (?!OF\b|SKIP\b|SET\b)(?:ONLY )?|DELETE FROM) ?\"?(\w+)", re.I)
READS = re.compile(r"\b(?:FROM|JOIN|USING|INTO|UPDATE(?! OF| SKIP| SET)) (?:ONLY )?\"?(\w+)", re.I)
#: Tables in which a ring leaves its own bookkeeping, whatever it found.
BOOKKEEPING = frozenset({"watch_jobrun", "django_session"})
#: Written by triggers: no statement of ours names them, so that any change of the promise may be one of them.
BY_TRIGGERS = ("subscriptions_look", "subscriptions_termundone")
PROMISE = "subscriptions_"


@dataclass(frozen=True, slots=True)
class Seen:
    """A run that changed nothing: the tables it read, at which change it began, on which day; whether the minute mattered,
    and whether it asked Stripe."""

    tables: frozenset[str]
    at: int
    on: date
    minute: bool
    stripe: bool


@dataclass(slots=True, eq=False)
class Reading:
    """What the statements inside a block asked."""

    tables: set[str] = field(default_factory=set)
    minute: bool = False


class Tables:
    """Looks at every statement of this process, and remembers when each table was last changed."""

    def __init__(self) -> None:
        #: How many statements changed a row so far.
        self.changes = 0
        self._changed: dict[str, int] = defaultdict(int)
        self._readings: list[Reading] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        reads, writes = _tables_of(sql if isinstance(sql, str) else str(sql))
        for reading in self._readings:
            reading.tables.update(reads)
            reading.minute = reading.minute or (
                not many and not reads <= BOOKKEEPING and any(isinstance(given, datetime) for given in _values(params))
            )
        if writes and context["cursor"].rowcount > 0:
            self.changes += 1
            for table in (*writes, *(BY_TRIGGERS if any(table.startswith(PROMISE) for table in writes) else ())):
                self._changed[table] = self.changes
        return answer

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """What is asked inside, by this thread; the other stands still meanwhile (`tests.simulation.kills`)."""
        reading = Reading()
        self._readings.append(reading)
        try:
            with self.watched():
                yield reading
        finally:
            self._readings.remove(reading)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Every statement of this thread's connection inside passes here, once."""
        if self in connection.execute_wrappers:
            yield
            return
        with connection.execute_wrapper(self):
            yield

    def changed_since(self, seen: Seen) -> bool:
        """Whether a table that was read then has been changed meanwhile."""
        return any(self._changed[table] > seen.at for table in seen.tables)


@lru_cache(maxsize=50_000)
def _tables_of(sql: str) -> tuple[frozenset[str], frozenset[str]]:
    """The tables that a statement reads, and those that it changes."""
    return frozenset(READS.findall(sql)), frozenset(WRITES.findall(sql)) - BOOKKEEPING


def _values(params: Any) -> Iterator[Any]:
    """The values given with a statement, those of lists too."""
    for given in params.values() if isinstance(params, dict) else params or ():
        if isinstance(given, list | tuple):
            yield from given
        else:
            yield given
