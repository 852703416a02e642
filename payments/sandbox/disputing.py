"""Disputes: the holder contests a charge at the bank, which takes the money back, and gives it back if the shop wins.

After https://docs.stripe.com/disputes: opened, the amount and a fee leave the balance in one line; lost, nothing more
moves; won, the amount comes back in a second line and the fee stays (Europe). A disputed charge cannot be refunded.
"""

from payments.sandbox import movements
from payments.sandbox.clock import DAY
from payments.sandbox.errors import invalid
from payments.sandbox.store import Obj
from payments.sandbox.world import World

FEE = 2_000
EVIDENCE_DAYS = 10


def dispute(world: World, reference: str, *, reason: str = "product_not_received") -> Obj:
    """Contest a charge. Raises 400 for one that took no money, was given back, or is disputed already."""
    charge = world.need("charge", reference)
    if charge["status"] != "succeeded" or charge.get("disputed") or charge.get("amount_refunded"):
        raise invalid(f"Charge {reference} cannot be disputed.", param="charge")
    made = world.new(
        "dispute",
        "du_1",
        23,
        amount=charge["amount"],
        charge=charge["id"],
        currency=charge["currency"],
        evidence={},
        evidence_details={"due_by": world.clock.now() + EVIDENCE_DAYS * DAY, "has_evidence": False, "past_due": False, "submission_count": 0},
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="needs_response",
    )  # fmt: skip
    line = movements.book(
        world, amount=-charge["amount"], fee=FEE, source=made, kind="adjustment", category="dispute",
        description=f"Chargeback withdrawal for {charge['id']}", at_once=True,
    )  # fmt: skip
    world.change(made, balance_transactions=[_shown(line)])
    world.change(charge, disputed=True, dispute=made["id"])
    world.emit("charge.dispute.created", made)
    world.emit("charge.dispute.funds_withdrawn", made)
    return made


def close(world: World, reference: str, *, won: bool) -> Obj:
    """The bank has decided."""
    made = world.need("dispute", reference)
    if made["status"] in ("won", "lost"):
        return made
    world.change(made, status="won" if won else "lost")
    if won:
        line = movements.book(
            world, amount=made["amount"], source=made, kind="adjustment", category="dispute_reversal",
            description=f"Chargeback reversal for {made['charge']}", at_once=True,
        )  # fmt: skip
        world.change(made, balance_transactions=[*made["balance_transactions"], _shown(line)])
        world.change(world.need("charge", made["charge"]), disputed=False)
    world.emit("charge.dispute.closed", made)
    if won:
        world.emit("charge.dispute.funds_reinstated", made)
    return made


def _shown(line: Obj) -> Obj:
    return {name: value for name, value in line.items() if not name.startswith("_")}
