"""The one place where a sold issue changes state: each step with its movement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payments.actors import Actor
from payments.days import paris_day
from payments.saving import insert_all, save_all
from subscriptions.models import SoldIssue, SoldIssueMovement

State = SoldIssue.State
Kind = SoldIssueMovement.Kind

#: What each movement may start from, and where it leads.
MOVEMENTS: dict[str, tuple[frozenset[str], str]] = {
    Kind.GRANT: (frozenset({State.RESERVED}), State.OWED),
    Kind.ASSIGN: (frozenset({State.OWED}), State.ASSIGNED),
    Kind.SERVE: (frozenset({State.ASSIGNED}), State.SERVED),
    Kind.HOLD: (frozenset({State.OWED}), State.HELD),
    Kind.RELEASE: (frozenset({State.HELD}), State.OWED),
    Kind.VOID: (frozenset({State.OWED, State.HELD}), State.VOID),
}
#: What can still be taken back; what is in a file is on its way.
UNSENT = (State.OWED, State.HELD)


class NoSuchStep(ValueError):
    """The table has no such step from where the row stands."""


def move(lines: Sequence[SoldIssue], kind: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Move locked lines by one kind of movement, and write the movements. Two queries.

    Raises NoSuchStep before anything is written if one of them cannot take it.
    """
    allowed, target = MOVEMENTS[kind]
    stuck = [one.pk for one in lines if one.state not in allowed]
    if stuck:
        raise NoSuchStep(f"{kind} is impossible for sold issues {stuck}")
    on = paris_day(at)
    insert_all(
        [SoldIssueMovement(sold=one, kind=kind, actor=str(actor), reason=reason[:200], on=on, at=at) for one in lines]
    )
    for one in lines:
        one.state = target
    save_all(lines, ["state"])
