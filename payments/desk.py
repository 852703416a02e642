"""The desks: whatever the machine cannot settle becomes a row with an age and an owner (design, rule 16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from payments.actors import Actor
from payments.models import Act, DeskItem


def put_on_desk(desk: str, *, kind: str, subject: str, sentence: str, at: datetime) -> None:
    """Open an item unless the same matter is already open. One INSERT; safe to repeat."""
    DeskItem.objects.bulk_create(
        [DeskItem(desk=desk, kind=kind, subject=subject, sentence=sentence, opened_at=at)], ignore_conflicts=True
    )


def put_all_on_desk(desk: str, *, kind: str, sentences: Mapping[str, str], at: datetime) -> None:
    """The same for many matters of one kind: sentences by subject. One INSERT; safe to repeat."""
    DeskItem.objects.bulk_create(
        [
            DeskItem(desk=desk, kind=kind, subject=subject, sentence=sentence, opened_at=at)
            for subject, sentence in sentences.items()
        ],
        ignore_conflicts=True,
    )


def take_off_desk(*, kind: str, subject: str, because: str, actor: Actor, at: datetime) -> int:
    """Close the open item of a matter, if there is one; returns how many were closed (0 or 1)."""
    return DeskItem.objects.filter(kind=kind, subject=subject, closed_at=None).update(
        closed_at=at, closed_by=str(actor), closed_because=because[:300]
    )


def take_all_off_desk(*, kind: str, subjects: Sequence[str], because: str, actor: Actor, at: datetime) -> int:
    """Close the open items of many matters of one kind; returns how many were closed. One UPDATE."""
    return DeskItem.objects.filter(kind=kind, subject__in=subjects, closed_at=None).update(
        closed_at=at, closed_by=str(actor), closed_because=because[:300]
    )


def record_act(
    verb: str,
    *,
    subject: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Act:
    """Write down what somebody did to whom and why; evidence. `facts` hold ids and figures, no personal data."""
    return Act.objects.create(
        actor=str(actor), verb=verb, subject=subject, reason=reason[:300], facts=dict(facts or {}), at=at
    )
