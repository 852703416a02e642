"""How letters write moments, months, numbers of issues and lists in French, with the spaces that may not break."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from payments.days import PARIS
from payments.french_days import MONTHS
from payments.french_days import french_day as day
from payments.money import NBSP

__all__ = ["bare_issues", "copies_said", "day", "issue", "issues", "moment", "month", "spaced"]

_BREAKABLE = re.compile(r" (?=[:;!?»€%])|(?<=«) |(?<=n°) ")


def moment(at: datetime) -> str:
    """« 3 mars 2027 à 14 h 05 », Paris time, whatever zone the instant comes in."""
    local = at.astimezone(PARIS)
    return f"{day(local.date())} à {local.hour}{NBSP}h{NBSP}{local.minute:02d}"


def month(number: int, year: int) -> str:
    """« mars 2027 »."""
    return f"{MONTHS[number - 1]}{NBSP}{year}"


def issue(number: int | str) -> str:
    """« n° 25 »; « n° 26-27 » of a double issue, whose number comes as it is printed."""
    return f"n°{NBSP}{number}"


def copies_said(copies: int, quantity: int) -> str:
    """« 4 numéros »; « 4 numéros, 3 exemplaires de chaque » where several copies of each go to one address."""
    said = f"{copies}{NBSP}numéros" if quantity > 1 else f"{copies} numéros"
    return f"{said}, {quantity}{NBSP}exemplaires de chaque" if quantity > 1 else said


def issues(numbers: Sequence[int | str]) -> str:
    """« n° 25 », « n° 25 et n° 26 », « du n° 25 au n° 28 » for a run without a gap, « n° 25, n° 26 et n° 28 » else.

    A double issue is never hidden in a run: « n° 25, n° 26-27 et n° 28 » are three issues, and one can count them.
    """
    if len(numbers) == 1:
        return issue(numbers[0])
    if len(numbers) > 2 and _run(numbers):
        return f"du {issue(numbers[0])} au {issue(numbers[-1])}"
    return f"{', '.join(map(issue, numbers[:-1]))} et {issue(numbers[-1])}"


def bare_issues(numbers: Sequence[int | str]) -> str:
    """The same after one « n° », for the lines of documents: « 25 », « 25 à 28 », « 25, 26-27, 28 et 29 »."""
    if len(numbers) > 2 and _run(numbers):
        return f"{numbers[0]} à {numbers[-1]}"
    return " et ".join(part for part in (", ".join(map(str, numbers[:-1])), str(numbers[-1])) if part)


def _run(numbers: Sequence[int | str]) -> bool:
    """Whether single issues follow each other without a gap."""
    if any(isinstance(one, str) and not one.isdecimal() for one in numbers):
        return False
    known = [int(one) for one in numbers]
    return known == list(range(known[0], known[-1] + 1))


def spaced(text: str) -> str:
    """The same sentences with the no-break spaces that French wants and that nobody types."""
    return _BREAKABLE.sub(NBSP, text)
