"""The one place where a claim, an incident of claims and a doubt about an address change state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from payments.actors import Actor
from payments.saving import insert_all, save_all
from subscriptions.losses.rules import OPEN_DOUBTS
from subscriptions.models import (
    AddressDoubt,
    AddressDoubtEvent,
    Claim,
    ClaimEvent,
    ClaimIncident,
    ClaimIncidentEvent,
    CopyReturn,
    Subscription,
)

State, Doubt, Incident = Claim.State, AddressDoubt.State, ClaimIncident.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.RECEIVED: frozenset({State.ASKED, State.WAITING, State.APPROVED, State.EXTENDED, State.ON_DESK}),
    State.ASKED: frozenset({State.WAITING, State.APPROVED, State.EXTENDED, State.ON_DESK, State.REFUSED}),
    State.WAITING: frozenset({State.APPROVED, State.EXTENDED, State.ON_DESK}),
    # Approved ones wait for the run of the day: until then many of them may turn out to be an incident.
    State.APPROVED: frozenset({State.RESENT, State.WAITING, State.EXTENDED, State.ON_DESK}),
    State.ON_DESK: frozenset({State.APPROVED, State.EXTENDED, State.CREDITED, State.REFUSED}),
    State.RESENT: frozenset(),
    State.EXTENDED: frozenset(),
    State.CREDITED: frozenset(),
    State.REFUSED: frozenset(),
}
#: Claims that still wait for something.
OPEN = frozenset({State.RECEIVED, State.ASKED, State.WAITING, State.APPROVED, State.ON_DESK})

DOUBT_TRANSITIONS: dict[str, frozenset[str]] = {
    Doubt.ASKED: frozenset({Doubt.HELD, Doubt.SUSPENDED, Doubt.ANSWERED, Doubt.ENDED}),
    Doubt.HELD: frozenset({Doubt.SUSPENDED, Doubt.ANSWERED, Doubt.ENDED}),
    Doubt.SUSPENDED: frozenset({Doubt.ANSWERED, Doubt.ENDED}),
    Doubt.ANSWERED: frozenset(),
    Doubt.ENDED: frozenset(),
}

INCIDENT_TRANSITIONS: dict[str, frozenset[str]] = {
    Incident.OPEN: frozenset({Incident.WAITING, Incident.RESENDING, Incident.EXTENDING}),
    Incident.WAITING: frozenset({Incident.OPEN, Incident.RESENDING, Incident.EXTENDING}),
    Incident.RESENDING: frozenset(),
    Incident.EXTENDING: frozenset(),
}


class NoSuchStep(ValueError):
    """The table has no such step from where the row stands."""


def begin(claims: Sequence[Claim], *, actor: Actor, at: datetime) -> None:
    """Insert claims with their first step. The database refuses a second open one of a copy (IntegrityError)."""
    insert_all(claims)
    insert_all(
        [ClaimEvent(claim=one, from_state="", to_state=one.state, actor=str(actor), reason="", at=at) for one in claims]
    )


def move(
    claims: Sequence[Claim],
    target: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    also: tuple[str, ...] = (),
) -> list[Claim]:
    """Move locked claims, with the fields in `also` that the step fills; those without such a step stay. Two queries."""
    moved = [one for one in claims if target in TRANSITIONS[one.state]]
    insert_all(
        [
            ClaimEvent(claim=one, from_state=one.state, to_state=target, actor=str(actor), reason=reason[:200], at=at)
            for one in moved
        ]
    )
    for one in moved:
        one.state, one.state_since = target, at
    save_all(moved, ["state", "state_since", *also])
    return moved


def doubt(
    subscription: Subscription, because: CopyReturn, state: str, *, actor: Actor, at: datetime, reason: str
) -> AddressDoubt | None:
    """Open the doubt about the address of a locked subscription, or raise the one that is open; None if it stands there.

    An address that is held is not served again because the next return is milder.
    """
    one = AddressDoubt.objects.filter(subscription=subscription, state__in=OPEN_DOUBTS).first()
    if one is not None:
        return one if move_doubt(one, state, actor=actor, at=at, reason=reason) else None
    one = AddressDoubt.objects.create(subscription=subscription, because=because, state=state, state_since=at, at=at)
    AddressDoubtEvent.objects.create(
        doubt=one, from_state="", to_state=state, actor=str(actor), reason=reason[:200], at=at
    )
    return one


def move_doubt(one: AddressDoubt, target: str, *, actor: Actor, at: datetime, reason: str = "") -> bool:
    """Move a locked doubt; False, and nothing, where the table has no such step."""
    if target not in DOUBT_TRANSITIONS[one.state]:
        return False
    AddressDoubtEvent.objects.create(
        doubt=one, from_state=one.state, to_state=target, actor=str(actor), reason=reason[:200], at=at
    )
    one.state, one.state_since = target, at
    one.save(update_fields=["state", "state_since"])
    return True


def move_incident(
    one: ClaimIncident, target: str, *, actor: Actor, at: datetime, reason: str = "", wait_until: date | None = None
) -> None:
    """Move a locked incident. Raises NoSuchStep and changes nothing if the table does not know the step."""
    if target not in INCIDENT_TRANSITIONS[one.state]:
        raise NoSuchStep(f"incident {one.pk} does not go from {one.state} to {target}")
    ClaimIncidentEvent.objects.create(
        incident=one, from_state=one.state, to_state=target, actor=str(actor), reason=reason[:200], at=at
    )
    one.state, one.state_since, one.wait_until = target, at, wait_until
    one.save(update_fields=["state", "state_since", "wait_until"])


def begin_incident(one: ClaimIncident, *, actor: Actor, at: datetime, reason: str) -> None:
    """Insert an incident with its first step."""
    one.save(force_insert=True)
    ClaimIncidentEvent.objects.create(
        incident=one, from_state="", to_state=one.state, actor=str(actor), reason=reason[:200], at=at
    )
