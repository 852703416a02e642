"""What the simulation did, step by step: acts, faults, kills. It is no part of the trace; it explains a violation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened at a step."""

    step: int
    at: datetime
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} step {self.step:>6}  {self.who}: {self.what}"


class Journal:
    """Every line, oldest first."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.step = 0

    def write(self, at: datetime, who: str, what: str) -> None:
        """One more line."""
        self.lines.append(Line(self.step, at, who, what))

    def of(self, who: str) -> Iterator[Line]:
        """What one reader did."""
        return (line for line in self.lines if line.who == who)

    def faults(self, *, since: datetime, until: datetime) -> Iterator[Line]:
        """What went wrong around."""
        return (line for line in self.lines if line.who in ("fault", "killed") and since <= line.at <= until)
