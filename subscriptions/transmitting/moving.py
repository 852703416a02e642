"""The one place where a transmission changes state (design, rule 6)."""

from __future__ import annotations

from datetime import datetime

from payments.actors import Actor
from subscriptions.models import Transmission, TransmissionEvent

State = Transmission.State
TRANSITIONS: dict[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.IN_FLIGHT, State.FAILED}),
    #: Back to the queue after a try that failed, or that nobody has seen the end of: the next one looks it up first.
    State.IN_FLIGHT: frozenset({State.QUEUED, State.DONE, State.FAILED}),
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
}
#: On their way: no other may begin, and nobody hands the file over by hand meanwhile.
OPEN = (State.QUEUED, State.IN_FLIGHT)


class NoSuchStep(ValueError):
    """The table has no such step from where the row stands."""


def move(
    row: Transmission, target: str, *, actor: Actor, at: datetime, reason: str = "", also: tuple[str, ...] = ()
) -> None:
    """Move a locked row one step and save it, with the fields in `also`. Two queries.

    Raises NoSuchStep and changes nothing if the table does not know the step.
    """
    if target not in TRANSITIONS[row.state]:
        raise NoSuchStep(f"transmission {row.pk} does not go from {row.state} to {target}")
    TransmissionEvent.objects.create(
        transmission=row, from_state=row.state, to_state=target, actor=str(actor), reason=reason[:200], at=at
    )
    row.state, row.state_since = target, at
    row.save(update_fields=["state", "state_since", *also])
