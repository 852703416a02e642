"""The one place where the escrow of a night changes state (design, rule 6)."""

from __future__ import annotations

from datetime import datetime

from subscriptions.models import Escrow

State = Escrow.State
TRANSITIONS: dict[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.IN_FLIGHT}),
    #: Back to the queue after a try that failed, or that nobody has seen the end of.
    State.IN_FLIGHT: frozenset({State.QUEUED, State.DONE, State.FAILED}),
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
}


class NoSuchStep(ValueError):
    """The table has no such step from where the row stands."""


def move(row: Escrow, target: str, *, at: datetime, also: tuple[str, ...] = ()) -> None:
    """Move a locked row one step and save it, with the fields in `also`. One query. Raises NoSuchStep.

    No event is written beside it: there is one actor, the clock, and the row says when, how often and what was wrong.
    """
    if target not in TRANSITIONS[row.state]:
        raise NoSuchStep(f"escrow of {row.night} does not go from {row.state} to {target}")
    row.state, row.state_since = target, at
    row.save(update_fields=["state", "state_since", *also])
