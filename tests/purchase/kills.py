"""Killing a purchase at a named instant: before or after any commit, before or after any request to Stripe.

A kill is an exception that no handler of ours may catch; afterwards the connection is gone, as it would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.transaction import Atomic

from payments.gateway.client import WatchedClient
from payments.webhooks import receiving


class Killed(BaseException):
    """The process died here."""


class Reaper:
    """Counts the instants of a run; kills at the chosen one."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.kill_at = kill_at
        self.instants: list[str] = []

    def pass_by(self, name: str) -> None:
        """One more instant; dies if it is the chosen one."""
        self.instants.append(name)
        if self.kill_at is not None and len(self.instants) - 1 == self.kill_at:
            raise Killed(name)


@contextmanager
def reaped(reaper: Reaper) -> Iterator[Reaper]:
    """Watch commits and requests inside; a kill ends the block and closes the connection."""
    leave, request, store = Atomic.__exit__, WatchedClient.request, receiving.store

    def watched_exit(self: Atomic, kind: Any, error: Any, trace: Any) -> Any:
        outermost = len(connection.atomic_blocks) == 1
        if outermost and kind is None:
            try:
                reaper.pass_by("before commit")
            except Killed as killed:
                leave(self, Killed, killed, None)
                raise
        answer = leave(self, kind, error, trace)
        if outermost and kind is None:
            reaper.pass_by("after commit")
        return answer

    def watched_request(self: WatchedClient, method: str, url: str, *rest: Any, **named: Any) -> Any:
        path = url.split("?")[0].split("/v1/")[-1].split("/")[0]
        reaper.pass_by(f"before {method} {path}")
        answer = request(self, method, url, *rest, **named)
        reaper.pass_by(f"after {method} {path}")
        return answer

    def watched_store(*given: Any, **named: Any) -> int:
        # One statement that commits by itself: no block of ours ends here.
        reaper.pass_by("before storing an event")
        fresh = store(*given, **named)
        reaper.pass_by("after storing an event")
        return fresh

    receiving.store = watched_store
    Atomic.__exit__ = watched_exit  # type: ignore[method-assign]
    WatchedClient.request = watched_request  # type: ignore[method-assign]
    try:
        yield reaper
    except Killed:
        connection.close()
    finally:
        receiving.store = store
        Atomic.__exit__ = leave  # type: ignore[method-assign]
        WatchedClient.request = request  # type: ignore[method-assign]


def count(run: Callable[[], None]) -> list[str]:
    """The instants of a run that nobody kills."""
    with reaped(Reaper()) as reaper:
        run()
    return reaper.instants
