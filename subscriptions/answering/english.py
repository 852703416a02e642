"""How evidence writes days, moments, amounts and issues: in English, for whoever reads it at a bank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from djmoney.money import Money

from payments.days import PARIS
from payments.money import NBSP

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
#: A link in a letter may open what is its reader's: a bank sees where it led, and cannot follow it.
_LINK = re.compile(r"https?://([^/\s<>()]+)((?:/[^/\s<>()?#]*)?)[^\s<>()]*")


def day(on: date) -> str:
    """« 3 March 2027 »."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def moment(at: datetime) -> str:
    """« 3 March 2027, 14:05:09 », Paris time."""
    local = at.astimezone(PARIS)
    return f"{day(local.date())}, {local:%H:%M:%S}"


def amount(value: Money | Decimal) -> str:
    """« EUR 27.60 »."""
    return f"EUR{NBSP}{value.amount if isinstance(value, Money) else value:.2f}"


def issue(printed: int | str) -> str:
    """« no. 25 »."""
    return f"no.{NBSP}{printed}"


def listed(parts: Sequence[str]) -> str:
    """« a », « a and b », « a, b and c »."""
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1] if parts else "") if part)


def count(number: int, one: str, many: str) -> str:
    """« 1 issue », « 4 issues »."""
    return f"{number} {one if number == 1 else many}"


def without_keys(text: str) -> str:
    """A letter as it may be shown to a bank: each link is cut behind the first part of its path."""
    return _LINK.sub(lambda found: f"{found[1]}{found[2]}{'/…' if found[2] else ''}", text)
