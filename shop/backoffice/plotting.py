"""Plots of the desks: quiet SVG in one ink, labelled directly, for a page that has the table beside it.

Drawn as the covers are: pure, the same facts give the same bytes, text stays text, and every colour is a presentation
attribute, because the policy refuses inline style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from django.utils.safestring import SafeString, mark_safe

WIDTH, ROW, LABEL, ROOM = 360, 26, 70, 92
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: how long its sure part and the part after it are, and what is written at its end."""

    label: str
    sure: int
    after: int
    said: str


def bars(rows: Sequence[Bar], *, title: str) -> SafeString:
    """Bars one under the other: full for what is sure, an outline for what comes after it. `title` is read aloud."""
    most = max((one.sure + one.after for one in rows), default=0) or 1
    scale = (WIDTH - LABEL - ROOM) / most
    height = ROW * len(rows) + 4
    drawn = [
        (
            f'<svg class="plot bars" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}"'
            ' font-size="12.5" fill="currentColor">'
        )
    ]
    for place, one in enumerate(rows):
        top = place * ROW
        sure, after = round(one.sure * scale, 1), round(one.after * scale, 1)
        middle = top + 17
        drawn.append(f'<text x="0" y="{middle}">{escape(one.label)}</text>')
        drawn.append(f'<line x1="{LABEL}" x2="{LABEL}" y1="{top}" y2="{top + ROW}" stroke="currentColor"/>')
        if sure:
            drawn.append(f'<rect x="{LABEL}" y="{top + 5}" width="{sure}" height="16"/>')
        if after:
            drawn.append(
                f'<rect x="{LABEL + sure}" y="{top + 5.5}" width="{after}" height="15" fill="none" stroke="currentColor"/>'
            )
        drawn.append(f'<text x="{LABEL + sure + after + 6:.1f}" y="{middle}">{escape(one.said)}</text>')
    drawn.append("</svg>")
    return mark_safe("".join(drawn))  # noqa: S308  # every text in it is escaped above


@dataclass(frozen=True, slots=True)
class Stretch:
    """One row of a time line: from a day to a day, `done` or to come, `wrong` marked by a sign and not by colour alone."""

    label: str
    begins: date
    ends: date
    done: bool
    said: str
    wrong: bool = False


LONG, HEAD = 840, 24


def time_line(rows: Sequence[Stretch], *, today: date, until: date, title: str) -> SafeString:
    """Stretches one under the other on one scale of months: today a full line, `until` a dashed one."""
    first = min([today, *(one.begins for one in rows)]).replace(day=1)
    last = max([until, *(one.ends for one in rows)])
    scale = (LONG - LABEL - ROOM) / max((last - first).days, 1)
    height = HEAD + ROW * len(rows) + 4

    def at(on: date) -> float:
        return round(LABEL + (on - first).days * scale, 1)

    drawn = [
        (
            f'<svg class="plot months" viewBox="0 0 {LONG} {height}" role="img" aria-label="{escape(title)}"'
            ' font-size="12.5" fill="currentColor">'
        )
    ]
    month, place = first, 0
    while month <= last:
        drawn.append(
            f'<line x1="{at(month)}" x2="{at(month)}" y1="{HEAD - 4}" y2="{height}" stroke="currentColor" opacity="0.15"/>'
        )
        if place % 3 == 0:
            drawn.append(f'<text x="{at(month)}" y="14">{month:%m/%y}</text>')
        month, place = (month.replace(day=28) + _WEEK).replace(day=1), place + 1
    for x, dashes in ((at(today), ""), (at(until), ' stroke-dasharray="3 3"')):
        drawn.append(f'<line x1="{x}" x2="{x}" y1="{HEAD - 4}" y2="{height}" stroke="currentColor"{dashes}/>')
    for row, one in enumerate(rows):
        top = HEAD + row * ROW
        begins, ends = at(one.begins), at(one.ends)
        shape = "" if one.done else ' fill="none" stroke="currentColor"'
        said = f"{one.said} ⚠" if one.wrong else one.said
        drawn.append(f'<text x="0" y="{top + 17}">{escape(one.label)}</text>')
        drawn.append(
            f'<rect x="{begins}" y="{top + 5.5}" width="{max(round(ends - begins, 1), 2)}" height="15"{shape}/>'
        )
        drawn.append(f'<text x="{ends + 6:.1f}" y="{top + 17}">{escape(said)}</text>')
    drawn.append("</svg>")
    return mark_safe("".join(drawn))  # noqa: S308  # every text in it is escaped above
