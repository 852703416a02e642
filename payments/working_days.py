"""Working days in France and banking days in the euro area: computed, never a list that ends one year.

French public holidays: C. trav. L3133-1, the eleven that hold everywhere (Good Friday and 26 December in Alsace and
Moselle, and the days of abolition overseas, are local and not among them). Periods of consumer law that end on a
Saturday, a Sunday or a holiday run to the next working day (C. conso L221-19), so Saturday is not a working day here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from dateutil.easter import easter

_DAY = timedelta(days=1)
_SATURDAY = 5


@lru_cache(maxsize=64)
def french_holidays(year: int) -> frozenset[date]:
    """The eleven public holidays of `year`, wherever in France."""
    sunday = easter(year)
    movable = (sunday + timedelta(days=days) for days in (1, 39, 50))  # Easter Monday, Ascension, Whit Monday
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    return frozenset(movable) | {date(year, month, day) for month, day in fixed}


@lru_cache(maxsize=64)
def banking_holidays(year: int) -> frozenset[date]:
    """The six closing days of the euro payment system (T2), on which no direct debit settles."""
    sunday = easter(year)
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 1), (12, 25), (12, 26))}
    return frozenset({sunday - 2 * _DAY, sunday + _DAY}) | fixed


def is_working_day(on: date) -> bool:
    """Monday to Friday and no public holiday."""
    return on.weekday() < _SATURDAY and on not in french_holidays(on.year)


def is_banking_day(on: date) -> bool:
    """Monday to Friday and no closing day of the euro payment system."""
    return on.weekday() < _SATURDAY and on not in banking_holidays(on.year)


def next_working_day(on: date) -> date:
    """`on` itself if it is a working day, else the first one after it (C. conso L221-19)."""
    while not is_working_day(on):
        on += _DAY
    return on


def add_working_days(on: date, days: int) -> date:
    """The day that lies `days` working days after `on` (before it, if negative); `on` itself is not counted."""
    return _step(on, days, is_working_day)


def add_banking_days(on: date, days: int) -> date:
    """The day that lies `days` banking days after `on` (before it, if negative); `on` itself is not counted."""
    return _step(on, days, is_banking_day)


def _step(on: date, days: int, counts: Callable[[date], bool]) -> date:
    step = _DAY if days >= 0 else -_DAY
    left = abs(days)
    while left:
        on += step
        if counts(on):
            left -= 1
    return on
