"""Lines of a FEC in the alphabet that the law wants, without what would separate columns and lines where nothing ends.

The database writes the cells with an escape for whatever could be taken for an end (COPY, text); they are cleaned here, many
lines at a time: on each of a million lines, in the database or here, it would take longer than everything else.
"""

from __future__ import annotations

import codecs
import unicodedata

ENCODING = "iso8859-15"
#: Between the cells of a line as the database writes it: no sign of any label, and escaped if it is one.
BETWEEN = "\x1f"

#: Signs of good typography that ISO 8859-15 has not, each with what stands for it; others lose their accents.
_STANDS_FOR = {
    "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "…": "...", "\u202f": " ", "\u2009": " ", "•": "-",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ħ": "h", "Ħ": "H", "№": "N°",
}  # fmt: skip
#: Latin-1 is the same alphabet but for these, and forty times as fast to write.
_OTHER_IN_LATIN_1 = "¤¦¨´¸¼½¾"
_APOSTROPHE = "’".encode()
#: A backslash of a text, while escapes are looked for; then what is a blank, and blanks that end a cell.
_BACKSLASH = b"\x1e"
_BLANKS = (b"\\t", b"\\n", b"\\r", b"\\f", b"\\v", b"\\b", b"\\\x1f", b"|", b"\x01", b"\x02")
_ENDS = ((b" \x1f", b"\x1f"), (b"\x1f ", b"\x1f"), (b" \n", b"\n"))


def encoded(lines: bytes | bytearray) -> bytes:
    """Whole lines as the database writes them, as the file wants them: tabulators, CR LF, blanks where blanks may be."""
    said = bytes(lines).replace(_APOSTROPHE, b"'").replace(_BACKSLASH, b" ").replace(b"\\\\", _BACKSLASH)
    for blank in _BLANKS:
        said = said.replace(blank, b" ")
    while b"  " in said:
        said = said.replace(b"  ", b" ")
    for blank, end in _ENDS:
        said = said.replace(blank, end)
    said = said.replace(_BACKSLASH, b"\\").replace(b"\x1f", b"\t").replace(b"\n", b"\r\n")
    return (said if said.isascii() else _in_the_alphabet(said.decode())).translate(_PRINTED)


def _in_the_alphabet(text: str) -> bytes:
    if not any(sign in text for sign in _OTHER_IN_LATIN_1):
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            pass  # it has signs that only the other one knows, or none of them
    return text.encode(ENCODING, errors="fec")


def _nearest(trouble: UnicodeError) -> tuple[str, int]:
    if not isinstance(trouble, UnicodeEncodeError):
        raise trouble
    said = trouble.object[trouble.start : trouble.end]
    return "".join(_STANDS_FOR.get(sign) or _bare(sign) for sign in said), trouble.end


def _bare(sign: str) -> str:
    """A letter without what ISO 8859-15 cannot say of it; « ? » for a sign of another script."""
    kept = "".join(part for part in unicodedata.normalize("NFKD", sign) if ord(part) < 128)
    return kept or ("" if unicodedata.combining(sign) else "?")


codecs.register_error("fec", _nearest)


def _printed(code: int) -> bytes:
    """What stands for a byte: itself, a blank for a sign that nobody prints, and for those of Windows-1252 what they meant."""
    if code in b"\t\r\n" or 0x20 <= code < 0x7F or code > 0x9F:
        return bytes([code])
    meant = bytes([code]).decode("cp1252", errors="replace").encode(ENCODING, errors="fec")
    return meant if code > 0x7F and len(meant) == 1 and meant != b"?" else b" "


_PRINTED = b"".join(map(_printed, range(256)))
