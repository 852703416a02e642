"""The sheet that goes with a batch: one line per letter, to be ticked at the letter box."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from django.conf import settings

from payments.typesetting import typeset
from subscriptions.models import Notice
from subscriptions.notices.french import day
from subscriptions.paper.waiting import deadline

TEMPLATE = Path(__file__).parent / "typst" / "sheet.typ"


def sheet_of(reference: str, letters: Sequence[tuple[Notice, int]], *, on: date) -> bytes:
    """The PDF of the sheet; `letters` in their order, each with its pages."""
    pages = sum(count for _notice, count in letters)
    facts = {
        "title": f"Lot de courriers {reference}",
        "author": settings.PUBLISHER["name"],
        "on": [on.year, on.month, on.day],
        "under": f"Fait le {day(on)}. Lettres : {len(letters)}. Pages imprimées : {pages}, hors versos blancs.",
        "rows": [_row(place, notice, count) for place, (notice, count) in enumerate(letters, start=1)],
        "foot": [f"{settings.PUBLISHER['name']}. Bordereau du lot {reference}."],
    }
    return typeset(TEMPLATE, facts, on=on)


def _row(place: int, notice: Notice, pages: int) -> list[str]:
    until = deadline(notice)
    return [str(place), str(notice.pk), notice.to_name, str(pages), day(until.last) if until else ""]
