"""Labels for small runs and for what is sent again: a PDF on the sheets that stationers sell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from payments.days import paris_day
from payments.typesetting import typeset
from subscriptions.models import Dispatch, MailingRun

TEMPLATE = Path(__file__).parent / "typst" / "labels.typ"
#: More are a matter for a mailing house.
MOST = 3000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of sheet, A4: columns and rows of labels, their size and margins, in millimetres."""

    name: str
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    gap: float = 0.0


SHEETS: Mapping[str, Sheet] = {
    "3x7": Sheet("21 par page, 63,5 × 38,1 mm", 3, 7, 63.5, 38.1, 7.2, 15.1, 2.5),
    "2x7": Sheet("14 par page, 99,1 × 38,1 mm", 2, 7, 99.1, 38.1, 4.7, 15.1, 2.5),
    "3x8": Sheet("24 par page, 70 × 36 mm", 3, 8, 70.0, 36.0, 0.0, 4.5),
    "2x4": Sheet("8 par page, 99,1 × 67,7 mm", 2, 4, 99.1, 67.7, 4.7, 13.1, 2.5),
}


class TooMany(ValueError):
    """So many labels are a matter for a mailing house."""


def labels(run: MailingRun, *, sheet: str, skip: int = 0) -> bytes:
    """The PDF of the labels of a closed run, in its order; the same bytes each time.

    `sheet`: a key of `SHEETS`; `skip`: so many labels of the first sheet are used already. A line of several copies is one
    label, which says how many. Raises TooMany.
    """
    if (run.dispatches or 0) > MOST:
        raise TooMany(f"run {run.pk} has {run.dispatches} lines")
    assert run.closed_at is not None  # noqa: S101 - labels are asked of closed runs
    lines = run.lines.select_related("address").order_by("place")
    on = paris_day(run.closed_at)
    form = SHEETS[sheet]
    facts: dict[str, Any] = {
        "title": f"Étiquettes, n° {run.issue.printed}",
        "author": settings.PUBLISHER["name"],
        "on": [on.year, on.month, on.day],
        "sheet": {
            "columns": form.columns, "rows": form.rows, "width": form.width, "height": form.height,
            "left": form.left, "top": form.top, "gap": form.gap,
        },
        "skip": max(0, min(skip, form.columns * form.rows - 1)),
        "labels": [_label(line) for line in lines],
    }  # fmt: skip
    return typeset(TEMPLATE, facts, on=on)


def _label(line: Dispatch) -> dict[str, Any]:
    last = f"FIN N° {line.last_number}" if line.copies_left == 0 and line.last_number else ""
    many = f"{line.copies} EX." if line.copies > 1 else ""
    return {"over": "  ".join(part for part in (line.number, line.key, many, last) if part), "lines": _block(line)}


def _block(line: Dispatch) -> Sequence[str]:
    return [text for text in line.address.block[:7] if text]
