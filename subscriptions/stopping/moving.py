"""The one place where a declaration changes state. What was declared never changes; what became of it does, by the table."""

from __future__ import annotations

from datetime import datetime

from payments.actors import Actor
from subscriptions.models import Declaration, DeclarationEvent
from subscriptions.stopping.effects import Code

State = Declaration.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.RECEIVED: frozenset({State.APPLIED, State.ON_DESK}),
    State.ON_DESK: frozenset({State.APPLIED, State.SETTLED}),
    State.APPLIED: frozenset(),
    State.SETTLED: frozenset(),
}
#: What may be written down with a step; the database refuses any other column.
SAVED = ("state", "state_since", "subscription", "order", "effective_on", "effect", "refund", "refund_due_on")


class NoSuchStep(ValueError):
    """The table has no such step from where the declaration stands."""


def begin(declaration: Declaration, *, actor: Actor, at: datetime) -> None:
    """Write down the first step of a declaration just inserted: it was received."""
    DeclarationEvent.objects.create(
        declaration=declaration, from_state="", to_state=State.RECEIVED, actor=str(actor), at=at
    )


def move(declaration: Declaration, target: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Move a locked declaration, and save what the caller set on it (`SAVED`). Two queries.

    Raises NoSuchStep and changes nothing if the table does not know the step.
    """
    if target not in TRANSITIONS[declaration.state]:
        raise NoSuchStep(f"declaration {declaration.reference} does not go from {declaration.state} to {target}")
    came_from, declaration.state, declaration.state_since = declaration.state, target, at
    declaration.save(update_fields=SAVED)
    DeclarationEvent.objects.create(
        declaration=declaration, from_state=came_from, to_state=target, actor=str(actor), reason=reason[:200], at=at
    )


def remember_refund(declaration: Declaration) -> None:
    """Save which refund gives the money back, once it is known; the state stays."""
    declaration.save(update_fields=["refund"])


def waits_no_more(declaration: Declaration) -> None:
    """Save that the money of a withdrawal has gone back by another way than a refund of ours; the state stays."""
    declaration.effect = Code.WITHDRAWN
    declaration.save(update_fields=["effect"])
