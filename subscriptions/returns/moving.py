"""The one place where news of a return changes its state: stored, then applied, or ignored with a reason; both are final."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from subscriptions.models import MailEvent, Notice

State = MailEvent.State

MOVES: Mapping[State, frozenset[State]] = {
    State.STORED: frozenset({State.APPLIED, State.IGNORED}),
    State.APPLIED: frozenset(),
    State.IGNORED: frozenset(),
}


def move(event: MailEvent, to: State, *, notice: Notice | None, at: datetime, reason: str = "") -> None:
    """Move a locked event to `to`. Raises ValueError for a move that the table does not know."""
    if to not in MOVES[State(event.state)]:
        raise ValueError(f"news of a return does not go from {event.state} to {to}")
    event.state, event.reason, event.notice, event.done_at = to, reason[:200], notice, at
    event.save(update_fields=["state", "reason", "notice", "done_at"])
