"""What has changed since a month was frozen: its figures read again, beside those that were kept. Pure but for the reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.closing.periods import month_of
from payments.models import MonthSnapshot
from payments.months.figures import figures

Sections = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that is not what it was; None where it did not exist, or no longer does."""

    section: str
    key: str
    count: tuple[int | None, int | None]
    amount: tuple[str | None, str | None]


def changes(then: Sections, now: Sections) -> list[Change]:
    """What differs, in the order of the sections that were kept. A section that was not kept then is no change."""
    found = []
    for section, rows in then.items():
        if section not in now:
            continue
        before = {row["key"]: row for row in rows}
        after = {row["key"]: row for row in now[section]}
        for key in dict.fromkeys([*before, *after]):
            was, is_ = before.get(key, {}), after.get(key, {})
            count, amount = (was.get("count"), is_.get("count")), (was.get("amount"), is_.get("amount"))
            if count[0] != count[1] or amount[0] != amount[1]:
                found.append(Change(section, key, count, amount))
    return found


def changed_since(snapshot: MonthSnapshot, *, at: datetime) -> list[Change]:
    """What is not as it was frozen. Reads every section of the month again."""
    return changes(snapshot.figures, figures(month_of(snapshot.first_day), at=at))
