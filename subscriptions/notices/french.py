"""How letters write moments, months, numbers of issues and lists in French, with the spaces that may not break."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payments.days import PARIS
from payments.french_days import MONTHS, french_day
from payments.money import NBSP


def moment(at: datetime) -> str:
    """« 3 mars 2027 à 14 h 05 », Paris time, whatever zone the instant comes in."""
    local = at.astimezone(PARIS)
    return f"{french_day(local.date())} à {local.hour}{NBSP}h{NBSP}{local.minute:02d}"


def month(number: int, year: int) -> str:
    """« mars 2027 »."""
    return f"{MONTHS[number - 1]}{NBSP}{year}"


def issue(number: int) -> str:
    """« n° 25 »."""
    return f"n°{NBSP}{number}"


def issues(numbers: Sequence[int]) -> str:
    """« n° 25 », « nos 25 et 26 », « nos 25 à 28 » for a run without a gap, « nos 25, 26 et 28 » else."""
    if len(numbers) == 1:
        return issue(numbers[0])
    if len(numbers) > 2 and list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"nos{NBSP}{numbers[0]} à {numbers[-1]}"
    return f"nos{NBSP}{', '.join(map(str, numbers[:-1]))} et {numbers[-1]}"
