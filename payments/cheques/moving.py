"""The one place where a cheque changes state.

| from | to | when |
| received | deposited | it is on a slip, which is frozen |
| deposited | credited | the bank's line of that slip has come |
| received, deposited | bounced | it was never credited: unusable, or refused by the bank before the credit |
| credited | bounced | the bank has taken its money back |

A cheque that bounced stays so: what is paid instead is another cheque, or a transfer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from payments.actors import Actor
from payments.models import Cheque, ChequeEvent

State = Cheque.State

TRANSITIONS: Mapping[str, frozenset[str]] = {
    State.RECEIVED: frozenset({State.DEPOSITED, State.BOUNCED}),
    State.DEPOSITED: frozenset({State.CREDITED, State.BOUNCED}),
    State.CREDITED: frozenset({State.BOUNCED}),
    State.BOUNCED: frozenset(),
}
#: On which account the money of a cheque stands in each state: with us in 5112, at the bank in 512 (law.md 6.3).
STANDS_ON: Mapping[str, str] = {State.RECEIVED: "CHEQUES", State.DEPOSITED: "CHEQUES", State.CREDITED: "BANK"}
_SAVED = ("state", "state_since", "slip", "bounced_on", "bounced_because", "bounced_vat")


class CannotMove(ValueError):
    """The table has no such step: a mistake of ours, for every verb looks first."""


def lock_cheques(keys: Collection[int]) -> list[Cheque]:
    """Cheques under their locks, by primary key."""
    rows = Cheque.objects.select_for_update(no_key=True, of=("self",)).select_related("payment", "slip")
    return list(rows.filter(pk__in=keys).order_by("pk"))


def move(cheques: Sequence[Cheque], target: str, *, actor: Actor, at: datetime, reason: str) -> None:
    """Move locked cheques, with what the caller has set on them. Three statements whatever the number. Raises CannotMove."""
    steps = []
    for cheque in cheques:
        if target not in TRANSITIONS[cheque.state]:
            raise CannotMove(f"{cheque.reference} is {cheque.state}")
        steps.append(
            ChequeEvent(
                cheque=cheque, from_state=cheque.state, to_state=target, actor=str(actor), reason=reason[:200], at=at
            )
        )
        cheque.state, cheque.state_since = target, at
    Cheque.objects.bulk_update(cheques, _SAVED)
    ChequeEvent.objects.bulk_create(steps)
