"""Which format a file has, and what it says. Camt is read from the file itself; the others are short enough to be text."""

from __future__ import annotations

from typing import IO

from django.utils.translation import gettext_lazy as _

from payments.bank.camt import read_camt
from payments.bank.csv_files import decoded, read_csv
from payments.bank.statements import LARGEST, ReadStatement, Unreadable
from payments.bank.swift import read_mt940
from payments.models import CsvProfile

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read(file: IO[bytes], *, size: int, profile: CsvProfile | None = None) -> list[ReadStatement]:
    """Every statement of a file. `profile`: how to read it if it is a CSV. Raises Unreadable with a sentence."""
    if size > LARGEST:
        raise too_large()
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    bare = head
    for mark in _MARKS:
        bare = bare.removeprefix(mark)
    bare = bare.replace(b"\x00", b"").lstrip()
    if not bare:
        raise Unreadable(_("This file is empty."), code="empty")
    if bare.startswith(b"PK\x03\x04"):
        raise Unreadable(_("This is an archive. Unpack it, and hand in the file inside."), code="format")
    if bare.startswith(b"<"):
        return read_camt(file)
    if bare.startswith((b":20:", b"{1:", b":940:")):
        return read_mt940(_text(file.read()))
    if profile is None:
        raise Unreadable(
            _("This file is neither camt.053 nor MT940. If it is a CSV, choose the profile of its bank."), code="format"
        )
    return [read_csv(file.read(), profile)]


def too_large() -> Unreadable:
    """What is said of a file that nobody reads."""
    return Unreadable(
        _("This file is larger than %(most)s MB. Ask the bank for shorter periods."),
        code="too_large",
        params={"most": LARGEST // (1024 * 1024)},
    )


def _text(body: bytes) -> str:
    try:
        return decoded(body, "utf-8")
    except Unreadable as other:
        if other.code != "encoding":
            raise
    return decoded(body, "cp1252")
