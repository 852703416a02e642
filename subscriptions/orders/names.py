"""What people are called on orders, invoices, letters and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subscriptions.models import Order

if TYPE_CHECKING:
    from subscriptions.buyers import Buyer


def person_name(order: Buyer) -> str:
    """First and last name as typed, else the organisation's."""
    return f"{order.first_name} {order.last_name}".strip() or order.organisation


def recipient_name(order: Order) -> str:
    """Who receives: the name on the delivery address, else the buyer's."""
    typed = order.delivery.typed
    person = f"{typed.get('first_name', '')} {typed.get('last_name', '')}".strip()
    return (typed.get("organisation") or person or person_name(order))[:120]
