"""What a list or a detail page is made of: cells, rows and tables, ready for one template to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `chip`: the tone of a status, else None. `num`: figures, set to the right. `mono`: an id."""

    text: Any
    url: str = ""
    chip: str | None = None
    num: bool = False
    mono: bool = False
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column."""

    label: Any
    num: bool = False
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A dense table; `total` is its foot."""

    label: Any
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = ()
    title: Any = ""
    empty: Any = ""
    more_url: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the facts of a thing."""

    label: Any
    value: Any
    url: str = ""
    chip: str | None = None
    lines: Sequence[str] = ()
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the chain that led to a status, as `parts/why.html` wants it."""

    at: Any
    to_word: str
    tone: str
    who: str
    from_word: str = ""
    why: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """The chain that led to where something stands; `anchor` is what its status links to."""

    title: Any
    steps: Sequence[Step]
    anchor: str = "pourquoi"


@dataclass(frozen=True, slots=True)
class ActLink:
    """An act that can be begun here, by those who may."""

    label: Any
    url: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A whole detail page."""

    kind: Any
    name: str
    facts: Sequence[Fact]
    whys: Sequence[Why] = ()
    tables: Sequence[Table] = ()
    acts: Sequence[ActLink] = ()
    crumbs: Sequence[tuple[Any, str]] = field(default_factory=tuple)


def chip(said: dict[str, str], url: str = "") -> Cell:
    """A status as a cell."""
    return Cell(said["word"], url=url, chip=said["tone"])
