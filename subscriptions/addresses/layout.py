"""The measures of a label and the line it is made of."""

from __future__ import annotations

from typing import NamedTuple

LINES = 6  # and a seventh for the country abroad
WIDTH = 38  # characters, spaces included


class LabelLine(NamedTuple):
    """One line: its place from 1 to 6, the field to blame if it is too long, and its text."""

    slot: int
    field: str
    text: str
