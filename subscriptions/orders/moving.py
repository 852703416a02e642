"""The one place where an order changes state (design, section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payments.actors import Actor
from subscriptions.models import Order, OrderEvent

State = Order.State

#: From → to. Late money may still pay an expired or cancelled order; `paid` is final, refunds are other rows.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.AWAITING_PAYMENT, State.PAID, State.EXPIRED, State.CANCELLED}),
    State.AWAITING_PAYMENT: frozenset({State.PAID, State.EXPIRED, State.CANCELLED}),
    State.EXPIRED: frozenset({State.PAID}),
    State.CANCELLED: frozenset({State.PAID}),
    State.PAID: frozenset(),
}


def move(orders: Sequence[Order], target: str, *, actor: Actor, at: datetime, reason: str = "") -> list[Order]:
    """Move locked orders to a state; those for which the table has no such step stay and are left out of the result.

    Two queries whatever the number.
    """
    moved = [order for order in orders if target in TRANSITIONS[order.state]]
    if not moved:
        return []
    OrderEvent.objects.bulk_create(
        [
            OrderEvent(
                order=order, from_state=order.state, to_state=target, actor=str(actor), reason=reason[:200], at=at
            )
            for order in moved
        ]
    )
    for order in moved:
        order.state, order.state_since = target, at
    Order.objects.bulk_update(moved, ["state", "state_since", "customer"])
    return moved
