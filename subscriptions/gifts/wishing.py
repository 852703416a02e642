"""What a giver wishes beside the order, and the row that it becomes with it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime

from payments.actors import Actor
from subscriptions.gifts.moving import note
from subscriptions.models import Gift, Order
from subscriptions.references import new_reference

PREFIX = "CAD"
_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class GiftWish:
    """`giver_name`: as signed. `announce_on`: None if the giver tells it. `continues`: key of the gift before."""

    giver_name: str
    recipient_name: str
    recipient_email: str = ""
    message: str = ""
    announce_on: date | None = None
    continues: int | None = None


def keep(wish: GiftWish, order: Order, *, actor: Actor, at: datetime) -> Gift:
    """The gift of an order that is just being placed, in its transaction."""
    gift = Gift.objects.create(
        order=order,
        code=new_reference(PREFIX, _RANDOM),
        continues_id=wish.continues,
        giver_name=wish.giver_name,
        recipient_name=wish.recipient_name,
        recipient_email=wish.recipient_email.lower(),
        message=wish.message,
        announce_on=wish.announce_on,
        state_since=at,
        created_at=at,
    )
    note([gift], "ordered", actor=actor, at=at)
    return gift
