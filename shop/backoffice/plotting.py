"""Plots of the desks: quiet SVG in one ink, labelled directly, for a page that has the table beside it.

Drawn as the covers are: pure, the same facts give the same bytes, text stays text, and every colour is a presentation
attribute, because the policy refuses inline style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

WIDTH, ROW, LABEL, ROOM = 360, 26, 70, 92


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
