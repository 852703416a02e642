"""Payouts: what is available leaves for the bank, each banking day by itself, or when somebody asks.

After https://docs.stripe.com/payouts: an automatic payout takes everything of one currency that is available, in one line
of minus its amount; it arrives on a banking day, and is itemised a little later (`reconciliation_completed`). One that
comes back returns to the balance by a `payout_failure` line, even after it was paid. A balance below zero is collected
from the bank by a payout of a negative amount. Those asked for by hand, and instant ones, are not itemised.
"""

from payments.sandbox import movements
from payments.sandbox.clock import DAY, add_business_days
from payments.sandbox.errors import invalid
from payments.sandbox.store import Obj
from payments.sandbox.world import World

HOUR = 3_600
#: In thousandths: what an instant payout costs.
INSTANT_RATE = 10
DAILY = "daily"
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "invalid_account_number": "The bank account number is not valid.",
    "could_not_process": "The bank could not process this payout.",
}


def plan(world: World) -> None:
    """From now on, each banking day at one o'clock (UTC); safe to repeat."""
    if not any(job["doing"] == "pay_out" for job in world.store.all("_job")):
        now = world.clock.now()
        world.at(add_business_days(now, 1) // DAY * DAY + HOUR, "pay_out", DAILY)


def every_day(world: World, _target: str) -> None:
    """What is available today leaves, and tomorrow is planned; a balance below zero waits for what comes in."""
    if world.settings.payouts == "daily":
        pay_out(world, collect=False)
        plan(world)


def pay_out(world: World, *, collect: bool = True) -> list[Obj]:
    """One automatic payout per currency in which something is available; below zero only to `collect` it."""
    waiting: dict[str, list[Obj]] = {}
    for line in world.store.newest("balance_transaction", _waiting="yes"):
        if line["status"] == "available":
            waiting.setdefault(line["currency"], []).append(line)
    made = []
    for currency, lines in sorted(waiting.items()):
        amount = sum(line["net"] for line in lines)
        if amount > 0 or (amount < 0 and collect):
            made.append(_leave(world, amount, currency=currency, lines=lines))
    return made


def by_hand(world: World, amount: int, *, currency: str = "eur", instant: bool = False) -> Obj:
    """What somebody asks for at Stripe's pages: an instant one costs a fee and has arrived within the hour."""
    if amount < 1:
        raise invalid("Payouts must be of a positive amount.", param="amount")
    return _leave(world, amount, currency=currency, instant=instant, automatic=False)


def _leave(
    world: World,
    amount: int,
    *,
    currency: str,
    lines: list[Obj] | None = None,
    instant: bool = False,
    automatic: bool = True,
) -> Obj:
    now = world.clock.now()
    arrives = now if instant else add_business_days(now, 1) // DAY * DAY
    made = world.new(
        "payout",
        "po_1",
        23,
        amount=amount,
        arrival_date=arrives,
        automatic=automatic,
        currency=currency,
        destination="ba_1StandInBank",
        method="instant" if instant else "standard",
        reconciliation_status="in_progress" if automatic else "not_applicable",
        status="in_transit",
    )
    fee = (amount * INSTANT_RATE + 500) // 1_000 if instant else 0
    own = movements.book(
        world, amount=-amount, fee=fee, source=made, kind="payout", category="payout", description="STRIPE PAYOUT",
        at_once=True,
    )  # fmt: skip
    for line in [*(lines or ()), own]:
        # One asked for by hand waits: the next automatic payout is smaller by it.
        world.change(line, _waiting=None if automatic else "yes", _payout=made["id"] if automatic else None)
    world.change(made, balance_transaction=own["id"])
    world.emit("payout.created", made)
    world.at(now + HOUR if instant else arrives + 6 * HOUR, "payout_arrives", made["id"])
    return made


def arrive(world: World, reference: str) -> None:
    """The bank has it; an hour later an automatic one is itemised."""
    made = world.need("payout", reference)
    if made["status"] != "in_transit":
        return
    trace = {"status": "supported", "value": f"STANDIN{made['_seq']:09d}"}
    world.emit("payout.paid", world.change(made, status="paid", trace_id=trace))
    if made["automatic"]:
        world.later(HOUR, "payout_reconciled", reference)


def reconciled(world: World, reference: str) -> None:
    """Its movements may be listed from now on."""
    made = world.need("payout", reference)
    before = {"reconciliation_status": made["reconciliation_status"]}
    world.change(made, reconciliation_status="completed")
    world.emit("payout.updated", made, previous=before)
    world.emit("payout.reconciliation_completed", made)


def fail(world: World, reference: str, *, code: str = "account_closed") -> Obj:
    """The bank sends it back, before or after it was paid: the money returns to the balance."""
    made = world.need("payout", reference)
    if made["status"] in ("failed", "canceled"):
        return made
    line = _back(world, made, kind="payout_failure", category="payout_reversal")
    world.change(made, status="failed", failure_code=code, failure_message=FAILURES.get(code, code))
    world.change(made, failure_balance_transaction=line["id"])
    if made["automatic"] and made["reconciliation_status"] != "completed":
        world.later(HOUR, "payout_reconciled", reference)
    world.emit("payout.failed", made)
    return made


def cancel(world: World, reference: str) -> Obj:
    """Called off before it left."""
    made = world.need("payout", reference)
    if made["status"] != "in_transit":
        raise invalid(f"Payout {reference} has a status of {made['status']}.", param="payout")
    _back(world, made, kind="payout_cancel", category="payout_reversal")
    world.emit("payout.canceled", world.change(made, status="canceled"))
    if made["automatic"]:
        world.later(HOUR, "payout_reconciled", reference)
    return made


def _back(world: World, made: Obj, *, kind: str, category: str) -> Obj:
    return movements.book(
        world, amount=made["amount"], source=made, kind=kind, category=category, description="STRIPE PAYOUT",
        at_once=True,
    )  # fmt: skip


def own_line(
    world: World,
    kind: str,
    amount: int,
    *,
    fee: int = 0,
    category: str = "",
    currency: str = "eur",
    description: str | None = None,
) -> Obj:
    """A line that nobody's payment explains: Stripe's own fee, an adjustment, a type that nobody knows."""
    return movements.book(
        world, amount=amount, fee=fee, source=None, kind=kind, category=category or kind, description=description,
        at_once=True, currency=currency,
    )  # fmt: skip
