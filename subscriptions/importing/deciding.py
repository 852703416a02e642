"""Deciding: a checked file is approved, checked again, or put aside. Approved is what stands before the eyes, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.ledger.entries import TAKEN_OVER
from payments.models import AccountMap
from payments.money import eur, french
from subscriptions.importing.checking import wait_again
from subscriptions.importing.moving import move
from subscriptions.importing.totals import Totals, controls, totals
from subscriptions.models import ImportFile, ImportRow

State = ImportFile.State
Outcome = ImportRow.Outcome


class CannotDecide(ValidationError):
    """The file cannot be approved, checked again or put aside now; each message is a sentence for a colleague."""


def obstacles(file: ImportFile, found: Totals, *, on: date) -> Sequence[str]:
    """Everything that stands between a checked file and its approval, in sentences; none when it may be let in."""
    said = []
    faulty = found.of(Outcome.FAULTY)
    if faulty:
        sentence = ngettext(
            "%(count)d line is faulty. A file is let in whole: correct it and hand it in again.",
            "%(count)d lines are faulty. A file is let in whole: correct it and hand it in again.",
            faulty,
        )
        said.append(sentence % {"count": faulty})
    elif not found.of(Outcome.READY):
        said.append(_("Every line of this file is here already: there is nothing to let in."))
    sentences = {
        "lines": _("The file has %(found)s subscribers, and %(declared)s were declared."),
        "copies": _("%(found)s copies are owed by the file, and %(declared)s were declared."),
        "deferred": _("The copies owed are worth %(found)s without VAT, and %(declared)s were declared."),
    }
    for control in controls(file, found):
        if not control.holds:
            shown = {
                name: french(eur(value)) if control.name == "deferred" else value
                for name, value in (("found", control.found), ("declared", control.declared))
            }
            said.append(sentences[control.name] % shown)
    if file.checked_on != on:
        said.append(_("It was read on another day: have it read again, for issues and readers may have changed."))
    if not AccountMap.objects.filter(key=TAKEN_OVER, valid_from__lte=on).exists():
        said.append(
            _("Finance has given the debt that is taken over no account yet (key %(key)s).") % {"key": TAKEN_OVER}
        )
    return said


@transaction.atomic
def approve(key: int, *, alone: bool, actor: Actor, reason: str, at: datetime) -> ImportFile:
    """Say yes to a checked file, with the totals as they stand; a job lets it in. Raises CannotDecide.

    `alone`: by whoever handed it in, where nobody else may; the mark stays on it.
    """
    file = _locked(key)
    if file.state != State.CHECKED:
        raise CannotDecide(_("This file does not wait for an approval."), code="state")
    found = totals(file)
    against = obstacles(file, found, on=paris_day(at))
    if against:
        raise CannotDecide(list(against), code="obstacles")
    if str(actor) == file.actor and not alone:
        raise CannotDecide(_("Somebody else approves what you handed in."), code="alone")
    file.alone = str(actor) == file.actor
    move(file, State.APPROVED, actor=actor, at=at, reason=reason, figures=found.to_dict())
    record_act("approved an import", subject=f"import:{key}", actor=actor, reason=reason, at=at)
    return file


@transaction.atomic
def check_again(key: int, *, actor: Actor, reason: str, at: datetime) -> ImportFile:
    """Have a checked file judged anew, by what is known today. Raises CannotDecide."""
    file = _locked(key)
    if file.state != State.CHECKED:
        raise CannotDecide(_("Only a file that was read, and not let in, is read again."), code="state")
    wait_again(file)
    move(file, State.TO_CHECK, actor=actor, at=at, reason=reason)
    record_act("had an import read again", subject=f"import:{key}", actor=actor, reason=reason, at=at)
    return file


@transaction.atomic
def discard(key: int, *, actor: Actor, reason: str, at: datetime) -> ImportFile:
    """Put a file aside that is not let in: nothing of its readers is kept but the hash of each line. Raises CannotDecide."""
    file = _locked(key)
    if file.state not in (State.TO_CHECK, State.CHECKED):
        raise CannotDecide(_("This file is approved, or put aside already."), code="state")
    found = totals(file)
    file.rows.update(cells={})
    move(file, State.DISCARDED, actor=actor, at=at, reason=reason, figures=found.to_dict())
    record_act("put an import aside", subject=f"import:{key}", actor=actor, reason=reason, at=at)
    return file


def _locked(key: int) -> ImportFile:
    found: ImportFile = ImportFile.objects.select_for_update(no_key=True).get(pk=key)
    return found
