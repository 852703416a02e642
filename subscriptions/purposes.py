"""Which functions of this floor answer for which purpose of a payment: the one visible table (design, section 2)."""

from __future__ import annotations

from payments import owners
from subscriptions import disputing, methods
from subscriptions.orders import settling as orders
from subscriptions.renewals import outcomes as renewals

OWNERS = {
    "order": owners.Owner(
        settled=orders.settled,
        declined=orders.declined,
        waiting=orders.waiting,
        closed=orders.closed,
        refunded=orders.refunded,
        refund_failed=orders.refund_failed,
        disputed=disputing.hold,
        dispute_closed=disputing.close,
    ),
    renewals.PURPOSE: owners.Owner(
        settled=renewals.settled,
        declined=renewals.declined,
        waiting=renewals.waiting,
        closed=renewals.closed,
        refunded=renewals.refunded,
        refund_failed=renewals.refund_failed,
        unanswered=renewals.unanswered,
        disputed=disputing.hold,
        dispute_closed=disputing.close,
    ),
}


def register_all() -> None:
    """Called once at start-up by the app's configuration."""
    for purpose, owner in OWNERS.items():
        owners.register(purpose, owner)
    owners.register_method_changed(methods.method_changed)
