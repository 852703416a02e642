"""Receiving: a file becomes rows, line by line, before anybody judges them; the same file again is the one that is here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.saving import insert_all
from subscriptions.importing.faults import FileRefused
from subscriptions.importing.lines import Reading, Record
from subscriptions.importing.moving import begin
from subscriptions.models import ImportFile, ImportRow

BATCH = 1000
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{1,39}")
#: Sources of terms that are sold here (`Term.source`).
OURS = frozenset({"shop", "gift"})


@dataclass(frozen=True, slots=True)
class Declared:
    """What whoever hands a file in says of it: the totals of the former house, and the first day of any charge."""

    source: str
    lines: int
    copies: int
    deferred: Decimal
    charge_from: date
    letters: bool


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is here. `again`: it was here before; nothing was written."""

    file: ImportFile
    again: bool


@transaction.atomic
def receive(
    body: BinaryIO, *, name: str, encoding: str, declared: Declared, actor: Actor, reason: str, at: datetime
) -> Received:
    """Keep the lines of a file, to be checked. One pass for its hash, one for its lines; memory does not grow with it.

    Nothing is let in by it. Raises FileRefused with a sentence, and nothing is written: wrong encoding, separator or heads,
    too large, empty.
    """
    if not _SLUG.fullmatch(declared.source) or declared.source in OURS:
        raise FileRefused(_("The source is a short name of the former house, in small letters, without spaces."), code="source")  # fmt: skip
    if declared.charge_from <= paris_day(at):
        raise FileRefused(_("The first day on which anybody may be charged lies in the future."), code="charge_from")
    first = Reading(body, encoding=encoding)
    for _record in first.records():
        pass
    known = ImportFile.objects.filter(source=declared.source, sha256=first.sha256).exclude(
        state=ImportFile.State.DISCARDED
    )
    if (here := known.first()) is not None:
        return Received(here, again=True)
    file = ImportFile.objects.create(
        source=declared.source,
        name=" ".join(name.split())[:120] or "import.csv",
        sha256=first.sha256,
        size=first.size,
        lines_total=first.lines,
        lines_declared=declared.lines,
        copies_declared=declared.copies,
        deferred_declared=declared.deferred,
        charge_from=declared.charge_from,
        letters=declared.letters,
        state_since=at,
        actor=str(actor),
        reason=reason[:200],
        at=at,
    )
    body.seek(0)
    for batch in _batches(Reading(body, encoding=encoding).records()):
        insert_all([_row(file, one) for one in batch])
    begin(file, actor=actor, at=at)
    record_act("handed in an import", subject=f"import:{file.pk}", actor=actor, reason=reason, at=at)
    return Received(file, again=False)


def _batches(records: Iterator[Record]) -> Iterator[Sequence[Record]]:
    while batch := list(islice(records, BATCH)):
        yield batch


def _row(file: ImportFile, one: Record) -> ImportRow:
    return ImportRow(
        file=file,
        line=one.line,
        foreign_ref=one.cells.get("reference", "")[:60],
        fingerprint=one.fingerprint,
        cells=one.cells,
        faults=[fault.to_dict() for fault in one.faults],
    )
