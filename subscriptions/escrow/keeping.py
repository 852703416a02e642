"""Keeping the escrow: one file a night, tried again by a closed table, kept so many nights; every step on its row.

The row is claimed in a short transaction; the archive is made and enveloped outside it, written under another name and synced.
Then its row is taken once more: only the try that still holds it renames the file and says so, in one step, so that a late one
never puts its file under another's hash. Killed anywhere, the row stands in flight and is swept; a file without its row is
overwritten by the next try of that night.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction

from payments.actors import Actor
from payments.desk import put_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.enveloping import NoCertificate, enveloped
from subscriptions.escrow.contents import Contents, make
from subscriptions.escrow.holders import holders, said_of
from subscriptions.escrow.moving import move
from subscriptions.models import Escrow

log = structlog.get_logger(__name__)
State = Escrow.State
#: Before each try after the first; when they are used up the night has failed.
WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3))
#: A try that nobody has seen the end of for so long is dead: the worker stops a task much earlier.
STALLED = timedelta(minutes=30)
#: What stands on technique's desk while the last night has failed.
FAILED = "escrow_failed"
#: Faults of the folder by their word; any other word is the name of an exception.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(slots=True)
class Kept:
    """What one round did: files written, tries that failed, old files removed; and whether tonight's file lies there."""

    written: int = 0
    failed: int = 0
    removed: int = 0
    there: bool = False


def configured() -> bool:
    """Whether the settings name a folder and holders."""
    return bool(settings.ESCROW_FOLDER and settings.ESCROW_CERTIFICATES)


def path_of(row: Escrow) -> Path:
    """Where the file of a night lies."""
    return Path(settings.ESCROW_FOLDER) / row.name


def keep(*, on: date, actor: Actor, at: datetime) -> Kept:
    """Write the file of the night `on` unless it is there, try again what failed, remove what is too old. Safe to repeat, late
    and in two places: nights that were missed are not caught up, since no file says more than the newest."""
    kept = Kept()
    Escrow.objects.bulk_create([Escrow(night=on, state_since=at, due_at=at)], ignore_conflicts=True)
    _recover(at=at)
    row = _claim(on, at=at)
    if row is not None:
        if _write(row, on=on, actor=actor, at=at):
            kept.written += 1
        else:
            kept.failed += 1
    kept.there = Escrow.objects.filter(night=on, state=State.DONE).exists()
    if kept.there:
        kept.removed = _remove_old(at=at)
    return kept


def _recover(*, at: datetime) -> None:
    """Tries whose end nobody saw go back to the queue; of nights that are over, they have failed."""
    with transaction.atomic():
        stuck = Escrow.objects.select_for_update(no_key=True, skip_locked=True).filter(
            state=State.IN_FLIGHT, state_since__lte=at - STALLED
        )
        for row in stuck.order_by("pk"):
            row.failure, row.due_at = "stalled", at
            move(row, State.QUEUED, at=at, also=("failure", "due_at"))


def _claim(night: date, *, at: datetime) -> Escrow | None:
    with transaction.atomic():
        due = Escrow.objects.select_for_update(no_key=True, skip_locked=True).filter(state=State.QUEUED, due_at__lte=at)
        for row in due.order_by("night"):
            row.attempts += 1
            move(row, State.IN_FLIGHT, at=at, also=("attempts",))
            if row.night == night:
                return row
            # A night that is over: the file of today says all that it would have.
            row.failure = row.failure or "missed"
            move(row, State.FAILED, at=at, also=("failure",))
    return None


def _write(row: Escrow, *, on: date, actor: Actor, at: datetime) -> bool:
    """Make, envelope and write the file of a claimed row; whether it lies there now."""
    coming = Path(settings.ESCROW_FOLDER) / f"{name_of(on)}.{row.attempts}.coming"
    try:
        contents = make(on=on, at=at)
        certificates = holders()
        sealed = enveloped(contents.archive, certificates)
        _put(coming, sealed)
        return _finish(row, contents, coming, sealed, said_of(certificates), actor=actor, at=at)
    except Exception as trouble:
        log.warning("escrow_failed", night=on.isoformat(), trouble=word_of(trouble))
        with contextlib.suppress(OSError):
            coming.unlink(missing_ok=True)
        _fail(row, word_of(trouble), at=at)
        return False


