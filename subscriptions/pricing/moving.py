"""The one place where a change of price changes state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.actors import Actor
from subscriptions.models import PriceChange, PriceChangeEvent

State = PriceChange.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.PREPARED: frozenset({State.SIGNED, State.CANCELLED}),
    State.SIGNED: frozenset({State.CANCELLED}),
    State.CANCELLED: frozenset(),
}


class NoSuchStep(ValueError):
    """The table has no such step from where the change stands."""


def begin(change: PriceChange, *, actor: Actor, at: datetime) -> None:
    """Write down the first step of a change just inserted."""
    PriceChangeEvent.objects.create(
        change=change, from_state="", to_state=change.state, actor=str(actor), reason=change.reason, at=at
    )


def move(
    change: PriceChange,
    target: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Move a locked change. Two queries. Raises NoSuchStep and changes nothing if the table does not know the step."""
    if target not in TRANSITIONS[change.state]:
        raise NoSuchStep(f"change {change.pk} does not go from {change.state} to {target}")
    came_from, change.state, change.state_since = change.state, target, at
    change.save(update_fields=["state", "state_since"])
    PriceChangeEvent.objects.create(
        change=change, from_state=came_from, to_state=target, actor=str(actor), reason=reason[:200],
        figures=dict(figures or {}), at=at,
    )  # fmt: skip
