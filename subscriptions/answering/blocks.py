"""What a paper of evidence is made of: sections, each with what it shows and why, ready for one template to set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the paper. `proves`: what whoever reads it should see in it."""

    key: str
    title: str
    proves: str
    blocks: Sequence[Block] = field(default_factory=tuple)

    def data(self) -> dict[str, Any]:
        """As JSON wants it."""
        return asdict(self)


def pairs(rows: Sequence[tuple[str, str]]) -> Block:
    """Labels with what they say; what says nothing is left out."""
    return {"kind": "pairs", "rows": [[label, text] for label, text in rows if text]}


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[int] = ()) -> Block:
    """A table; `widths` in fractions, even ones else."""
    return {
        "kind": "table",
        "head": list(head),
        "rows": [list(row) for row in rows],
        "widths": list(widths or [1] * len(head)),
    }


def text(words: str) -> Block:
    """A paragraph in English."""
    return {"kind": "text", "text": words}


def quote(title: str, words: str, *, note: str = "") -> Block:
    """French words as they stood, under an English title; `note`: where they were, how they are known."""
    return {"kind": "quote", "title": title, "note": note, "text": words}
