"""Checking: the dry run. Every line of a received file is judged, and nothing is written but what was found.

A job does it, a few hundred lines to a transaction; killed, it goes on where it was. What was found holds for its day: on
another one the file is checked again before it can be approved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import translation

from payments.actors import Actor
from payments.days import paris_day
from payments.saving import save_all
from subscriptions.importing.faults import Fault
from subscriptions.importing.judging import Judged, judge
from subscriptions.importing.knowing import Known, Seen, known
from subscriptions.importing.moving import move
from subscriptions.importing.saying import Said, said
from subscriptions.models import ImportFile, ImportRow

State = ImportFile.State
Outcome = ImportRow.Outcome
BATCH = 500


def check_waiting(*, actor: Actor, now: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> int:
    """Check the files that wait for it, as long as `go_on` says; returns how many lines were judged. Safe to repeat."""
    return sum(
        check(key, actor=actor, now=now, go_on=go_on)
        for key in ImportFile.objects.filter(state=State.TO_CHECK).order_by("pk").values_list("pk", flat=True)
    )


def check(key: int, *, actor: Actor, now: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> int:
    """Judge the lines of one file that were not judged yet; when none is left the file is checked. Returns how many."""
    seen, judged, primed = Seen(), 0, False
    while go_on():
        with transaction.atomic(), translation.override("fr"):
            file = ImportFile.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=key).first()
            if file is None or file.state != State.TO_CHECK:
                return judged
            rows = list(file.rows.filter(outcome=Outcome.WAITING).order_by("line")[:BATCH])
            if not primed and rows:
                _prime(seen, file, before=rows[0].line, now=now)
            primed = True
            if not rows:
                file.checked_on = paris_day(now())
                move(file, State.CHECKED, actor=actor, at=now())
                return judged
            for row, _one, found in judged_of(rows, file, seen, at=now()):
                write(row, found)
            save_all(rows, ["outcome", "faults", "warnings", "copies_left", "deferred", "vat_rate"])
            judged += len(rows)
    return judged


def judged_of(
    rows: Sequence[ImportRow], file: ImportFile, seen: Seen, *, at: datetime, checked: bool = False
) -> Iterator[tuple[ImportRow, Said, Judged]]:
    """Rows of one file in their order, each with what it says and what is made of it. `checked`: they were judged before."""
    lines = [(row, said(row.cells, source=file.source, faults=_cut(row), checked=checked)) for row in rows]
    facts: Known = known([one for _row, one in lines], file=file)
    for row, one in lines:
        yield (
            row,
            one,
            judge(
                one,
                facts,
                seen,
                line=row.line,
                fingerprint=row.fingerprint,
                on=paris_day(at),
                charge_from=file.charge_from,
            ),
        )


def write(row: ImportRow, found: Judged) -> None:
    """What was found of a row, in memory."""
    row.outcome = found.outcome
    row.faults = [one.to_dict() for one in found.faults]
    row.warnings = [one.to_dict() for one in found.warnings]
    if found.plan is not None:
        row.copies_left, row.deferred, row.vat_rate = found.plan.copies_left, found.plan.deferred, found.plan.vat.rate
    elif found.here is not None:
        row.copies_left, row.deferred, row.vat_rate = found.here.copies_left, found.here.deferred, found.here.vat_rate
    else:
        row.copies_left = row.deferred = row.vat_rate = None


def wait_again(file: ImportFile) -> None:
    """Have every line of a locked file judged anew; what was wrong with how it was cut stays. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, {"file": file.pk, "cut": CUT})


#: Faults that were found when the line was cut, before any cell was read.
CUT = ["quotes", "cells", "line_too_long", "nul", "control", "formula"]
AGAIN = """
UPDATE subscriptions_importrow SET outcome = 'waiting', warnings = '[]', copies_left = NULL, deferred = NULL,
    vat_rate = NULL, faults = COALESCE((
        SELECT jsonb_agg(fault) FROM jsonb_array_elements(faults) AS fault WHERE fault->>'code' = ANY (%(cut)s)), '[]')
WHERE file_id = %(file)s AND outcome <> 'let_in'
"""


def _cut(row: ImportRow) -> list[Fault]:
    return [Fault(**one) for one in row.faults if one["code"] in CUT]


def _prime(seen: Seen, file: ImportFile, *, before: int, now: Callable[[], datetime]) -> None:
    """What the lines before have named, where a run goes on after another one."""
    earlier: Any = file.rows.filter(line__lt=before).order_by("line")
    for first in range(0, earlier.count(), BATCH):
        for _row, _one, _found in judged_of(list(earlier[first : first + BATCH]), file, seen, at=now()):
            pass
