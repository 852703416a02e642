"""A file of copies that came back: read whole, each line judged, and nothing written before a colleague has looked.

How the post or the mailing house writes it is data (`LossRule.return_file`): names of the columns, separator, encoding, how
days and reasons are written. What cannot be read is said line by line; the good lines are let in together, or none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from subscriptions.fulfilment.address_file import FORMULA
from subscriptions.losses.returning import Returned
from subscriptions.losses.rules import rule_in_force
from subscriptions.models import CopyReturn, Dispatch

#: Bytes; some hundred thousand lines. A larger file is no list of returns.
LARGEST = 8 * 1024 * 1024
CHUNK = 5000
LONGEST_CELL = 60


class Verdict(StrEnum):
    """What a line of the file is."""

    GOOD = "good"
    KNOWN = "known"
    DOUBLED = "doubled"
    UNKNOWN_KEY = "unknown_key"
    FORMULA = "formula"
    COLUMNS = "columns"
    REASON = "reason"
    DAY = "day"
    NOT_POSTED = "not_posted"
    EARLY = "early"
    FUTURE = "future"


class Trouble(StrEnum):
    """Why the whole file cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    SEPARATOR = "separator"
    MISSING_COLUMNS = "missing_columns"


class Unreadable(ValueError):
    """The file as a whole cannot be read; `trouble` says why, `columns` what stands in its first line."""

    def __init__(self, trouble: Trouble, columns: Sequence[str] = ()) -> None:
        super().__init__(trouble.value)
        self.trouble, self.columns = trouble, tuple(columns)


@dataclass(frozen=True, slots=True)
class Profile:
    """How a file is written. `days`: formats as of strptime, the first that fits. `reasons`: 1 to 4 by what is written."""

    key: str = "cle_unique"
    reason: str = "motif"
    day: str = "date"
    separator: str = ";"
    encodings: Sequence[str] = ("utf-8-sig", "cp1252")
    days: Sequence[str] = ("%Y%m%d", "%Y-%m-%d", "%d/%m/%Y")
    reasons: Mapping[str, int] = field(default_factory=lambda: {"1": 1, "2": 2, "3": 3, "4": 4})


def profile_in_force() -> Profile:
    """The profile in force. One query."""
    return Profile(**rule_in_force().return_file)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: where it stands, what it says, what it is; `returned` if it can be let in."""

    number: int
    key: str
    reason: str
    day: str
    verdict: Verdict
    returned: Returned | None = None


def read(body: bytes, *, on: date, profile: Profile | None = None) -> list[Line]:
    """Every line of a file with its verdict. Reads, writes nothing; two queries for each five thousand lines.

    `on`: today in Paris. Raises Unreadable.
    """
    how = profile or profile_in_force()
    cells = list(_cells(body, how))
    lines: list[Line] = []
    seen: set[str] = set()
    for start in range(0, len(cells), CHUNK):
        some = cells[start : start + CHUNK]
        keys = [row[how.key] for _number, row in some if row]
        known = {
            key: (pk, posted_on)
            for key, pk, posted_on in Dispatch.objects.filter(key__in=keys).values_list("key", "pk", "run__posted_on")
        }
        came = set(
            CopyReturn.objects.filter(dispatch__in=[pk for pk, _day in known.values()]).values_list(
                "dispatch", flat=True
            )
        )
        for number, row in some:
            lines.append(_judged(number, row, how, known, came, seen, on=on))
            if lines[-1].verdict == Verdict.GOOD:
                seen.add(lines[-1].key)
    return lines


def _cells(body: bytes, how: Profile) -> Iterator[tuple[int, dict[str, str]]]:
    if not body.strip():
        raise Unreadable(Trouble.EMPTY)
    if len(body) > LARGEST:
        raise Unreadable(Trouble.TOO_LARGE)
    text = _decoded(body, how.encodings)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=how.separator)
    try:
        head = [cell.strip().lower() for cell in next(rows, [])]
    except csv.Error:
        raise Unreadable(Trouble.SEPARATOR, []) from None
    if len(head) == 1 and any(other in head[0] for other in ";,\t|"):
        raise Unreadable(Trouble.SEPARATOR, head)
    if {how.key, how.reason, how.day} - set(head):
        raise Unreadable(Trouble.MISSING_COLUMNS, head)
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                whole = len(row) == len(head)
                yield (
                    rows.line_num,
                    {name: cell.strip() for name, cell in zip(head, row, strict=False)} if whole else {},
                )
    except csv.Error:
        raise Unreadable(Trouble.SEPARATOR, head) from None


def _decoded(body: bytes, encodings: Sequence[str]) -> str:
    if b"\x00" in body:
        raise Unreadable(Trouble.ENCODING)
    for encoding in encodings:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(Trouble.ENCODING)


def _judged(
    number: int,
    row: dict[str, str],
    how: Profile,
    known: Mapping[str, tuple[int, date | None]],
    came: set[int],
    seen: set[str],
    *,
    on: date,
) -> Line:
    if not row:
        return Line(number, "", "", "", Verdict.COLUMNS)
    key, reason, day = row[how.key], row[how.reason], row[how.day]

    def line(verdict: Verdict, returned: Returned | None = None) -> Line:
        return Line(number, key[:LONGEST_CELL], reason[:LONGEST_CELL], day[:LONGEST_CELL], verdict, returned)

    if any(cell.startswith(FORMULA) for cell in (key, reason, day)):
        return line(Verdict.FORMULA)
    if key not in known:
        return line(Verdict.UNKNOWN_KEY)
    if key in seen:
        return line(Verdict.DOUBLED)
    dispatch, posted_on = known[key]
    if dispatch in came:
        return line(Verdict.KNOWN)
    if reason not in how.reasons:
        return line(Verdict.REASON)
    came_on = _day(day, how.days)
    if came_on is None:
        return line(Verdict.DAY)
    if posted_on is None:
        return line(Verdict.NOT_POSTED)
    if came_on < posted_on:
        return line(Verdict.EARLY)
    if came_on > on:
        return line(Verdict.FUTURE)
    return line(Verdict.GOOD, Returned(dispatch, how.reasons[reason], came_on))


def _day(text: str, formats: Sequence[str]) -> date | None:
    for one in formats:
        try:
            return datetime.strptime(text, one).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None
