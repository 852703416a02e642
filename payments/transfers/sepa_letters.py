"""Names and words in the letters that every bank of the SEPA area reads."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "’": "'"})
_APART = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")


def plain(text: str, limit: int) -> str:
    """`text` in the letters of the SEPA set, at most `limit` long: accents go, other signs become spaces."""
    bare = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(_APART.sub(" ", bare).split())[:limit].strip().lstrip("/")
