"""How letters write moments, months, numbers of issues and lists in French, with the spaces that may not break."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from payments.days import PARIS
from payments.french_days import MONTHS
from payments.french_days import french_day as day
from payments.money import NBSP

__all__ = ["copies_said", "day", "issue", "issues", "moment", "month", "spaced"]

_BREAKABLE = re.compile(r" (?=[:;!?»€%])|(?<=«) |(?<=n°) ")


def moment(at: datetime) -> str:
    """« 3 mars 2027 à 14 h 05 », Paris time, whatever zone the instant comes in."""
    local = at.astimezone(PARIS)
    return f"{day(local.date())} à {local.hour}{NBSP}h{NBSP}{local.minute:02d}"


def month(number: int, year: int) -> str:
    """« mars 2027 »."""
    return f"{MONTHS[number - 1]}{NBSP}{year}"


def issue(number: int) -> str:
    """« n° 25 »."""
    return f"n°{NBSP}{number}"


def copies_said(copies: int, quantity: int) -> str:
    """« 4 numéros »; « 4 numéros, 3 exemplaires de chaque » where several copies of each go to one address."""
    said = f"{copies}{NBSP}numéros" if quantity > 1 else f"{copies} numéros"
    return f"{said}, {quantity}{NBSP}exemplaires de chaque" if quantity > 1 else said


def issues(numbers: Sequence[int]) -> str:
    """« n° 25 », « n° 25 et n° 26 », « du n° 25 au n° 28 » for a run without a gap, « n° 25, n° 26 et n° 28 » else."""
    if len(numbers) == 1:
        return issue(numbers[0])
    if len(numbers) > 2 and list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"du {issue(numbers[0])} au {issue(numbers[-1])}"
    return f"{', '.join(map(issue, numbers[:-1]))} et {issue(numbers[-1])}"


def spaced(text: str) -> str:
    """The same sentences with the no-break spaces that French wants and that nobody types."""
    return _BREAKABLE.sub(NBSP, text)
