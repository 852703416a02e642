"""The one place where a renewal changes state (design, section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payments.actors import Actor
from payments.saving import insert_all, save_all
from subscriptions.models import Renewal, RenewalEvent

State = Renewal.State

#: States in which a renewal is over.
OVER = frozenset({State.PAID, State.LAPSED, State.CANCELLED})

#: From → to. Any open state may be cancelled. `announced → planned` when R moves; `due → awaiting_reader` without a card;
#: `lapsed | cancelled → paid` is not here: money that comes so late is surplus, or pays a term by another order.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.PLANNED: frozenset({State.ANNOUNCED, State.MANUAL, State.CANCELLED, State.PAID}),
    State.ANNOUNCED: frozenset({State.DUE, State.PLANNED, State.MANUAL, State.CANCELLED, State.PAID}),
    State.DUE: frozenset({State.CHARGING, State.AWAITING_READER, State.MANUAL, State.CANCELLED, State.PAID}),
    State.CHARGING: frozenset({State.PAID, State.AWAITING_READER, State.RETRYING, State.UNRESOLVED, State.CANCELLED}),
    State.RETRYING: frozenset({State.CHARGING, State.AWAITING_READER, State.LAPSED, State.CANCELLED, State.PAID}),
    State.AWAITING_READER: frozenset({State.CHARGING, State.PAID, State.LAPSED, State.CANCELLED}),
    State.UNRESOLVED: frozenset({State.PAID, State.RETRYING, State.AWAITING_READER, State.LAPSED, State.CANCELLED}),
    State.MANUAL: frozenset({State.PAID, State.LAPSED, State.CANCELLED}),
    State.PAID: frozenset(),
    State.LAPSED: frozenset(),
    State.CANCELLED: frozenset(),
}
SAVED = ("state", "state_since", "renews_on", "next_try_on", "decline_code", "why", "term", "price", "amount")


def move(renewals: Sequence[Renewal], target: str, *, actor: Actor, at: datetime, reason: str = "") -> list[Renewal]:
    """Move locked renewals to a state; those for which the table has no such step stay and are left out of the result.

    Also saves what the caller set on them beforehand (`SAVED`). Two queries whatever the number.
    """
    moved = [one for one in renewals if target in TRANSITIONS[one.state]]
    if not moved:
        return []
    insert_all(
        [
            RenewalEvent(
                renewal=one,
                from_state=one.state,
                to_state=target,
                renews_on=one.renews_on,
                actor=str(actor),
                reason=reason[:200],
                at=at,
            )
            for one in moved
        ]
    )
    for one in moved:
        one.state, one.state_since = target, at
        if target != State.RETRYING:
            one.next_try_on = None
    save_all(moved, SAVED)
    return moved


def follow(renewals: Sequence[Renewal], *, actor: Actor, at: datetime, reason: str) -> None:
    """Save what the caller set on locked renewals that stay in their state (another R, another price), with a step each.

    Two queries whatever the number.
    """
    insert_all(
        [
            RenewalEvent(
                renewal=one,
                from_state=one.state,
                to_state=one.state,
                renews_on=one.renews_on,
                actor=str(actor),
                reason=reason[:200],
                at=at,
            )
            for one in renewals
        ]
    )
    save_all(renewals, SAVED)


def begin(renewals: Sequence[Renewal], *, actor: Actor, at: datetime, reason: str) -> list[Renewal]:
    """Insert new plans with their first step. The database refuses a second open one (IntegrityError). Two queries."""
    insert_all(renewals)
    insert_all(
        [
            RenewalEvent(
                renewal=one,
                from_state="",
                to_state=one.state,
                renews_on=one.renews_on,
                actor=str(actor),
                reason=reason[:200],
                at=at,
            )
            for one in renewals
        ]
    )
    return list(renewals)
