"""Both people and the job, by hand: hand a file in, have it read, approve it, let it in."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from payments.actors import Actor, job
from subscriptions.importing.checking import check_waiting
from subscriptions.importing.deciding import approve
from subscriptions.importing.letting_in import let_in
from subscriptions.importing.receiving import receive
from subscriptions.models import ImportFile, ImportRow
from tests.importing.written import Written
from tests.makers import NOW

ONE, OTHER, JOB = Actor("staff", "1"), Actor("staff", "2"), job("imports")


def hand_in(file: Written, *, at: datetime = NOW, body: bytes | None = None, encoding: str = "utf-8", **declared: Any) -> ImportFile:  # fmt: skip
    """Received, not read."""
    return receive(
        io.BytesIO(file.bytes() if body is None else body), name="abonnés.csv", encoding=encoding,
        declared=file.declared(**declared), actor=ONE, reason="Reprise de l’ancienne maison", at=at,
    ).file  # fmt: skip


def read(file: Written, *, at: datetime = NOW, **given: Any) -> ImportFile:
    """Received and read."""
    key = hand_in(file, at=at, **given).pk
    check_waiting(actor=JOB, now=lambda: at)
    return ImportFile.objects.get(pk=key)


def say_yes(file: ImportFile, *, at: datetime = NOW) -> ImportFile:
    """Approved by the other one."""
    return approve(file.pk, alone=False, actor=OTHER, reason="Totaux vérifiés", at=at)


def take_over(file: Written, *, at: datetime = NOW, **given: Any) -> ImportFile:
    """All of it."""
    key = say_yes(read(file, at=at, **given), at=at).pk
    let_in(now=lambda: at)
    return ImportFile.objects.get(pk=key)


def outcomes(file: ImportFile) -> dict[str, int]:
    """How many lines became what."""
    found: dict[str, int] = {}
    for outcome in ImportRow.objects.filter(file=file).values_list("outcome", flat=True):
        found[outcome] = found.get(outcome, 0) + 1
    return found


def faults(file: ImportFile) -> list[tuple[int, str, str]]:
    """Line, column and code of each."""
    return [(row.line, one["column"], one["code"]) for row in file.rows.order_by("line") for one in row.faults]


def warnings(file: ImportFile) -> list[tuple[int, str, str]]:
    """The same of what is let in all the same."""
    return [(row.line, one["column"], one["code"]) for row in file.rows.order_by("line") for one in row.warnings]
