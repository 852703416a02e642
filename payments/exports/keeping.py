"""Files that are kept for ten years: written in pieces, stored in pieces, read in pieces, verified by one hash.

A file of a year may be larger than a process should carry: its bytes lie in documents of four megabytes each, under their own
hashes; the row knows their order and the hash of the whole (design, rule 9).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO

from payments.actors import Actor
from payments.documents import keep, read
from payments.exports.sheets import Written, spooled
from payments.invoicing.rendering import keep_until
from payments.models import KeptFile

PART = 4 * 1024 * 1024


class Gone(LookupError):
    """A part of the file was emptied after its time, or is not there."""


class Changed(RuntimeError):
    """The parts are there and make another file than the one that was kept."""


def keep_file(
    file: IO[bytes], *, kind: str, name: str, year: int, lines: int, media_type: str, actor: Actor, at: datetime
) -> KeptFile:
    """Keep a file as it is; the same bytes again are the same row. As long as the invoices of its year (C. com. L123-22).

    Joins the caller's transaction.
    """
    file.seek(0)
    whole, size, parts = hashlib.sha256(), 0, []
    while body := file.read(PART):
        whole.update(body)
        size += len(body)
        parts.append(keep(body, media_type=media_type, keep_until=keep_until(date(year, 12, 31)), at=at).sha256)
    row = KeptFile(
        kind=kind, name=name, year=year, sha256=whole.hexdigest(), size=size, lines=lines, parts=parts, actor=str(actor), at=at
    )  # fmt: skip
    KeptFile.objects.bulk_create([row], ignore_conflicts=True)
    return KeptFile.objects.get(kind=kind, year=year, sha256=row.sha256)


def pieces_of(kept: KeptFile) -> Iterator[bytes]:
    """The bytes of a kept file. Raises Gone, or BodyChanged as `payments.documents.read` does."""
    for part in kept.parts:
        body = read(part)
        if body is None:
            raise Gone(f"{kept.name}: part {part} is not there")
        yield body


def hashed(kept: KeptFile) -> Written:
    """A kept file, read once: what is on the disk is what its hash was taken of. The caller closes it.

    Raises Changed if it is not what was kept, or as `pieces_of` does.
    """
    file, sha256, size = spooled(pieces_of(kept))
    if (sha256, size) != (kept.sha256, kept.size):
        file.close()
        raise Changed(f"{kept.name}: {size} bytes with {sha256}, kept with {kept.sha256}")
    return Written(file, sha256, size, kept.lines)
