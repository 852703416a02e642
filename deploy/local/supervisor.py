"""Keep a set of children running until a signal comes, and leave none behind.

A child that dies takes its group with it (a killed prefork parent would leave its workers) and is started again; one that
dies five times within a minute stops everything, with the end of its log as the explanation.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType, TracebackType

from deploy.local.children import Child
from deploy.local.trouble import Trouble

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TOO_OFTEN, WITHIN = 5, 60.0
GLANCE = 0.25


class Stopped(BaseException):
    """A signal asked the supervisor to end; not an `Exception`, so that no `except` of a library keeps it."""


def say(sentence: str) -> None:
    """Tell the person, at once; a terminal that is gone is no reason to fail."""
    with contextlib.suppress(OSError):
        sys.stdout.write(sentence + "\n")
        sys.stdout.flush()


@dataclass
class Post:
    """One child and how to start it anew. `rank`: what is needed by others has a lower one and is stopped later."""

    child: Child
    start: Callable[[], Child]
    rank: int
    ends: deque[float] = field(default_factory=lambda: deque(maxlen=TOO_OFTEN))


class Supervisor:
    """Use as a context manager: from entering it, signals raise `Stopped`; on leaving it, every child is stopped."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.asked = ""

    def __enter__(self) -> Supervisor:
        # Installed one by one: a shell starts background jobs with SIGINT ignored.
        for number in SIGNALS:
            signal.signal(number, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self.stop_all()

    def start(self, start: Callable[[], Child], *, rank: int) -> Child:
        """Start a child and keep it running from now on."""
        child = start()
        self.adopt(child, start, rank=rank)
        return child

    def adopt(self, child: Child, start: Callable[[], Child], *, rank: int) -> None:
        """Look after a child that runs already."""
        self.posts.append(Post(child=child, start=start, rank=rank))

    def watch(self) -> None:
        """Look after the children for ever; ends by `Stopped` or, when one cannot be kept running, by `Trouble`."""
        while not self.asked:
            time.sleep(GLANCE)
            for post in self._fallen():
                self._raise_again(post)
        raise Stopped(self.asked)

    def stop_all(self) -> None:
        """Stop every child, highest rank first, those of one rank side by side."""
        for rank in sorted({post.rank for post in self.posts}, reverse=True):
            together = [post.child for post in self.posts if post.rank == rank]
            for child in together:
                child.ask_to_stop()
            end = time.monotonic() + 12.0
            for child in together:
                child.stop(patience=max(0.0, end - time.monotonic()), asked=True)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        # Raised inside a finaliser it would be lost: `watch` looks at what was asked as well.
        self.asked = signal.Signals(number).name
        raise Stopped(self.asked)

    def _fallen(self) -> Iterator[Post]:
        yield from (post for post in self.posts if not post.child.alive())

    def _raise_again(self, post: Post) -> None:
        post.child.kill_group()
        now = time.monotonic()
        post.ends.append(now)
        if len(post.ends) == TOO_OFTEN and now - post.ends[0] < WITHIN:
            raise Trouble(f"{post.child.name} does not stay up.\n{tail(post.child)}")
        say(f"{post.child.name} ended unexpectedly ({ended(post.child)}); starting it again.")
        try:
            post.child = post.start()
        except Trouble as trouble:  # what it left may need a moment: the next glance tries again
            say(str(trouble))


def tail(child: Child, lines: int = 12) -> str:
    """The end of a child's log, under its path."""
    try:
        last = child.log.read_bytes()[-8000:].decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        last = []
    return "\n".join([f"The end of {child.log}:", *(f"    {line}" for line in last)])


def ended(child: Child) -> str:
    """How a child that ended did: by which signal, or with which code."""
    code = child.process.returncode
    return f"signal {-code}" if code is not None and code < 0 else f"code {code}"
