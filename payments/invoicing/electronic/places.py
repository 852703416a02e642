"""Printed lines of an address as the parts that machines want: street, postcode, town.

The lines are what was printed on paper and stay whole: what no part can be told from stands in the town's place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from payments.territories import FRENCH_CODES

_FRENCH = re.compile(r"(\d{5}) (.+)", re.ASCII)
#: « 10115 BERLIN », « SW1A 1AA LONDON », « 1012 AB AMSTERDAM »: figures in the first word or two, none in the town.
_FOREIGN = re.compile(r"((?:[A-Z]{1,2}-)?(?=[A-Z0-9]*\d)[A-Z0-9]+(?: (?=[A-Z0-9]*\d|[A-Z]{2}\b)[A-Z0-9]{2,4})?) (\D+)")


@dataclass(frozen=True, slots=True)
class Place:
    """An address in parts; `streets`: three lines at most."""

    streets: tuple[str, ...]
    postcode: str
    town: str
    country: str


def place(lines: Sequence[str], *, country: str) -> Place:
    """The parts of printed lines whose last may name the country; `country`: its ISO code (XI is written GB)."""
    code = "GB" if country == "XI" else country
    rest = [line.strip() for line in lines if line.strip()]
    if code == "FR" or code in FRENCH_CODES:
        return _french(rest, code)
    if len(rest) > 1:
        del rest[-1]  # abroad the label ends with the country, which has its code here
    last = rest.pop() if rest else ""
    found = _FOREIGN.fullmatch(last)
    postcode, town = found.groups() if found else ("", last)
    return Place(_three(rest), postcode, town, code)


def _french(lines: list[str], code: str) -> Place:
    for at in range(len(lines) - 1, -1, -1):
        if found := _FRENCH.fullmatch(lines[at]):
            return Place(_three(lines[:at]), found[1], found[2], code)
    return Place(_three(lines), "", "", code)


def _three(lines: Sequence[str]) -> tuple[str, ...]:
    """Three lines at most, as the standard has it; nothing is lost."""
    return tuple(lines) if len(lines) <= 3 else (*lines[:2], ", ".join(lines[2:]))
