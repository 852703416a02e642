"""How is a file read without holding it? Line by line, each no longer than it may be; what is wrong with one is said of it.

One line is one subscriber: no cell holds a line break, so that a quote that is never closed costs one line and not the
rest of the file. What would make every line wrong (encoding, separator, heads) refuses the file.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _

from subscriptions.fulfilment.address_file import FORMULA
from subscriptions.importing.columns import BY_NAME, NAMES, REQUIRED, SEPARATOR
from subscriptions.importing.faults import Fault, FaultCode, FileRefused

#: A file of a hundred thousand subscribers is some 30 MB.
LARGEST = 48 * 1024 * 1024
MOST_LINES = 200_000
#: Bytes of one line; the longest label in words is far below.
LONGEST_LINE = 8_000
ENCODINGS: dict[str, str] = {"utf-8": "UTF-8", "cp1252": "Windows-1252"}
BOM = b"\xef\xbb\xbf"
_BELOW_ZERO = re.compile(r"-[\d \u00a0\u202f]+([.,]\d+)?")


@dataclass(slots=True)
class Record:
    """One line: its number in the file, its cells by column (empty where it cannot be cut), and what is wrong with it."""

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Hash of everything that it says; a column that a file does not have says nothing."""
        said = SEPARATOR.join(f"{name}={self.cells.get(name, '')}" for name in NAMES)
        return hashlib.sha256(said.encode()).hexdigest()


