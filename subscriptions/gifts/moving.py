"""The one place where a gift changes state, and where what is said about it is written down (design, section 4.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payments.actors import Actor
from payments.saving import save_all
from subscriptions.models import Gift, GiftEvent

State = Gift.State

#: From → to. What was taken back does not come again; who has claimed a gift keeps it.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.ORDERED: frozenset({State.GIVEN}),
    State.GIVEN: frozenset({State.ANNOUNCED, State.CLAIMED, State.VOID}),
    State.ANNOUNCED: frozenset({State.CLAIMED, State.VOID}),
    State.CLAIMED: frozenset({State.VOID}),
    State.VOID: frozenset(),
}
#: Gifts whose copies are on their way to somebody.
LIVING = (State.GIVEN, State.ANNOUNCED, State.CLAIMED)
SAVED = ("state", "state_since", "subscription", "claimed_by", "informed_by", "informed_at")


def move(gifts: Sequence[Gift], target: str, *, actor: Actor, at: datetime, reason: str = "") -> list[Gift]:
    """Move locked gifts; those for which the table has no such step stay and are left out of the result.

    Also saves what the caller set on them beforehand (`SAVED`). Two queries whatever the number.
    """
    moved = [one for one in gifts if target in TRANSITIONS[one.state]]
    GiftEvent.objects.bulk_create(
        [
            GiftEvent(gift=one, from_state=one.state, to_state=target, actor=str(actor), reason=reason[:200], at=at)
            for one in moved
        ]
    )
    for one in moved:
        one.state, one.state_since = target, at
    save_all(moved, SAVED)
    return moved


def note(gifts: Sequence[Gift], what: str, *, actor: Actor, at: datetime) -> None:
    """Write down, on the gift's own line, something that leaves its state as it is."""
    GiftEvent.objects.bulk_create(
        [
            GiftEvent(gift=one, from_state=one.state, to_state=one.state, actor=str(actor), reason=what[:200], at=at)
            for one in gifts
        ]
    )


def inform(gift: Gift, how: str, *, at: datetime) -> None:
    """Remember how the recipient first learnt what is kept of them (GDPR art. 14); whoever calls saves it."""
    if not gift.informed_by:
        gift.informed_by, gift.informed_at = how, at
