"""Two tables: what readers, staff and the world may do (acts), and what may go wrong (faults). One function, one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.people import Reader
    from tests.simulation.shop import Shop, Story

Tale = Callable[["Shop", "Reader"], "Story"]
When = Callable[["Shop", "Reader", Random], timedelta | None]


@dataclass(frozen=True, slots=True)
class Act:
    """What a reader may do. `weight`: how likely in each year of a subscription; `when`: days after the year's first
    day, drawn once for each year, or None if it is not for this reader."""

    name: str
    weight: float
    when: When
    tale: Tale


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader does with a letter that holds a link: `weight`: how likely at each such letter."""

    name: str
    link: str
    weight: float
    tale: Callable[[Shop, Reader, str], Story]


@dataclass(frozen=True, slots=True)
class Fault:
    """What may go wrong: `a_year`: how many times, by itself or (`traffic`) among five hundred readers, and then the more
    the more there are; `strike` begins it, and writes its end into the agenda itself."""

    name: str
    a_year: float
    traffic: bool
    strike: Callable[[Shop, Random], str]

    def mean_days(self, readers: int) -> float:
        """How long until the next time, on average."""
        scale = min(max(readers / 500, 0.06), 2.0) if self.traffic else 1.0
        return 365 / (self.a_year * scale)


ACTS: list[Act] = []
ANSWERS: list[Answer] = []
FAULTS: dict[str, Fault] = {}


def anytime(shop: Shop, reader: Reader, chance: Random) -> timedelta | None:
    """Any day of the year."""
    return timedelta(days=chance.uniform(1, 360))


def before_renewal(first: float, last: float) -> When:
    """So many days before the year ends."""

    def when(shop: Shop, reader: Reader, chance: Random) -> timedelta | None:
        return timedelta(days=365 - chance.uniform(last, first))

    return when


def between(first: float, last: float) -> When:
    """So many days after the year began."""

    def when(shop: Shop, reader: Reader, chance: Random) -> timedelta | None:
        return timedelta(days=chance.uniform(first, last))

    return when


def act(name: str, *, weight: float, when: When = anytime) -> Callable[[Tale], Tale]:
    """A row of the table of acts."""

    def enter(tale: Tale) -> Tale:
        ACTS.append(Act(name, weight, when, tale))
        return tale

    return enter


def answers(name: str, *, link: str, weight: float) -> Callable[..., Callable[[Shop, Reader, str], Story]]:
    """A row of the table of answers: letters with a link whose path begins so."""

    def enter(tale: Callable[[Shop, Reader, str], Story]) -> Callable[[Shop, Reader, str], Story]:
        ANSWERS.append(Answer(name, link, weight, tale))
        return tale

    return enter


def fault(name: str, *, a_year: float, traffic: bool = True) -> Callable[..., Callable[[Shop, Random], str]]:
    """A row of the table of faults."""

    def enter(strike: Callable[[Shop, Random], str]) -> Callable[[Shop, Random], str]:
        FAULTS[name] = Fault(name, a_year, traffic, strike)
        return strike

    return enter


def chosen(text: str) -> Sequence[str]:
    """The names in FAULTS=all, none, or a list. Raises ValueError for a name nobody knows."""
    if text == "all":
        return sorted(FAULTS)
    names = [name.strip() for name in text.split(",") if name.strip() and name.strip() != "none"]
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise ValueError(f"There is no fault {unknown[0]!r}: {', '.join(sorted(FAULTS))}.")
    return sorted(names)
