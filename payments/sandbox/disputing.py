"""Disputes: the holder contests a charge at the bank, which takes the money back, and gives it back if the shop wins.

After https://docs.stripe.com/disputes: opened, the amount and a fee leave the balance in one line; lost, nothing more
moves; won, the amount comes back in a second line and the fee stays (Europe). A disputed charge cannot be refunded. An
inquiry asks first and takes nothing; it is closed, or becomes a dispute. A warning of fraud only warns.
"""

from payments.sandbox import movements
from payments.sandbox.clock import DAY
from payments.sandbox.errors import invalid
from payments.sandbox.store import Obj
from payments.sandbox.world import World

FEE = 2_000
EVIDENCE_DAYS = 10
#: Where an answer is waited for, and what the dispute is once it was given.
AWAITING = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
OVER = frozenset({"won", "lost", "warning_closed", "prevented"})


def dispute(world: World, reference: str, *, reason: str = "product_not_received", inquiry: bool = False) -> Obj:
    """Contest a charge, or ask about it first. Raises 400 for one that took no money, was given back, or is disputed already."""
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
        is_charge_refundable=inquiry,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
        balance_transactions=[],
    )  # fmt: skip
    world.change(charge, disputed=not inquiry, dispute=made["id"])
    world.emit("charge.dispute.created", made)
    if not inquiry:
        _withdraw(world, made)
    return made


def escalate(world: World, reference: str) -> Obj:
    """An inquiry becomes a dispute: the money leaves now, and an answer is waited for again."""
    made = world.need("dispute", reference)
    details = {**made["evidence_details"], "due_by": world.clock.now() + EVIDENCE_DAYS * DAY, "submission_count": 0}
    world.change(made, status="needs_response", evidence_details=details, is_charge_refundable=False)
    world.change(world.need("charge", made["charge"]), disputed=True)
    _withdraw(world, made)
    world.emit("charge.dispute.updated", made)
    return made


def answer(world: World, made: Obj, *, submit: bool) -> Obj:
    """Evidence was staged; or submitted, for good. What comes after its day is taken, and perhaps not read."""
    details = {**made["evidence_details"], "has_evidence": True}
    if submit:
        late = world.clock.now() > details["due_by"]
        details |= {"submission_count": details["submission_count"] + 1, "past_due": late}
        world.change(made, status=AWAITING[made["status"]])
    world.change(made, evidence_details=details)
    world.emit("charge.dispute.updated", made)
    return made


def warn(world: World, reference: str, *, kind: str = "made_with_stolen_card") -> Obj:
    """The network says that a charge may be fraud: nothing is taken yet."""
    charge = world.need("charge", reference)
    made = world.new(
        "radar.early_fraud_warning", "issfr_1", 23, actionable=not charge.get("refunded"), charge=charge["id"],
        fraud_type=kind, payment_intent=charge["payment_intent"],
    )  # fmt: skip
    world.emit("radar.early_fraud_warning.created", made)
    return made


def close(world: World, reference: str, *, won: bool, prevented: bool = False) -> Obj:
    """The bank has decided. An inquiry that did not become a dispute is closed; `prevented`: settled before it became one."""
    made = world.need("dispute", reference)
    if made["status"] in OVER:
        return made
    asked_only = not made["balance_transactions"]
    if asked_only and (won or prevented):
        world.change(made, status="prevented" if prevented else "warning_closed")
        world.emit("charge.dispute.closed", made)
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


def _withdraw(world: World, made: Obj) -> None:
    line = movements.book(
        world, amount=-made["amount"], fee=FEE, source=made, kind="adjustment", category="dispute",
        description=f"Chargeback withdrawal for {made['charge']}", at_once=True,
    )  # fmt: skip
    world.change(made, balance_transactions=[_shown(line)])
    world.emit("charge.dispute.funds_withdrawn", made)


def _shown(line: Obj) -> Obj:
    return {name: value for name, value in line.items() if not name.startswith("_")}
