"""Which characters a label can carry, and how the others become ones that it can.

Two alphabets. Lines 1 to 3 and foreign lines keep accents and ordinary punctuation, inside Windows-1252, which every
mailing house reads. Lines 4 to 6 of a French label are capitals A to Z, digits and single spaces (NF Z10-011).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = {
    "Œ": "OE", "œ": "oe", "Æ": "AE", "æ": "ae", "ß": "ss", "ẞ": "SS", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d",
    "Ð": "D", "ð": "d", "Þ": "TH", "þ": "th", "Ł": "L", "ł": "l", "Ħ": "H", "ħ": "h", "ı": "i", "ĸ": "k",
    "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t", "ƒ": "f", "Ə": "E", "ə": "e", "Ɖ": "D", "ɖ": "d", "Ɓ": "B",
    "ɓ": "b", "Ɗ": "D", "ɗ": "d", "Ƙ": "K", "ƙ": "k", "Ƴ": "Y", "ƴ": "y", "Ƀ": "B", "ƀ": "b", "Ɨ": "I",
    "ɨ": "i", "Ʉ": "U", "ʉ": "u", "Ɔ": "O", "ɔ": "o", "Ɛ": "E", "ɛ": "e", "Ɣ": "G", "ɣ": "g",
}  # fmt: skip

# Typography that word processors and telephones put in; the plain sign is what a label wants.
_SIGNS = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "ʼ": "'", "ʻ": "'", "ʹ": "'", "´": "'", "`": "'", "‹": "'",
    "›": "'", "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-",
    "—": "-", "―": "-", "−": "-", "…": "...", "⁄": "/", "•": "-", "№": "n°",
}  # fmt: skip

_ORDINALS = "°º"
_FORMULA_STARTS = "=+-@ "  # a cell that starts so would be a formula in a spreadsheet


def _windows_1252() -> frozenset[str]:
    every = (bytes([code]).decode("cp1252", "ignore") for code in range(0x20, 0x100))
    kept = {char for char in every if char and unicodedata.category(char) not in {"Cc", "Cf", "No", "Zs"}}
    return frozenset(kept - set(_SIGNS) - {"µ", "\N{DIAERESIS}", "\N{MACRON}", "\N{CEDILLA}"})


PRINTABLE = _windows_1252()


@dataclass(frozen=True, slots=True)
class Unprintable:
    """The characters of a text that no label can carry, each once, in the order met."""

    letters: str
    signs: str
    has_controls: bool


def _is_space(char: str) -> bool:
    return char in "\t\n\r\x0b\x0c\x85" or unicodedata.category(char) in {"Zs", "Zl", "Zp"}


@lru_cache(maxsize=4096)
def _to_ascii(char: str) -> str | None:
    """Return the ASCII spelling of one character, or None where there is no Latin one."""
    if char in _LETTERS:
        return _LETTERS[char]
    if char in _SIGNS:
        return _SIGNS[char]
    spelt = ""
    for part in unicodedata.normalize("NFKD", char):
        if unicodedata.category(part) in {"Mn", "Me"}:
            continue
        part = _LETTERS.get(part, _SIGNS.get(part, part))
        if not part.isascii():
            return None
        spelt += part
    return spelt


def _kept(char: str) -> str:
    """Return what one character of a cleaned text becomes; one that cannot be printed stays, to be reported."""
    if _is_space(char):
        return " "
    if char in PRINTABLE:
        return char
    if unicodedata.category(char) in {"Cc", "Cf", "Mn", "Me"}:
        return ""  # direction marks, soft hyphens, joiners, stray accents: invisible, so nobody could remove them
    spelt = _to_ascii(char)
    return char if spelt is None else spelt


def printed(text: str) -> str:
    """Return the text as lines 1 to 3 carry it: one line, single spaces, Windows-1252, plain typography.

    Line breaks become spaces, so that no field can smuggle in a line. Idempotent.
    """
    # Invisible marks first: one between a letter and its accent would part them for good.
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    out = ""
    for char in unicodedata.normalize("NFC", visible):
        if unicodedata.category(char) == "No" and out[-1:].isalnum():
            out += " "  # 12½ is "12 1/2", never 121/2
        out += _kept(char)
    return " ".join(out.split())


def capitals(text: str) -> str:
    """Return the text as lines 4 to 6 of a French label carry it: A to Z, 0 to 9, single spaces. Idempotent.

    « n° 5 » becomes 5 and Z.A.C. becomes ZAC; all other punctuation becomes a space. What has no Latin spelling is
    left out: :func:`unprintable` reports it and the check refuses it before any label is made.
    """
    text = printed(text).replace("&", " et ")
    text = re.sub(rf"(?<!\w)n ?[{_ORDINALS}] ?", "", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<!\w)(?:[^\W\d_]\.){2,}(?!\w)", lambda found: found[0].replace(".", ""), text)
    text = "".join(" " if char in _ORDINALS else _to_ascii(char) or " " for char in text)
    return " ".join(re.sub(r"[^A-Z0-9]", " ", text.upper()).split())


def harmless_start(line: str) -> str:
    """Return the line without signs at its start that a spreadsheet would take for a formula. Idempotent."""
    return line.lstrip(_FORMULA_STARTS)


def unprintable(text: str) -> Unprintable:
    """Return what of the text no label can carry: letters of another script, signs such as emoji, control characters."""
    rest = [char for char in printed(text) if char not in PRINTABLE and char != " "]
    letters = "".join(dict.fromkeys(char for char in rest if unicodedata.category(char)[0] in "LN"))
    signs = "".join(dict.fromkeys(char for char in rest if unicodedata.category(char)[0] not in "LN"))
    has_controls = any(unicodedata.category(char) == "Cc" and not _is_space(char) for char in text)
    return Unprintable(letters, signs, has_controls)
