"""Charges: one per try of a payment intent, and the line each paid one becomes on Stripe's balance."""

from typing import Any

from payments.sandbox import cards, fees, movements
from payments.sandbox.store import Obj
from payments.sandbox.world import World


def price(world: World, reference: str) -> None:
    """Book a charge on Stripe's balance with its fee; before that its balance transaction is null."""
    charge = world.need("charge", reference)
    if charge.get("balance_transaction") or charge["status"] != "succeeded":
        return
    method = world.need("payment_method", charge["payment_method"])
    card = cards.CARDS.get(method.get("_number", ""))
    movement = movements.book(
        world,
        amount=charge["amount"],
        fee=fees.card_fee(charge["amount"], card.country) if card else fees.SEPA_FEE,
        source=charge,
        kind="charge" if card else "payment",
        category="charge",
        description=charge.get("description"),
        at_once=card is not None and card.available_at_once,
    )
    world.change(charge, balance_transaction=movement["id"])
    world.emit("charge.updated", charge, previous={"balance_transaction": None})


def new_charge(world: World, intent: Obj, method: Obj, *, status: str, paid: bool, mandate: str | None = None) -> Obj:
    """What one try leaves behind, with the method as it was then; `mandate` is that of a SEPA debit."""
    kind = method["type"]
    shown: dict[str, Any] = dict(method[kind])
    if kind == "sepa_debit":
        shown = {**shown, "expected_debit_date": None, "mandate": mandate}
        shown.pop("generated_from", None)
    else:
        shown = {name: value for name, value in shown.items() if name not in ("generated_from", "networks")}
        shown |= {"amount_authorized": intent["amount"], "authorization_code": None, "mandate": None}
        shown |= {"network": shown["brand"], "three_d_secure": None, "installments": None}
    return world.new(
        "charge",
        "ch_3" if kind == "card" else "py_3",
        23,
        amount=intent["amount"],
        billing_details=method["billing_details"],
        currency=intent["currency"],
        customer=intent.get("customer"),
        description=intent.get("description"),
        metadata=dict(intent.get("metadata", {})),
        outcome=outcome_of("approved_by_network", "authorized", None),
        paid=paid,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={kind: shown, "type": kind},
        receipt_email=intent.get("receipt_email"),
        status=status,
    )


def outcome_of(network: str, kind: str, reason: str | None) -> Obj:
    """How the network answered."""
    message = (
        "Payment complete." if reason is None else "The bank did not return any further details with this decline."
    )
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": message,
        "type": kind,
    }