def name_of(night: date) -> str:
    """Of the file of a night."""
    return f"sequestre-{night:%Y-%m-%d}.p7m"


def word_of(trouble: Exception) -> str:
    """The fault of a try in one word."""
    if isinstance(trouble, OSError):
        return "disk full" if trouble.errno in FULL else "folder"
    if isinstance(trouble, NoCertificate):
        return "certificate"
    return type(trouble).__name__[:40]


def _put(coming: Path, content: bytes) -> None:
    with open(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


@transaction.atomic
def _finish(
    row: Escrow,
    contents: Contents,
    coming: Path,
    sealed: bytes,
    who: list[dict[str, str]],
    *,
    actor: Actor,
    at: datetime,
) -> bool:
    held = Escrow.objects.select_for_update(no_key=True).get(pk=row.pk)
    if (held.state, held.attempts) != (State.IN_FLIGHT, row.attempts):
        coming.unlink(missing_ok=True)
        return held.state == State.DONE
    held.name = name_of(held.night)
    os.replace(coming, path_of(held))
    _sync_folder(path_of(held).parent)
    held.sha256, held.size = hashlib.sha256(sealed).hexdigest(), len(sealed)
    held.content_sha256 = hashlib.sha256(contents.archive).hexdigest()
    held.lines, held.copies, held.counts = contents.lines, contents.copies, contents.counts
    held.holders, held.made_at, held.failure = who, at, ""
    move(
        held, State.DONE, at=at,
        also=("name", "sha256", "size", "content_sha256", "lines", "copies", "counts", "holders", "made_at", "failure"),
    )  # fmt: skip
    before = DeskItem.objects.filter(kind=FAILED, closed_at=None).values_list("subject", flat=True)
    take_all_off_desk(kind=FAILED, subjects=list(before), because="a file was written since", actor=actor, at=at)
    return True


def _sync_folder(folder: Path) -> None:
    """The name, too, is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@transaction.atomic
def _fail(row: Escrow, word: str, *, at: datetime) -> None:
    held = Escrow.objects.select_for_update(no_key=True).get(pk=row.pk)
    if (held.state, held.attempts) != (State.IN_FLIGHT, row.attempts):
        return
    held.failure = word
    if held.attempts <= len(WAITS):
        held.due_at = at + WAITS[held.attempts - 1]
        move(held, State.QUEUED, at=at, also=("failure", "due_at"))
        return
    move(held, State.FAILED, at=at, also=("failure",))
    put_on_desk(
        DeskItem.Desk.TECHNIQUE,
        kind=FAILED,
        subject=f"escrow:{held.pk}",
        sentence=f"Le séquestre de la nuit du {held.night:%d/%m/%Y} n’a pas pu être écrit ({word}), après {held.attempts} essais.",
        at=at,
    )


def _remove_old(*, at: datetime) -> int:
    """Remove the files of all but the newest nights that are kept, and what dead tries have left. The newest always stays."""
    removed = 0
    there = Escrow.objects.filter(state=State.DONE, removed_at=None).order_by("-night")
    for row in there[max(settings.ESCROW_KEEP, 1) :]:
        path_of(row).unlink(missing_ok=True)
        Escrow.objects.filter(pk=row.pk, removed_at=None).update(removed_at=at)
        removed += 1
    live = {f"{name_of(row.night)}.{row.attempts}.coming" for row in Escrow.objects.filter(state=State.IN_FLIGHT)}
    for left in Path(settings.ESCROW_FOLDER).glob("sequestre-*.coming"):
        if left.name not in live:
            left.unlink(missing_ok=True)
    return removed
