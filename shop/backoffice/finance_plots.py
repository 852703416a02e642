"""Plots of the desk of finance: amounts and shares over the months. As all plots of the desks: quiet SVG in one ink, each column
labelled in words, the table behind it on the same page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from django.utils.safestring import SafeString, mark_safe

WIDTH, LEFT, ROW, ROOM = 480, 62, 26, 104


@dataclass(frozen=True, slots=True)
class Row:
    """One month: its label, its value (None: nothing to say of it), what is written at its end, and whether it is over."""

    label: str
    value: Decimal | None
    said: str
    over: bool = True


def over_months(
    name: str, rows: Sequence[Row], *, title: str, desc: str, most: Decimal | None = None, mark: Decimal | None = None
) -> SafeString:
    """Bars one under the other, a month each, from zero on; below zero to the left of it. What is not over is an outline.

    `name`: unlike that of any other plot of the page. `most`: the end of the scale, else the largest value. `mark`: a dashed
    line down all of them.
    """
    values = [one.value for one in rows if one.value is not None]
    top = max([*values, most or Decimal(0), mark or Decimal(0)], default=Decimal(0)) or Decimal(1)
    low = min([*values, Decimal(0)], default=Decimal(0))
    scale = Decimal(WIDTH - LEFT - ROOM) / (top - low)

    def x(value: Decimal) -> float:
        return round(float(LEFT + (value - low) * scale), 1)

    height, zero = ROW * len(rows) + 4, x(Decimal(0))
    drawn = [
        (
            f'<svg class="plot bars wide" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-t {name}-d"'
            f' font-size="12.5" fill="currentColor"><title id="{name}-t">{escape(title)}</title>'
            f'<desc id="{name}-d">{escape(desc)}</desc>'
        ),
        f'<line x1="{zero}" x2="{zero}" y1="0" y2="{height}" stroke="currentColor"/>',
    ]
    if mark is not None:
        at = x(mark)
        drawn.append(
            f'<line x1="{at}" x2="{at}" y1="0" y2="{height}" stroke="currentColor" stroke-dasharray="3 3" opacity="0.7"/>'
        )
    for place, one in enumerate(rows):
        y = place * ROW
        end = zero
        drawn.append(f'<text x="0" y="{y + 17}">{escape(one.label)}</text>')
        if one.value:
            end = x(one.value)
            shape = "" if one.over else ' fill="none" stroke="currentColor"'
            drawn.append(
                f'<rect x="{min(zero, end)}" y="{y + 5.5}" width="{max(round(abs(end - zero), 1), 1)}" height="15"{shape}/>'
            )
        drawn.append(f'<text x="{max(zero, end) + 6:.1f}" y="{y + 17}">{escape(one.said)}</text>')
    drawn.append("</svg>")
    return mark_safe("".join(drawn))  # noqa: S308  # every text in it is escaped above


def told(rows: Sequence[Row]) -> str:
    """What the plot shows, for whoever hears it."""
    return "; ".join(f"{one.label}: {one.said or '—'}" for one in rows)
