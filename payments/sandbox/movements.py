"""Lines of Stripe's balance: booked once, pending until their day, never changed otherwise."""

from payments.sandbox import fees
from payments.sandbox.store import Obj
from payments.sandbox.world import World

EURO = "eur"
#: Of any other currency to the euro.
EXCHANGE = 0.9


def book(
    world: World,
    *,
    amount: int,
    source: Obj | None,
    kind: str,
    category: str,
    fee: int = 0,
    description: str | None = None,
    at_once: bool = False,
    currency: str = "eur",
) -> Obj:
    """One line of `amount` cents minus `fee`, caused by `source` (a charge, a refund, a payout) or by Stripe itself.

    Available at once or in days, and waiting for a payout since. What a buyer paid in another currency comes in as euros.
    """
    now, rate = world.clock.now(), None
    currency = source["currency"] if source else currency
    if source and source["object"] != "payout" and currency != EURO:
        amount, fee, currency, rate = round(amount * EXCHANGE), round(fee * EXCHANGE), EURO, EXCHANGE
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
        exchange_rate=rate,
        fee=fee,
        fee_details=[{**details, "description": "Stripe processing fees"}] if fee else [],
        net=amount - fee,
        reporting_category=category,
        source=source["id"] if source else None,
        status="available" if due <= now else "pending",
        type=kind,
        _waiting="yes",
    )
    if due > now:
        world.at(due, "make_available", movement["id"])
    return movement


def make_available(world: World, reference: str) -> None:
    """Its day has come: it may be paid out."""
    world.change(world.need("balance_transaction", reference), status="available")
