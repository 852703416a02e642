"""How refunds move, and what they do to the charge and the balance. Fees are not given back."""

from typing import Any

from payments.sandbox import cards, movements
from payments.sandbox.calls import merged_metadata
from payments.sandbox.clock import DAY
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.store import Obj
from payments.sandbox.wording import euros
from payments.sandbox.world import World

FAILURE = "lost_or_stolen_card"


def refund(world: World, charge: Obj, *, amount: int | None, given: dict[str, Any]) -> Obj:
    """Give back `amount` cents, all that is left when None. Raises 400 for too much, or a charge not yet paid."""
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} has not been paid: its status is {charge['status']}.", param="charge")
    left = charge["amount"] - charge.get("amount_refunded", 0)
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if charge.get("disputed"):
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    amount = left if amount is None else amount
    if amount < 1:
        raise malformed("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        raise invalid(
            f"Refund amount ({euros(amount)}) is greater than unrefunded amount on charge ({euros(left)})",
            param="amount",
        )
    method = world.need("payment_method", charge["payment_method"])
    card = cards.CARDS.get(method.get("_number", ""))
    waits = card is None or card.refund == "pending"
    made = world.new(
        "refund",
        "re_3" if card else "pyr_1",
        23,
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={
            "type": "card",
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
        }
        if card
        else {"type": "sepa_debit"},
        metadata=merged_metadata({}, given.get("metadata") or {}),
        payment_intent=charge["payment_intent"],
        reason=given.get("reason") or None,
        status="pending" if waits else "succeeded",
    )
    movement = movements.book(
        world,
        amount=-amount,
        source=made,
        kind="refund" if card else "payment_refund",
        category="refund",
        description="REFUND FOR CHARGE",
    )
    world.change(made, balance_transaction=movement["id"])
    _count(world, charge, amount)
    world.emit("refund.created", made)
    world.emit("charge.refunded", charge)
    if waits:
        world.later(DAY, "settle_refund", made["id"])
    elif card is not None and card.refund == "fails":
        world.later(DAY, "fail_refund", made["id"])
    return made


def settle(world: World, reference: str) -> None:
    """A waiting refund arrives."""
    made = world.need("refund", reference)
    if made["status"] == "pending":
        world.emit("refund.updated", world.change(made, status="succeeded"), previous={"status": "pending"})


def fail(world: World, reference: str) -> None:
    """The bank sends a refund back: the money returns to the balance and may be refunded again."""
    made = world.need("refund", reference)
    if made["status"] not in ("pending", "succeeded"):
        return
    before = made["status"]
    charge = world.need("charge", made["charge"])
    kind = "refund_failure" if charge["id"].startswith("ch_") else "payment_failure_refund"
    movement = movements.book(
        world,
        amount=made["amount"],
        source=made,
        kind=kind,
        category="refund_failure",
        description="REFUND FAILURE",
    )
    world.change(made, status="failed", failure_reason=FAILURE, failure_balance_transaction=movement["id"])
    _count(world, charge, -made["amount"])
    world.emit("refund.updated", made, previous={"status": before})
    world.emit("refund.failed", made)


def _count(world: World, charge: Obj, amount: int) -> None:
    total = charge.get("amount_refunded", 0) + amount
    world.change(charge, amount_refunded=total, refunded=total == charge["amount"])
