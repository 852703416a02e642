"""The one clock of a simulation: it stands still until it is moved, for the shop and for the stand-in alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from types import TracebackType
from typing import Self

import time_machine

from payments.days import PARIS, paris_day


class Clock:
    """Use it in a `with` block. Everything that reads the time of this process reads it here."""

    def __init__(self, begins: datetime) -> None:
        self.now = self.begins = begins
        self._travel = time_machine.travel(begins, tick=False)

    def __enter__(self) -> Self:
        self._traveller = self._travel.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._travel.stop()

    def move(self, instant: datetime) -> None:
        """Forwards only."""
        if instant < self.now:
            raise ValueError(f"the clock stands at {self.now}, and does not go back to {instant}")
        self.now = instant
        self._traveller.move_to(instant)

    @property
    def today(self) -> date:
        """The day in Paris."""
        return paris_day(self.now)


def paris(on: date, hour: int, minute: int = 0) -> datetime:
    """An instant of a Paris day; an hour that the short night leaves out is the one after it."""
    return datetime.combine(on, time(hour, minute), PARIS).astimezone(UTC)


def days(number: float) -> timedelta:
    """So many days."""
    return timedelta(days=number)
