"""The one place where an order changes state (design, section 5)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from payments.actors import Actor
from subscriptions.models import Order

State = Order.State

#: From → to. Late money may still pay an expired or cancelled order; `paid` is final, refunds are other rows.
#: An institution's is served while it is invoiced, and paid once nothing of its invoice is left to pay.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.AWAITING_PAYMENT, State.INVOICED, State.PAID, State.EXPIRED, State.CANCELLED}),
    State.AWAITING_PAYMENT: frozenset({State.PAID, State.EXPIRED, State.CANCELLED}),
    State.INVOICED: frozenset({State.PAID, State.CANCELLED}),
    State.EXPIRED: frozenset({State.PAID}),
    State.CANCELLED: frozenset({State.PAID}),
    State.PAID: frozenset(),
}


# A state and the step that led to it are one statement.
MOVE = """
WITH moved AS (
    SELECT * FROM jsonb_to_recordset(%(moved)s::jsonb) AS given(id bigint, was text, customer_id bigint)
), step AS (
    INSERT INTO subscriptions_orderevent (order_id, from_state, to_state, actor, reason, at)
    SELECT id, was, %(target)s, %(actor)s, %(reason)s, %(at)s FROM moved ORDER BY id
)
UPDATE subscriptions_order AS placed SET state = %(target)s, state_since = %(at)s, customer_id = moved.customer_id
FROM moved WHERE placed.id = moved.id
"""


def move(orders: Sequence[Order], target: str, *, actor: Actor, at: datetime, reason: str = "") -> list[Order]:
    """Move locked orders to a state; those for which the table has no such step stay and are left out of the result.

    Saves `customer` with the state. One query whatever the number.
    """
    moved = [order for order in orders if target in TRANSITIONS[order.state]]
    if not moved:
        return []
    rows = [{"id": order.pk, "was": order.state, "customer_id": order.customer_id} for order in moved]
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            {"moved": json.dumps(rows), "target": target, "actor": str(actor), "reason": reason[:200], "at": at},
        )
    for order in moved:
        order.state, order.state_since = target, at
    return moved
