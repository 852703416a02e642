"""Lines of Stripe's balance: booked once, pending until their day, never changed otherwise."""

from payments.sandbox import fees
from payments.sandbox.store import Obj
from payments.sandbox.world import World


def book(
    world: World,
    *,
    amount: int,
    source: Obj,
    kind: str,
    category: str,
    fee: int = 0,
    description: str | None = None,
    at_once: bool = False,
) -> Obj:
    """One line of `amount` cents minus `fee`, caused by `source` (a charge or a refund); available at once or in days."""
    now = world.clock.now()
    currency = source["currency"]
    due = now if at_once else fees.available_on(now)
    details = {"amount": fee, "application": None, "currency": currency, "type": "stripe_fee"}
    movement = world.new(
        "balance_transaction",
        "txn_3",
        23,
        amount=amount,
        available_on=due,
        balance_type="payments",
        currency=currency,
        description=description,
        fee=fee,
        fee_details=[{**details, "description": "Stripe processing fees"}] if fee else [],
        net=amount - fee,
        reporting_category=category,
        source=source["id"],
        status="available" if due <= now else "pending",
        type=kind,
    )
    if due > now:
        world.at(due, "make_available", movement["id"])
    return movement


def make_available(world: World, reference: str) -> None:
    """Its day has come: it may be paid out."""
    world.change(world.need("balance_transaction", reference), status="available")
