"""Letting in: an approved file becomes subscriptions, some hundred lines to a transaction, and then one entry for each rate.

Killed at any point, each line is in whole or not at all, and the next run goes on; run twice or in two places, nothing is
let in twice. Each line is judged once more under the transaction that writes it: what came in between (a buyer with the
same e-mail address, an issue that was posted) is seen, and a line that may not be let in any more stands apart with its
fault, on finance's desk. The entries follow what was let in, so 4871 agrees with the copies to the cent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import structlog
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk
from payments.ledger import entries
from payments.ledger.posting import UnmappedKey, post
from payments.models import DeskItem
from payments.saving import save_all
from subscriptions.importing.checking import judged_of
from subscriptions.importing.checking import write as write_down
from subscriptions.importing.faults import Fault, FaultCode
from subscriptions.importing.judging import Plan
from subscriptions.importing.knowing import Seen
from subscriptions.importing.moving import move
from subscriptions.importing.totals import totals
from subscriptions.importing.writing import write
from subscriptions.models import ImportFile, ImportRow, Offer
from subscriptions.renewals.not_before import leave_to_choice
from subscriptions.renewals.planning import replan

log = structlog.get_logger(__name__)
State = ImportFile.State
Outcome = ImportRow.Outcome
BATCH = 250
LEFT_OUT, UNMAPPED = "import_left_out", "import_unmapped"
_WRITTEN = ["outcome", "faults", "warnings", "copies_left", "deferred", "vat_rate", "cells", "term"]


def let_in(*, now: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> int:
    """Let approved files in, until nothing is left or `go_on` says stop; returns how many lines were settled."""
    settled = 0
    for key in ImportFile.objects.filter(state=State.APPROVED).order_by("pk").values_list("pk", flat=True):
        actor = Actor("import", str(key))
        while go_on():
            done = _batch(key, actor=actor, at=now())
            settled += done
            if not done:
                _finish(key, actor=actor, at=now())
                break
    return settled


def _batch(key: int, *, actor: Actor, at: datetime) -> int:
    """One transaction's lines; each alone where the database refuses one of them."""
    keys = list(
        ImportRow.objects.filter(file=key, outcome=Outcome.READY).order_by("line").values_list("pk", flat=True)[:BATCH]
    )
    try:
        return _settle(key, keys, actor=actor, at=at)
    except OperationalError:
        return 0  # a deadlock, a lost connection: they still wait, for the next run
    except DatabaseError:
        return sum(_alone(key, one, actor=actor, at=at) for one in keys)


def _alone(key: int, row: int, *, actor: Actor, at: datetime) -> int:
    try:
        return _settle(key, [row], actor=actor, at=at)
    except OperationalError:
        return 0
    except DatabaseError as trouble:
        log.exception("import_row_refused", file=key, row=row, trouble=type(trouble).__name__)
        with translation.override("fr"):
            fault = Fault("", FaultCode.REFUSED_BY_DATABASE, _("The database refuses this line. Technique is told."))
        put_on_desk(
            DeskItem.Desk.TECHNIQUE, kind="import_row_refused", subject=f"import:{key}",
            sentence="La base de données refuse une ligne au moins d’une reprise : les autres ont continué.", at=at,
        )  # fmt: skip
        return ImportRow.objects.filter(pk=row, outcome=Outcome.READY).update(
            outcome=Outcome.FAULTY, faults=[fault.to_dict()], copies_left=None, deferred=None, vat_rate=None
        )


@transaction.atomic
def _settle(key: int, keys: Sequence[int], *, actor: Actor, at: datetime) -> int:
    """Judge and write these lines, under their locks; what somebody else holds is left to them."""
    if not keys:
        return 0
    with connection.cursor() as cursor:
        # Two files may name one person: one of them after the other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('let-in'))")
    file = ImportFile.objects.get(pk=key)
    rows = list(
        ImportRow.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk__in=keys, outcome=Outcome.READY)
        .order_by("line")
    )
    ready: list[tuple[ImportRow, Plan]] = []
    with translation.override("fr"):
        for row, _one, found in judged_of(rows, file, Seen(), at=at, checked=True):
            write_down(row, found)
            if found.plan is not None and found.outcome == Outcome.READY:
                ready.append((row, found.plan))
    terms = write([plan for _row, plan in ready], file, actor=actor, at=at)
    for (row, _plan), term in zip(ready, terms, strict=True):
        row.outcome, row.term, row.cells = Outcome.LET_IN, term, {}
    save_all(rows, _WRITTEN)
    automatic = [term.subscription_id for term in terms if term.subscription.renewal == Offer.Renewal.AUTOMATIC]
    if automatic:
        replan(automatic, on=paris_day(at), at=at, actor=actor)
        leave_to_choice(on=paris_day(at), actor=actor, at=at, limit=BATCH, subscriptions=automatic)
    return len(rows)


@transaction.atomic
def _finish(key: int, *, actor: Actor, at: datetime) -> None:
    """Book what was let in, and say what was not: once, when no line waits any more."""
    file = ImportFile.objects.select_for_update(no_key=True).get(pk=key)
    if file.state != State.APPROVED or file.rows.filter(outcome=Outcome.READY).exists():
        return
    on = paris_day(at)
    worth = file.rows.filter(outcome=Outcome.LET_IN).order_by().values("vat_rate").annotate(worth=Sum("deferred"))
    drafts = [
        entries.taken_over(file.pk, rate=rate, worth=row["worth"], booked_on=on)
        for row in worth
        if (rate := row["vat_rate"]) is not None and row["worth"] > Decimal(0)
    ]
    try:
        with transaction.atomic():
            post(drafts, actor=actor, at=at)
    except UnmappedKey:
        put_on_desk(
            DeskItem.Desk.FINANCE, kind=UNMAPPED, subject=f"import:{file.pk}", at=at,
            sentence=f"La dette reprise n’a pas de compte (clé {entries.TAKEN_OVER}) : la reprise n° {file.pk} est entrée, son écriture attend.",
        )  # fmt: skip
        return
    found = totals(file)
    move(file, State.LET_IN, actor=actor, at=at, reason="every line is settled", figures=found.to_dict())
    left_out = found.of(Outcome.FAULTY)
    if left_out:
        put_on_desk(
            DeskItem.Desk.FINANCE, kind=LEFT_OUT, subject=f"import:{file.pk}", at=at,
            sentence=f"Reprise n° {file.pk} : {left_out} ligne(s) ne sont pas entrées. Le rapport dit pourquoi.",
        )  # fmt: skip
