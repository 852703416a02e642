"""Where on the sheet does the window of the envelope lie? Millimetres, as data; the safe part is computed from them.

A DL envelope of French trade: 220 × 110, its window of 100 × 45 at 20 from the right and from the bottom edge. An A4 sheet
folded in three is smaller than it and slides: what must be read through the window stays in the part that is seen however
it slid, with a margin.
"""

from __future__ import annotations

from dataclasses import dataclass

from subscriptions.addresses.layout import LINES, WIDTH


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a sheet, in millimetres from its left and top edges."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope, its window, the sheet in it, and how the address is set. Millimetres; the type size in points."""

    width: float = 220
    height: float = 110
    window_width: float = 100
    window_height: float = 45
    window_from_right: float = 20
    window_from_bottom: float = 20
    sheet_width: float = 210
    folds: tuple[float, float] = (99, 198)
    margin: float = 2  # the fold is never exact
    # Every letter as wide as the others, as the sorting machines like it: what is counted in characters fits.
    type_size: float = 9.5
    type_width: float = 0.602  # of a character, in parts of the size
    line_height: float = 4.2

    @property
    def safe(self) -> Box:
        """What is seen through the window however the sheet lies."""
        left = self.width - self.window_from_right - self.window_width
        top = self.height - self.window_from_bottom - self.window_height
        slides, drops = self.width - self.sheet_width, self.height - self.folds[0]
        return Box(
            left + self.margin,
            top + self.margin,
            left + self.window_width - slides - self.margin,
            top + self.window_height - drops - self.margin,
        )

    @property
    def below(self) -> float:
        """From here on nothing is seen through the window, however the sheet lies."""
        return self.height - self.window_from_bottom + self.margin

    @property
    def address(self) -> Box:
        """Where the address is set: six lines of 38 characters and the country, in the middle of the safe part."""
        safe = self.safe
        wide = WIDTH * self.type_width * self.type_size * MM_OF_A_POINT
        high = (LINES + 1) * self.line_height
        left = safe.left + (safe.right - safe.left - wide) / 2
        top = safe.top + (safe.bottom - safe.top - high) / 2
        return Box(left, top, left + wide, top + high)


MM_OF_A_POINT = 25.4 / 72
DL = Envelope()
