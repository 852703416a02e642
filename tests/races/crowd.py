"""Several people at once: threads with a database connection each, brought to the same instant without sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from django.db import connections, models
from django.db.models import QuerySet

from tests import servers

PATIENCE = 60.0
GLANCE = 0.003  # between two looks at who waits for a lock

Act = Callable[[], Any]


class Meeting:
    """A point in the code that a caller leaves only when everybody else is there too, waits for a lock, or is done.

    The same meeting forces the same interleaving with the lock and without it: with it the others stand before the
    lock, without it they stand here.
    """

    def __init__(self, people: int) -> None:
        self.people = people
        self.arrivals = 0
        self.largest = 0
        self._waiting = 0
        self._done = 0
        self._round = 0
        self._changed = threading.Condition()

    def __call__(self) -> None:
        """Arrive, and wait for the others."""
        end = time.monotonic() + PATIENCE
        with self._changed:
            self.arrivals += 1
            self._waiting += 1
            self.largest = max(self.largest, self._waiting)
            mine = self._round
            with psycopg.connect(servers.superuser_url(), autocommit=True) as observer:
                while mine == self._round:
                    if self._waiting + self._done + _before_locks(observer) >= self.people:
                        self._round += 1
                        self._waiting = 0
                        self._changed.notify_all()
                    elif time.monotonic() > end:
                        raise TimeoutError("the others never came")
                    else:
                        self._changed.wait(GLANCE)

    def leave(self) -> None:
        """One of the people is done and will not come any more."""
        with self._changed:
            self._done += 1
            self._changed.notify_all()

    def before(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """`act`, met before."""

        def met(*given: Any, **named: Any) -> Any:
            self()
            return act(*given, **named)

        return met


def _before_locks(observer: psycopg.Connection[Any]) -> int:
    """How many of the test's connections wait for a lock that another one holds."""
    row = observer.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    return int(row[0]) if row else 0


def together(acts: Sequence[Act], *, meeting: Meeting | None = None) -> list[Any]:
    """Run each act in its own thread and connection, all from the same instant; results in order, exceptions included."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def one(place: int, act: Act) -> None:
        try:
            # The connection is open before the start: opening it takes longer than most races.
            connections["default"].ensure_connection()
            barrier.wait(PATIENCE)
            results[place] = act()
        except BaseException as trouble:
            barrier.abort()
            results[place] = trouble
        finally:
            connections.close_all()
            if meeting is not None:
                meeting.leave()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
        assert not thread.is_alive(), "somebody waits for ever"
    return results


def troubles(results: Sequence[Any]) -> list[BaseException]:
    """What went wrong among the results of `together`."""
    return [result for result in results if isinstance(result, BaseException)]


def without_locks(monkeypatch: pytest.MonkeyPatch, *unlocked: type[models.Model]) -> None:
    """The negative control: rows of these tables (of all, if none is named) are read without their lock."""
    locked = QuerySet.select_for_update

    def read(self: QuerySet[Any], *given: Any, **named: Any) -> QuerySet[Any]:
        return locked(self, *given, **named) if unlocked and self.model not in unlocked else self.all()

    monkeypatch.setattr(QuerySet, "select_for_update", read)
