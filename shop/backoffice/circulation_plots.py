"""Plots of circulation: copies of each issue stacked by class, print runs beside what was used, a share over the issues.

As all plots of the desks: quiet SVG in one ink, every row labelled in words, the table behind it on the same page. What is full
is paid, what is outlined is not; no row is told by its shade alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

from subscriptions.figures.meters import count

WIDTH, LEFT = 360, 52
#: How full the ink of a paid class is, in the order of the classes.
SHADES = ("1", "0.72", "0.5", "0.34", "0.22")
CHARACTERS = 52


@dataclass(frozen=True, slots=True)
class Segment:
    """Some copies of a bar: how many, what they are, and whether they are paid ones."""

    copies: int
    said: str
    paid: bool


@dataclass(frozen=True, slots=True)
class Stack:
    """One bar, labelled at its left; what it holds is said under it."""

    label: str
    segments: Sequence[Segment]


def _opening(name: str, height: int, title: str, desc: str) -> str:
    return (
        f'<svg class="plot bars" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-t {name}-d" font-size="12.5" '
        f'fill="currentColor"><title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(desc)}</desc>'
    )


def stacked(name: str, rows: Sequence[Stack], *, title: str, desc: str) -> SafeString:
    """Bars one under the other, each in its segments. `name`: unlike that of any other plot of the page."""
    most = max((sum(one.copies for one in row.segments) for row in rows), default=0) or 1
    scale = (WIDTH - LEFT - 4) / most
    drawn, top = [], 0
    for row in rows:
        drawn.append(f'<text x="0" y="{top + 16}">{escape(row.label)}</text>')
        x = float(LEFT)
        for place, one in enumerate(row.segments):
            wide = round(one.copies * scale, 1)
            if one.paid:
                shade = SHADES[min(place, len(SHADES) - 1)]
                drawn.append(f'<rect x="{x:.1f}" y="{top + 4}" width="{wide}" height="16" fill-opacity="{shade}"/>')
            drawn.append(
                f'<rect x="{x:.1f}" y="{top + 4.5}" width="{wide}" height="15" fill="none" stroke="currentColor"'
                f"{'' if one.paid else _DASHED}/>"
            )
            x += wide
        for line in _wrapped([f"{one.said} : {count(one.copies)}" for one in row.segments]):
            top += 15
            drawn.append(f'<text x="{LEFT}" y="{top + 19}" font-size="11">{escape(line)}</text>')
        top += 32
    return _closed(_opening(name, top + 4, title, desc), drawn)


_DASHED = ' stroke-dasharray="3 2"'


def _wrapped(parts: Sequence[str]) -> Sequence[str]:
    """The parts of a sentence in lines that a telephone shows."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 3 <= CHARACTERS:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return lines or [""]


@dataclass(frozen=True, slots=True)
class PrintBar:
    """One issue: copies that left, those still there, how many were printed, and the range that was advised (or None)."""

    label: str
    used: int
    stock: int
    printed: int | None
    advised: tuple[int, int] | None
    said: str


def prints(name: str, rows: Sequence[PrintBar], *, title: str, desc: str) -> SafeString:
    """Used full, in stock outlined, printed a mark across, advised a line with two ends under it."""
    most = max((max(one.used + one.stock, one.printed or 0, *(one.advised or (0,))) for one in rows), default=0) or 1
    scale = (WIDTH - LEFT - 8) / most
    drawn: list[str] = []
    for place, one in enumerate(rows):
        top = place * 52
        drawn.append(f'<text x="0" y="{top + 16}">{escape(one.label)}</text>')
        used, stock = round(one.used * scale, 1), round(one.stock * scale, 1)
        drawn.append(f'<rect x="{LEFT}" y="{top + 4}" width="{used}" height="14"/>')
        drawn.append(
            f'<rect x="{LEFT + used:.1f}" y="{top + 4.5}" width="{stock}" height="13" fill="none" stroke="currentColor"/>'
        )
        if one.advised:
            low, high = (LEFT + share * scale for share in one.advised)
            y = top + 25
            drawn.append(
                f'<path d="M{low:.1f} {y - 3}v6M{low:.1f} {y}H{high:.1f}M{high:.1f} {y - 3}v6" fill="none" stroke="currentColor"/>'
            )
        if one.printed is not None:
            x = LEFT + one.printed * scale
            drawn.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + 22}" stroke="currentColor" stroke-width="2.5"/>'
            )
        drawn.append(f'<text x="{LEFT}" y="{top + 42}" font-size="11">{escape(one.said)}</text>')
    return _closed(_opening(name, 52 * len(rows) + 4, title, desc), drawn)


@dataclass(frozen=True, slots=True)
class Point:
    """One issue and its share in percent; `said`: the share as it is written."""

    label: str
    share: float
    said: str


def over_issues(
    name: str, points: Sequence[Point], *, limit: float, limit_said: str, title: str, desc: str
) -> SafeString:
    """A share over the issues, on a scale of 0 to 100 %, with its limit as a dashed line. Each point is labelled."""
    height, foot = 170, 24
    tall = height - foot - 20
    most = max([100.0, limit, *(one.share for one in points)])
    step = (WIDTH - 40) / max(len(points), 1)

    def y(share: float) -> float:
        return round(14 + tall * (1 - share / most), 1)

    drawn = [
        f'<line x1="0" x2="{WIDTH}" y1="{y(0)}" y2="{y(0)}" stroke="currentColor"/>',
        f'<line x1="0" x2="{WIDTH}" y1="{y(limit)}" y2="{y(limit)}" stroke="currentColor" stroke-dasharray="4 3"/>',
        f'<text x="{WIDTH}" y="{y(limit) + 13}" text-anchor="end" font-size="11">{escape(limit_said)}</text>',
    ]
    places = [(round(20 + step * (place + 0.5), 1), y(one.share)) for place, one in enumerate(points)]
    if len(places) > 1:
        drawn.append(
            f'<polyline points="{" ".join(f"{x},{top}" for x, top in places)}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        )
    for (x, top), one in zip(places, points, strict=True):
        drawn.append(f'<circle cx="{x}" cy="{top}" r="3"/>')
        drawn.append(f'<text x="{x}" y="{top - 7}" text-anchor="middle" font-size="11">{escape(one.said)}</text>')
        drawn.append(f'<text x="{x}" y="{height - 6}" text-anchor="middle" font-size="11">{escape(one.label)}</text>')
    return _closed(_opening(name, height, title, desc), drawn)


def _closed(opening: str, drawn: Sequence[str]) -> SafeString:
    return mark_safe("".join([opening, *drawn, "</svg>"]))  # noqa: S308  # every text in it is escaped above
