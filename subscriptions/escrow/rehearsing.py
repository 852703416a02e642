"""Rehearsing: once a week the newest file is opened and used as somebody else would use it; people say when they restored one.

With the key of rehearsals (a setting, and one of the holders), a machine does what can be done without a second database: read
the file as it lies there, open the envelope, check every hash, and make each house's file from the complete lines and the
profile alone, to the byte. Restoring into an empty database is for a person and an empty machine (`manage.py restore_escrow`,
proved by the tests); they write it down.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import put_on_desk, record_act, take_all_off_desk
from payments.models import DeskItem
from subscriptions.escrow.keeping import path_of
from subscriptions.escrow.opening import Archive, CannotOpen, Untrue, open_envelope, remade
from subscriptions.models import Escrow, EscrowRehearsal

Kind = EscrowRehearsal.Kind
EVERY = timedelta(days=7)
#: What can be wrong with a file, as the technique desk reads it.
WRONG = {
    "missing": "il ne peut pas être lu",
    "key": "la clé de répétition manque, ou ne l’ouvre pas",
    "changed": "ce n’est plus le fichier qui a été écrit",
    "format": "son contenu n’a pas la forme attendue",
    "files": "il contient d’autres fichiers que ceux de son manifeste",
    "hash": "un de ses fichiers n’a pas l’empreinte du manifeste",
    "lines": "un fichier de routeur ne se refait pas depuis ses lignes",
}
#: What stands on technique's desk while the last rehearsal has failed.
REHEARSAL_FAILED = "escrow_rehearsal_failed"


class CannotRehearse(ValidationError):
    """A rehearsal cannot be written down; the message is a sentence for staff."""


def due(*, at: datetime) -> Escrow | None:
    """The file to be opened now: the newest, if none was opened for a week and there is a key; else None."""
    if not settings.ESCROW_REHEARSAL_KEY:
        return None
    since = EscrowRehearsal.objects.filter(kind=Kind.OPENED, succeeded=True, at__gt=at - EVERY)
    if since.exists():
        return None
    newest = Escrow.objects.filter(state=Escrow.State.DONE, removed_at=None).order_by("-night").first()
    if newest is None or newest.rehearsals.filter(kind=Kind.OPENED).exists():
        return None  # one that failed is tried again with the file of the next night
    return newest


def rehearse(row: Escrow, *, actor: Actor, at: datetime) -> EscrowRehearsal:
    """Open the file of a night and look through it; what was found is a row, and a failure stands on technique's desk."""
    facts: dict[str, Any]
    try:
        facts, wrong = looked_through(row), ""
    except OSError:
        facts, wrong = {}, "missing"
    except CannotOpen:
        facts, wrong = {}, "key"
    except Untrue as trouble:
        facts, wrong = {"said": str(trouble)}, trouble.word
    with transaction.atomic():
        done = EscrowRehearsal.objects.create(
            escrow=row, kind=Kind.OPENED, succeeded=not wrong, facts=facts | {"wrong": wrong}, actor=str(actor), at=at
        )
        if wrong:
            put_on_desk(
                DeskItem.Desk.TECHNIQUE,
                kind=REHEARSAL_FAILED,
                subject=f"escrow:{row.pk}",
                sentence=_sentence(row, wrong),
                at=at,
            )
        else:
            open_ = DeskItem.objects.filter(kind=REHEARSAL_FAILED, closed_at=None).values_list("subject", flat=True)
            take_all_off_desk(
                kind=REHEARSAL_FAILED, subjects=list(open_), because="a newer file opens", actor=actor, at=at
            )
    return done


def _sentence(row: Escrow, wrong: str) -> str:
    """What technique reads; a key that does not open says nothing of what is in the file."""
    if wrong == "key":
        return f"Le séquestre du {row.night:%d/%m/%Y} n’a pas pu être ouvert : {WRONG[wrong]}."
    return f"Le séquestre du {row.night:%d/%m/%Y} n’est pas bon : {WRONG[wrong]}."


def looked_through(row: Escrow) -> dict[str, Any]:
    """What the file of a night holds, in figures, once everything in it is true. Raises OSError, CannotOpen, Untrue."""
    envelope = path_of(row).read_bytes()
    if hashlib.sha256(envelope).hexdigest() != row.sha256:
        raise Untrue("changed", "the file is not the one that was written")
    try:
        own = Path(settings.ESCROW_REHEARSAL_KEY).read_bytes()
    except OSError as trouble:
        raise CannotOpen("key") from trouble  # nothing is wrong with the file
    archive = open_envelope(envelope, key=own, certificate=own)
    if archive.sha256 != row.content_sha256:
        raise Untrue("changed", "the archive is not the one that was written")
    return _counted(archive)


def _counted(archive: Archive) -> dict[str, Any]:
    lines = copies = 0
    for run in archive.runs:
        if remade(archive, run) != archive.read(run["fichier"]):
            raise Untrue("lines", f"{run['fichier']} cannot be made from its lines")
        lines += run["lignes"]
        copies += run["exemplaires"]
    return {"files": len(archive.runs), "lines": lines, "copies": copies}


@transaction.atomic
def write_down(key: int, *, succeeded: bool, actor: Actor, reason: str, at: datetime) -> EscrowRehearsal:
    """Somebody restored the file of a night into an empty database, or could not. Raises CannotRehearse."""
    row = Escrow.objects.get(pk=key)
    if row.state != Escrow.State.DONE:
        raise CannotRehearse(_("There is no file of this night."), code="none")
    record_act(
        "rehearsed a restore",
        subject=f"escrow:{row.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"succeeded": succeeded},
    )
    return EscrowRehearsal.objects.create(
        escrow=row, kind=Kind.RESTORED, succeeded=succeeded, actor=str(actor), reason=reason[:200], at=at
    )
