"""Killing the process at a named instant, and doing something else in the middle of a job.

The instants: before and after each commit, each request to Stripe, each letter handed to the post, and each event stored;
and those in the middle of a transaction that `INSIDE` names.
A kill is an exception that no handler of ours may catch; afterwards the connection is gone, as it would be. A rival is a
second process that does its own job while the first one stands at such an instant: a thread with a connection of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections
from django.db.transaction import Atomic

from payments.closing import days, periods
from payments.gateway.client import WatchedClient
from payments.reconciliation import at_bank, reading
from payments.webhooks import receiving
from subscriptions.bank import explaining, taking_in
from subscriptions.fulfilment import closing, posting
from subscriptions.institutions import cancelling, ordering
from subscriptions.institutions import receiving as transfers
from subscriptions.losses import answering, carrying_out, claiming, freezing, incidents, returning
from subscriptions.notices.posting import LetterBox
from subscriptions.singles import giving_back, selling

#: Half done: the named work has just been done inside its transaction, and nothing of it may remain.
INSIDE: Mapping[str, tuple[Any, str]] = {
    "the copies of a file are frozen": (closing, "freeze"),
    "a file is hashed": (closing, "fingerprint"),
    "the copies of a run are served": (posting, "move_copies_of_run"),
    "the lines of a resend are counted": (freezing, "count"),
    "what is sent again is out of stock": (freezing, "append"),
    "a return is looked at": (returning, "case_of_return"),
    "copies are held for their address": (returning, "hold"),
    "copies of a known address are released": (answering, "release"),
    "a claim is written": (claiming, "gather"),
    "a claim is decided": (claiming, "settle"),
    "claims are taken under an incident": (incidents, "_take_under"),
    "a claim of an incident is settled": (carrying_out, "settle"),
    "an institution is invoiced": (ordering, "open_invoiced"),
    "a transfer is noted": (transfers, "note_receipt"),
    "what an institution was not sent is credited": (cancelling, "give_back_unserved"),
    "the lines of a statement are there": (taking_in, "lock_lines"),
    "a transfer on a statement is received": (explaining, "receive"),
    "a payout is at the bank": (at_bank, "arrived"),
    "movements of a payout are kept": (reading, "put"),
    "a day is hashed": (days, "digest"),
    "the figures of a month are taken": (periods, "fingerprint"),
    "past issues are sold": (selling, "issue"),
    "past issues are taken back": (giving_back, "move"),
}


class Killed(BaseException):
    """The process died here; its name is the instant."""


class Reaper:
    """Counts instants while it watches; dies, or lets a rival in, at the one that was chosen."""

    def __init__(self) -> None:
        self.watching = False
        self.passed = 0
        self._kill_in: int | None = None
        self._kill_at = ""
        self._rival_in: int | None = None
        self._rival: Callable[[], None] | None = None

    def arm(self, instants: int) -> None:
        """Die at the instant so many further on."""
        self._kill_in = instants

    def arm_at(self, name: str) -> None:
        """Die at the next instant of this name, one of `INSIDE`."""
        self._kill_at = name

    def let_in(self, instants: int, rival: Callable[[], None]) -> None:
        """Do `rival` in another thread, whole, at the first instant outside a transaction from so many further on."""
        self._rival_in, self._rival = instants, rival

    def disarm(self) -> None:
        """Nobody dies any more."""
        self._kill_in = self._rival_in = self._rival = None
        self._kill_at = ""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A process of the shop lives inside this block."""
        before, self.watching = self.watching, True
        try:
            yield
        finally:
            self.watching = before

    def pass_by(self, name: str) -> None:
        """One more instant."""
        if not self.watching or threading.current_thread() is not threading.main_thread():
            return
        self.passed += 1
        if self._kill_in is not None:
            self._kill_in -= 1
            if self._kill_in <= 0:
                self._kill_in = None
                raise Killed(name)
        if name == self._kill_at:
            self._kill_at = ""
            raise Killed(name)
        if self._rival_in is not None:
            self._rival_in -= 1
            if self._rival_in <= 0 and self._rival is not None and not connection.in_atomic_block:
                rival, self._rival, self._rival_in = self._rival, None, None
                _in_another_process(rival)


def _in_another_process(rival: Callable[[], None]) -> None:
    trouble: list[BaseException] = []

    def live() -> None:
        try:
            rival()
        except BaseException as error:
            trouble.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=live, name="rival")
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]


@contextmanager
def reaped(reaper: Reaper) -> Iterator[None]:
    """Make every named instant known to `reaper`."""
    leave, request, store, send = Atomic.__exit__, WatchedClient.request, receiving.store, LetterBox.send

    def watched_exit(self: Atomic, kind: Any, error: Any, trace: Any) -> Any:
        outermost = self.using == connection.alias and len(connection.atomic_blocks) == 1
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

    def watched_send(self: LetterBox, message: Any) -> Any:
        reaper.pass_by("before handing over a letter")
        answer = send(self, message)
        reaper.pass_by("after handing over a letter")
        return answer

    Atomic.__exit__ = watched_exit  # type: ignore[method-assign]
    WatchedClient.request = watched_request  # type: ignore[method-assign]
    LetterBox.send = watched_send  # type: ignore[method-assign]
    receiving.store = watched_store
    inside = {name: getattr(*place) for name, place in INSIDE.items()}
    for name, (room, verb) in INSIDE.items():
        setattr(room, verb, _watched_inside(reaper, name, inside[name]))
    try:
        yield
    finally:
        Atomic.__exit__ = leave  # type: ignore[method-assign]
        WatchedClient.request = request  # type: ignore[method-assign]
        LetterBox.send = send  # type: ignore[method-assign]
        receiving.store = store
        for name, (room, verb) in INSIDE.items():
            setattr(room, verb, inside[name])


def _watched_inside(reaper: Reaper, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def done(*given: Any, **named: Any) -> Any:
        answer = work(*given, **named)
        reaper.pass_by(name)
        return answer

    return done
