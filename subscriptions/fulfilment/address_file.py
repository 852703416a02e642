"""The address file of a closed run: made from its lines whenever it is wanted, to the same byte each time.

Nothing of it is stored but its hash and its size: the lines are evidence, and the addresses that they name are only ever
succeeded. So there is no second copy of a hundred thousand addresses to guard, and what has to be forgotten is forgotten in
one place; from then on the file can no longer be made, and its hash says what it was. The database writes it (COPY) and it
passes through in pieces: a million lines take no more memory than one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from django.db import connection

from payments.exports.sheets import spooled
from subscriptions.fulfilment.columns import ADDRESSES, Column, chosen
from subscriptions.models import MailingHouse, MailingRun

PIECE = 64 * 1024
#: The lines of a run that was closed.
ITS_LINES = "(SELECT * FROM subscriptions_dispatch WHERE run_id = %(run)s) line"
#: What a spreadsheet would take for a formula at the start of a cell.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FileChanged(RuntimeError):
    """The lines no longer make the file that was closed: an address was forgotten since, or somebody went round the guards."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """SHA-256 and size in bytes of a file."""

    sha256: str
    size: int


def file_name(run: MailingRun) -> str:
    """As the trade names it: title, number, planned day of posting, which run of the issue it is."""
    issue = run.issue
    return f"{issue.magazine.code}_N{issue.number:03d}_{run.deposit_on:%Y%m%d}_v{run.sequence}.csv"


def written(run: MailingRun, *, house: MailingHouse | None = None) -> Iterator[bytes]:
    """The bytes of the file, in pieces; flat memory. One query, which lasts as long as the pieces are taken.

    `house`: in the profile of this one instead of the run's own.
    """
    return lines_as(house or run.house, "", ITS_LINES, shared(run))


def lines_as(house: MailingHouse, before: str, lines: str, facts: Mapping[str, Any]) -> Iterator[bytes]:
    """The file of any lines in the profile of a house, in pieces; flat memory.

    `lines`: what stands behind FROM in the place of the table of lines, under the name `line`; `before`: a WITH that it needs.
    """
    # COPY takes no parameters of its own.
    operations: Any = connection.ops
    query = operations.compose_sql(_copy(house, chosen(house.columns), before, lines), facts)
    held = bytearray()
    with connection.cursor() as cursor, cursor.copy(query) as rows:
        for row in rows:
            held += row
            if len(held) >= PIECE:
                yield _encoded(held, house.encoding)
                held.clear()
    if held:
        yield _encoded(held, house.encoding)


def fingerprint(run: MailingRun) -> Fingerprint:
    """Hash and size of the file as its lines make it now."""
    digest, size = hashlib.sha256(), 0
    for piece in written(run):
        digest.update(piece)
        size += len(piece)
    return Fingerprint(digest.hexdigest(), size)


def verified(run: MailingRun) -> tuple[IO[bytes], Fingerprint]:
    """The file as it was closed, on the disk: what is sent is what its hash was taken of. The caller closes it.

    Raises FileChanged if its lines no longer make it.
    """
    file, sha256, size = spooled(written(run))
    if (sha256, size) != (run.sha256, run.size):
        file.close()
        raise FileChanged(f"run {run.pk}: {size} bytes with {sha256}, closed with {run.sha256}")
    return file, Fingerprint(sha256, size)


def verify(run: MailingRun) -> None:
    """Whether the lines still make the file that was closed. Raises FileChanged if not."""
    found = fingerprint(run)
    if (found.sha256, found.size) != (run.sha256, run.size):
        raise FileChanged(f"run {run.pk}: {found.size} bytes with {found.sha256}, closed with {run.sha256}")


def shared(run: MailingRun) -> dict[str, Any]:
    """What every line of a run says alike."""
    deposit = f"{run.deposit_on:%Y%m%d}" if run.deposit_on else ""
    issue = run.issue
    return {
        "title": issue.magazine.code, "printed": issue.printed, "weight": run.house.weight_g, "deposit": deposit, "run": run.pk,
    }  # fmt: skip


def _copy(house: MailingHouse, columns: tuple[Column, ...], before: str, lines: str) -> str:
    # Only our own table of columns, a key and a checked separator: nothing that anybody typed.
    cells = ", ".join(f'{column.cell} AS "{column.name}"' for column in columns)
    query = f"{before} SELECT {cells} FROM {lines} {ADDRESSES} ORDER BY line.place"  # noqa: S608
    separator = "E'\\t'" if house.separator == "\t" else f"'{house.separator}'"
    return f"COPY ({query}) TO STDOUT (FORMAT csv, DELIMITER {separator}, HEADER {str(house.with_header).lower()})"


def _encoded(lines: bytearray, encoding: str) -> bytes:
    """Lines as the house reads them: CR/LF (no cell holds a line break), in its own alphabet, which labels keep to."""
    return lines.replace(b"\n", b"\r\n").decode().encode(encoding)
