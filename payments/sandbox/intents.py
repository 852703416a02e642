"""Making payment intents, for the API and for Checkout alike."""

import secrets
from typing import Any

from payments.sandbox.calls import merged_metadata
from payments.sandbox.errors import malformed
from payments.sandbox.store import Obj
from payments.sandbox.world import World

SMALLEST, LARGEST = 50, 99_999_999
COPIED = ("description", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor")
COPIED_TOO = ("statement_descriptor_suffix", "transfer_group")


def payable(amount: int, param: str = "amount") -> int:
    """The amount in cents. Raises Stripe's 400 below 50 cents or above its largest."""
    if amount < SMALLEST:
        raise malformed(
            "The Checkout Session's total amount due must add up to at least €0.50 eur"
            if param == "line_items"
            else "Amount must be at least €0.50 eur",
            param=param,
            code="amount_too_small",
        )
    if amount > LARGEST:
        raise malformed("Amount must be no more than €999,999.99", param=param, code="amount_too_large")
    return amount


def make(
    world: World,
    *,
    amount: int,
    currency: str,
    kinds: list[str],
    customer: str | None,
    given: dict[str, Any],
    **more: Any,
) -> Obj:
    """A payment intent waiting for a method; `given` is what the caller says of it (metadata, description, …)."""
    intent = world.new(
        "payment_intent",
        "pi_3",
        23,
        amount=amount,
        currency=currency,
        customer=customer,
        metadata=merged_metadata({}, given.get("metadata", {})),
        payment_method_types=kinds,
        status="requires_payment_method",
        **{name: given[name] for name in (*COPIED, *COPIED_TOO) if name in given},
        **more,
    )
    world.change(intent, client_secret=f"{intent['id']}_secret_{secrets.token_urlsafe(18)}")
    world.emit("payment_intent.created", intent)
    return intent
