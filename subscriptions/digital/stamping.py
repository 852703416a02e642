"""The reader's number at the foot of each page of a PDF, without taking the PDF apart.

A PDF may be added to: what is appended replaces objects by their number (ISO 32000-1, 7.5.6). So a stamped copy is the
file as it came, byte for byte, and an appendix of some kilobytes with each page's dictionary written anew (`appending`). The
number has ten places at one spot of it: the appendix is made once for a file, and each reader's differs in these ten bytes.
Nothing is held in memory but the dictionaries of the pages, and no stamped copy is kept anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.core.exceptions import ValidationError

#: Where the number goes: as many places as the longest (`Subscription.number`).
PLACES = b"##########"
WORDS = "Exemplaire numérique réservé à l’usage personnel de l’abonné n°\u00a0{number}"
CHUNK = 65_536


class Unfit(ValidationError):
    """This is no PDF that can be stamped; the message is a sentence for staff."""


def appendix(path: Path, number: str) -> bytes:
    """What is appended to the file at `path` for one reader. Raises Unfit; ValueError for a number that is too long."""
    written = number.encode("ascii").ljust(len(PLACES))
    if len(written) > len(PLACES):
        raise ValueError(f"{number} has more than {len(PLACES)} places")
    facts = path.stat()
    before, _places, after = _prepared(path, facts.st_mtime_ns, facts.st_size).rpartition(PLACES)
    return before + written + after


def stamped(path: Path, added: bytes) -> Iterator[bytes]:
    """The stamped copy, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece
    yield added


def pages_of(path: Path) -> int:
    """How many pages the PDF at `path` has; looks closely whether it is one that can be stamped. Raises Unfit."""
    from subscriptions.digital import appending

    pages, trial = appending.pages_in(path), path.with_suffix(".trial")
    try:
        with trial.open("wb") as out:
            out.writelines(stamped(path, appendix(path, "0123456789")))
        bear = appending.stamped_pages(trial)
    finally:
        trial.unlink(missing_ok=True)
    if bear != pages:
        raise appending.unfit()
    return pages


@lru_cache(maxsize=8)
def _prepared(path: Path, changed: int, size: int) -> bytes:
    """The appendix of a file as it lies there, with places for the number."""
    from subscriptions.digital import appending

    return appending.prepared(path)