class Reading:
    """A file that is being read: `records` yields its lines, and when it is through `sha256`, `size` and `lines` are known.

    Memory does not grow with the file. Raises FileRefused with a sentence; nothing was written by then.
    """

    def __init__(self, file: BinaryIO, *, encoding: str = "utf-8") -> None:
        self._file, self._encoding = file, encoding
        self._hash = hashlib.sha256()
        self.size = self.lines = 0
        self.heads: Sequence[str] = ()

    @property
    def sha256(self) -> str:
        """Of the bytes read so far."""
        return self._hash.hexdigest()

    def records(self) -> Iterator[Record]:
        """Every line but the heads and empty ones."""
        number = 0
        for raw, whole in self._raw_lines():
            number += 1
            if number == 1:
                self.heads = self._heads(raw)
                continue
            if not whole:
                self.lines += 1
                yield Record(number, faults=[Fault("", FaultCode.LINE_TOO_LONG, _("This line is longer than %(most)d characters.") % {"most": LONGEST_LINE})])  # fmt: skip
            elif raw.strip(b" \t\r\n;"):
                self.lines += 1
                yield self._record(number, self._text(raw, number))
            if self.lines > MOST_LINES:
                raise FileRefused(
                    _("The file has more than %(most)d subscribers. Divide it."), params={"most": MOST_LINES}
                )
        if not number:
            raise FileRefused(_("The file is empty."), code="empty")
        if not self.lines:
            raise FileRefused(_("The file has its heads and no subscriber."), code="empty")

    def _raw_lines(self) -> Iterator[tuple[bytes, bool]]:
        """Lines as bytes, and whether each is whole; of one that is too long only the beginning is held."""
        first = True
        while raw := self._read_line():
            if first:
                self._refuse_other_encodings(raw)
                raw, first = raw.removeprefix(BOM), False
            whole = raw.endswith(b"\n") or len(raw) < LONGEST_LINE
            rest = raw
            while not whole and rest and not rest.endswith(b"\n"):
                rest = self._read_line()
            yield raw, whole

    def _read_line(self) -> bytes:
        raw = self._file.readline(LONGEST_LINE)
        self._hash.update(raw)
        self.size += len(raw)
        if self.size > LARGEST:
            raise too_large()
        return raw

    def _refuse_other_encodings(self, raw: bytes) -> None:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FileRefused(_("The file is written in UTF-16. Save it as “CSV UTF-8”."), code="encoding")
        if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise FileRefused(_("This is a workbook and no CSV file. Save it as “CSV UTF-8”."), code="encoding")

    def _text(self, raw: bytes, number: int) -> str:
        try:
            return raw.decode(self._encoding).rstrip("\r\n")
        except UnicodeDecodeError as wrong:
            shown = {"line": number, "encoding": ENCODINGS[self._encoding]}
            if self._encoding == "utf-8":
                raise FileRefused(
                    _(
                        "Line %(line)d is not written in UTF-8. If the file comes from Excel, it may be in Windows-1252: "
                        "choose that encoding, or save it as “CSV UTF-8”."
                    ),
                    code="encoding",
                    params=shown,
                ) from wrong
            raise FileRefused(
                _("Line %(line)d has a character that %(encoding)s does not know."), code="encoding", params=shown
            ) from wrong

    def _heads(self, raw: bytes) -> Sequence[str]:
        text = self._text(raw, 1)
        try:
            [found] = csv.reader([text], delimiter=SEPARATOR, strict=True)
        except (csv.Error, ValueError) as broken:
            raise FileRefused(_("The heads of the columns cannot be read."), code="heads") from broken
        heads = [head.strip().casefold() for head in found]
        if len(heads) == 1 and any(text.count(sign) >= len(REQUIRED) - 1 for sign in (",", "\t", "|")):
            raise FileRefused(_("The cells are to be separated by semicolons."), code="separator")
        faults = [
            *_listed(_("These columns are missing: %(names)s."), sorted(REQUIRED - set(heads))),
            *_listed(
                _("These columns are not known: %(names)s."), [head or "∅" for head in heads if head not in BY_NAME]
            ),
            *_listed(
                _("These columns stand twice: %(names)s."), [head for head, many in Counter(heads).items() if many > 1]
            ),
        ]
        if faults:
            raise FileRefused(faults, code="heads")
        return heads

    def _record(self, number: int, text: str) -> Record:
        try:
            [found] = csv.reader([text], delimiter=SEPARATOR, strict=True)
        except (csv.Error, ValueError):
            sentence = _("A quotation mark is not closed, or stands in the middle of a cell.")
            return Record(number, faults=[Fault("", FaultCode.QUOTES, sentence)])
        if len(found) != len(self.heads):
            sentence = _("This line has %(cells)d cells, and there are %(heads)d columns.") % {
                "cells": len(found),
                "heads": len(self.heads),
            }
            return Record(number, faults=[Fault("", FaultCode.CELLS, sentence)])
        one = Record(number)
        for head, cell in zip(self.heads, found, strict=True):
            fault = _unsafe(head, cell)
            if fault is not None:
                one.faults.append(fault)
            one.cells[head] = " ".join(cell.replace("\0", "␀").split())
        return one


def too_large() -> FileRefused:
    """What is said of a file that is larger than any that can be let in."""
    return FileRefused(
        _("The file is larger than %(most)d MB. Divide it."), code="large", params={"most": LARGEST // 1024 // 1024}
    )


def _unsafe(head: str, cell: str) -> Fault | None:
    """What no cell may hold: it could not be kept, or a spreadsheet would run it."""
    if "\0" in cell:
        return Fault(head, FaultCode.NUL, _("This cell holds a NUL byte."))
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign != "\t" for sign in cell):
        return Fault(head, FaultCode.CONTROL, _("This cell holds a control character."))
    # A number may be below zero; that it may not be here is said of its column.
    text = " ".join(cell.split())
    if text.startswith(FORMULA) and not _BELOW_ZERO.fullmatch(text):
        return Fault(
            head, FaultCode.FORMULA, _("This cell begins like a formula of a spreadsheet, with “%(sign)s”.") % {"sign": text[0]}
        )  # fmt: skip
    return None


def _listed(sentence: str, names: Sequence[str]) -> list[str]:
    return [sentence % {"names": ", ".join(name[:40] for name in names[:20])}] if names else []
