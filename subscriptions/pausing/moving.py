"""The one place where a pause changes state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payments.actors import Actor
from payments.saving import save_all
from subscriptions.models import Pause, PauseEvent

State = Pause.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.HELD: frozenset({State.OVER, State.CALLED_OFF}),
    State.OVER: frozenset(),
    State.CALLED_OFF: frozenset(),
}


def begin(pauses: Sequence[Pause], *, actor: Actor, at: datetime) -> list[Pause]:
    """Insert pauses with their first step. The database refuses a third one of a term (IntegrityError). Two queries."""
    made = Pause.objects.bulk_create(pauses)
    PauseEvent.objects.bulk_create([_step(one, "", one.state, actor=actor, at=at, reason=one.reason) for one in made])
    return made


def move(pauses: Sequence[Pause], target: str, *, actor: Actor, at: datetime, reason: str = "") -> list[Pause]:
    """Move locked pauses; those for which the table has no such step stay. Two queries whatever the number."""
    moved = [one for one in pauses if target in TRANSITIONS[one.state]]
    if not moved:
        return []
    PauseEvent.objects.bulk_create(
        [_step(one, one.state, target, actor=actor, at=at, reason=reason) for one in moved]
    )  # fmt: skip
    for one in moved:
        one.state, one.state_since = target, at
    save_all(moved, ["state", "state_since"])
    return moved


def _step(one: Pause, came_from: str, to: str, *, actor: Actor, at: datetime, reason: str) -> PauseEvent:
    return PauseEvent(
        pause=one, from_state=came_from, to_state=to, actor=str(actor), reason=reason[:200], at=at
    )  # fmt: skip
