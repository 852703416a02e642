"""Carrying out acts on many things: a few rows at a time, each in a transaction of its own, in any number of workers.

A row is claimed by its lock, asked again and done in the same transaction that writes what became of it: killed at any
point it is whole or still waiting. What may not be done any more is refused in words; a fault of ours is kept, told to
technique, and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef

from payments.actors import Actor
from payments.desk import put_on_desk
from payments.models import DeskItem
from shop.backoffice.bulk import KINDS
from shop.backoffice.models import BulkAct, BulkRow

log = structlog.get_logger(__name__)
State = BulkRow.State


def carry_out(*, now: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> int:
    """Do what waits, row by row, until nothing is left or `go_on` says stop; returns how many rows were settled.

    Safe to run twice, late or in two places: rows that somebody else holds are left to them.
    """
    settled = after = 0
    while go_on():
        key = (
            BulkRow.objects.filter(state=State.WAITING, pk__gt=after)
            .order_by("pk")
            .values_list("pk", flat=True)
            .first()
        )
        if key is None:
            break
        after = key
        settled += _one(key, at=now())
    _finish(at=now())
    return settled


def _one(key: int, *, at: datetime) -> bool:
    try:
        with transaction.atomic():
            return _settle(key, at=at)
    except OperationalError:
        return False  # a deadlock, a lost connection: it still waits, for the next round
    except Exception as trouble:
        log.exception("bulk_row_failed", row=key, trouble=type(trouble).__name__)
        return _failed(key, type(trouble).__name__, at=at)


def _settle(key: int, *, at: datetime) -> bool:
    """One row under its lock. False if somebody else holds it, or has settled it."""
    row = _claimed(key)
    if row is None:
        return False
    bulk = row.bulk
    kind, name = KINDS[bulk.kind], bulk.actor.partition(":")
    try:
        with transaction.atomic():
            outlook = kind.do(row.key, bulk.parameters, Actor(name[0], name[2]), at, bulk.reason)
    except ValidationError as refused:
        return _write(row, State.REFUSED, " ".join(refused.messages), at=at)
    as_shown = outlook.will[:300] == row.shown
    return _write(row, State.DONE if as_shown else State.OTHERWISE, outlook.will, at=at)


def _failed(key: int, trouble: str, *, at: datetime) -> bool:
    with transaction.atomic():
        row = _claimed(key)
        if row is None:
            return False
        put_on_desk(
            DeskItem.Desk.TECHNIQUE,
            kind="bulk_row_failed",
            subject=f"bulk:{row.bulk_id}",
            sentence=f"Un acte en nombre a échoué sur une ligne au moins ({trouble}) : les autres ont continué.",
            at=at,
        )
        return _write(row, State.FAILED, trouble, at=at)


def _claimed(key: int) -> BulkRow | None:
    rows: Any = BulkRow.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).select_related("bulk")
    found: BulkRow | None = rows.filter(pk=key, state=State.WAITING).first()
    return found


def _write(row: BulkRow, state: str, became: str, *, at: datetime) -> bool:
    row.state, row.became, row.done_at = state, became[:300], at
    row.save(update_fields=["state", "became", "done_at"])
    return True


def _finish(*, at: datetime) -> int:
    """Close the acts of which no row waits any more."""
    waiting = BulkRow.objects.filter(bulk=OuterRef("pk"), state=State.WAITING)
    return BulkAct.objects.filter(~Exists(waiting), finished_at=None).update(finished_at=at)
