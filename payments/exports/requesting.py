"""Files of a year that nobody waits for on a page: asked for there, made by a job, downloaded when they are ready.

What is small is made at once; what is large becomes a row that says where it stands. A job claims one row after another, each
in a transaction of its own, and makes the file outside of it; killed in the middle it is taken up again, and makes the same
bytes, which are kept once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import translation

from payments.actors import Actor
from payments.desk import record_act
from payments.exports.archive import make_archive
from payments.exports.fec import Wanted
from payments.exports.fec_making import CannotExport, make_fec, wanted_of
from payments.exports.moving import begin, move
from payments.models import EntryNumber, FileRequest, KeptFile

Kind, State = FileRequest.Kind, FileRequest.State
#: Up to so many entries a file is made while the page waits: some seconds.
WHILE_WAITING = 20_000
#: A job that has not come to its end after so long was killed: its own time is shorter (`tasks.money`).
STALLED_AFTER = timedelta(minutes=30)


def is_large(year: int) -> bool:
    """Whether the files of a year are left to the job. One query, which stops counting there."""
    return EntryNumber.objects.filter(year=year)[: WHILE_WAITING + 1].count() > WHILE_WAITING


def ask(kind: str, wanted: Wanted, *, actor: Actor, at: datetime, reason: str) -> FileRequest:
    """Ask for a file; asked for again while it is open, it is the same request. Side effects: the row, its first step, the act."""
    try:
        with transaction.atomic():
            row = FileRequest.objects.create(
                kind=kind, year=wanted.year, customers=wanted.parties, reason=reason[:300], actor=str(actor), asked_at=at,
                state_since=at,
            )  # fmt: skip
            begin(row, actor=actor, at=at)
            record_act(
                "asked for a file", subject=f"file_request:{row.pk}", actor=actor, at=at, reason=reason,
                facts={"kind": row.kind, "year": row.year, "customers": row.customers},
            )  # fmt: skip
            return row
    except IntegrityError:
        return FileRequest.objects.get(
            kind=kind, year=wanted.year, customers=wanted.parties, state__in=(State.WAITING, State.MAKING)
        )


def make_waiting(*, actor: Actor, now: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> int:
    """Make what was asked for, the oldest first, until nothing is left or `go_on` says stop; returns how many were settled."""
    settled = 0
    while go_on() and (claimed := _claim(actor=actor, at=now())) is not None:
        try:
            made = _make(claimed, at=now())
        except CannotExport as trouble:
            _settle(claimed, State.REFUSED, actor=actor, at=now(), refusal=trouble.messages[0])
        else:
            _settle(claimed, State.MADE, actor=actor, at=now(), file=made)
        settled += 1
    return settled


@transaction.atomic
def _claim(*, actor: Actor, at: datetime) -> FileRequest | None:
    waiting = FileRequest.objects.select_for_update(no_key=True, skip_locked=True).order_by("pk")
    found = waiting.filter(state=State.WAITING).first()
    if found is None:
        found = waiting.filter(state=State.MAKING, state_since__lte=at - STALLED_AFTER).first()
        if found is not None:
            move(found, State.WAITING, actor=actor, at=at, reason="whoever made it has not come to its end")
    if found is not None:
        move(found, State.MAKING, actor=actor, at=at)
    return found


def _make(request: FileRequest, *, at: datetime) -> KeptFile:
    """The file, by the name of whoever asked for it. Raises CannotExport."""
    who = Actor(*request.actor.split(":", 1))
    # Sentences of a job are read by staff.
    with translation.override("fr"):
        wanted = wanted_of(request.year, parties=request.customers)
        make = make_fec if request.kind == Kind.FEC else make_archive
        return make(wanted, actor=who, at=at, reason=request.reason)


@transaction.atomic
def _settle(
    claimed: FileRequest, target: str, *, actor: Actor, at: datetime, file: KeptFile | None = None, refusal: str = ""
) -> None:
    """Say how it ended, unless somebody who took it over was quicker."""
    request = FileRequest.objects.select_for_update(no_key=True).get(pk=claimed.pk)
    if request.state == State.MAKING:
        move(request, target, actor=actor, at=at, file=file, refusal=refusal)
