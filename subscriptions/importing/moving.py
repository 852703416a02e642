"""The one place where a file of an import changes state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.actors import Actor
from subscriptions.models import ImportFile, ImportFileEvent

State = ImportFile.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.TO_CHECK: frozenset({State.CHECKED, State.DISCARDED}),
    State.CHECKED: frozenset({State.TO_CHECK, State.APPROVED, State.DISCARDED}),
    State.APPROVED: frozenset({State.LET_IN}),
    State.LET_IN: frozenset(),
    State.DISCARDED: frozenset(),
}


class NoSuchStep(ValueError):
    """The table has no such step from where the file stands."""


def begin(file: ImportFile, *, actor: Actor, at: datetime) -> None:
    """Write down the first step of a file just received."""
    ImportFileEvent.objects.create(
        file=file, from_state="", to_state=file.state, actor=str(actor), reason=file.reason, at=at
    )


def move(
    file: ImportFile,
    target: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Move a locked file, and save what else the caller has set of it. Two queries. Raises NoSuchStep and changes nothing."""
    if target not in TRANSITIONS[file.state]:
        raise NoSuchStep(f"import {file.pk} does not go from {file.state} to {target}")
    came_from, file.state, file.state_since = file.state, target, at
    file.save(update_fields=["state", "state_since", "checked_on", "alone"])
    ImportFileEvent.objects.create(
        file=file, from_state=came_from, to_state=target, actor=str(actor), reason=reason[:200],
        figures=dict(figures or {}), at=at,
    )  # fmt: skip
