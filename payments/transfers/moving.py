"""The one place where a transfer changes state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from payments.actors import Actor
from payments.models import Transfer, TransferEvent

log = structlog.get_logger(__name__)
State = Transfer.State

#: From → to. An account may be corrected until it is in the bank's hands; a bank may send money back after it arrived.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.ASKED: frozenset({State.GIVEN, State.CANCELLED}),
    State.GIVEN: frozenset({State.GIVEN, State.APPROVED, State.CANCELLED}),
    State.APPROVED: frozenset({State.GIVEN, State.SENT, State.CANCELLED}),
    State.SENT: frozenset({State.DONE, State.FAILED}),
    State.DONE: frozenset({State.FAILED}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
#: From here on the account is not needed any more.
OVER = frozenset({State.DONE, State.FAILED, State.CANCELLED})
#: The money has left our bank.
LEFT = frozenset({State.SENT, State.DONE})
FACTS = ("holder", "iban", "iban_end", "given_by", "approved_by", "alone_because", "sent_on", "failure")


class NoSuchStep(ValueError):
    """The table has no such step from where the transfer stands."""


def move(transfers: Sequence[Transfer], target: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Move locked transfers, with the facts that were set on them, and write the steps. One UPDATE each.

    Forgets the account once it is not needed any more. Raises NoSuchStep before anything is written.
    """
    stuck = [one.reference for one in transfers if target not in TRANSITIONS[one.state]]
    if stuck:
        raise NoSuchStep(f"{target} is impossible for {stuck}")
    TransferEvent.objects.bulk_create(
        [
            TransferEvent(
                transfer=one, from_state=one.state, to_state=target, actor=str(actor), reason=reason[:200], at=at
            )
            for one in transfers
        ]
    )
    for one in transfers:
        log.info("transfer_moved", transfer=one.reference, was=one.state, now=target)
        one.state, one.state_since = target, at
        if target in OVER:
            one.iban = ""
        one.save(update_fields=["state", "state_since", *FACTS])
