"""What happens on a Stripe account that nobody at the shop has done: payouts that fail, other products, lines of Stripe's own."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from payments.sandbox import cards, charging, intents, methods, paying_out, refunding
from payments.sandbox.store import Obj
from tests.simulation.registry import fault
from tests.simulation.shop import Shop
from tests.simulation.till import PRODUCT

#: Lines of Stripe's own, in cents: its fees, what it puts right, what it holds back and lets go.
OWN = (
    ("stripe_fee", "fee", -250),
    ("stripe_fee", "fee", -990),
    ("adjustment", "other_adjustment", 120),
    ("adjustment", "other_adjustment", -75),
    ("fee_credit_funding", "", 100),
)
UNKNOWN = ("moon_rent", "stellar_rebate", "advance")
HELD = 3_000


def _newest_payout(shop: Shop, status: str) -> Obj | None:
    """The last automatic one that stands so, if it is young enough to fail: five banking days."""
    newest = next(iter(shop.till.world.store.newest("payout")), None)
    young = newest is not None and newest["created"] > (shop.clock.now - timedelta(days=6)).timestamp()
    return newest if newest is not None and young and newest["status"] == status else None


@fault("payouts failed", a_year=12)
def failed(shop: Shop, chance: Random) -> str:
    """On its way to the bank, the last one comes back."""
    with shop.till.world.lock:
        found = _newest_payout(shop, "in_transit")
        if found is None:
            return "no payout is on its way"
        paying_out.fail(shop.till.world, found["id"], code=chance.choice(sorted(paying_out.FAILURES)))
    return f"a payout of {found['amount']} cents fails on its way"


@fault("payouts failed after paid", a_year=12)
def failed_after_paid(shop: Shop, chance: Random) -> str:
    """Given for paid, the last one comes back all the same."""
    with shop.till.world.lock:
        found = _newest_payout(shop, "paid")
        if found is None:
            return "no payout was just paid"
        paying_out.fail(shop.till.world, found["id"], code="account_closed")
    return f"a payout of {found['amount']} cents fails after it was paid"


@fault("payouts by hand", a_year=8)
def by_hand(shop: Shop, chance: Random) -> str:
    """Somebody asks for some of the balance at Stripe's pages, at once or not; now and then it is called off."""
    world, instant = shop.till.world, chance.random() < 0.5
    with world.lock:
        lines = world.store.newest("balance_transaction", _waiting="yes")
        there = sum(line["net"] for line in lines if line["status"] == "available" and line["currency"] == "eur")
        if there < 1_000:
            return "nothing is available"
        made = paying_out.by_hand(world, there // 2, instant=instant)
        if not instant and chance.random() < 0.3:
            paying_out.cancel(world, made["id"])
    return f"{there // 2} cents are asked for by hand{', at once' if instant else ''}"


@fault("balance below zero", a_year=4)
def below_zero(shop: Shop, chance: Random) -> str:
    """Stripe's yearly fee is more than is there, and is collected from the bank."""
    world = shop.till.world
    with world.lock:
        lines = world.store.newest("balance_transaction", _waiting="yes")
        there = sum(line["net"] for line in lines if line["status"] == "available" and line["currency"] == "eur")
        paying_out.own_line(world, "stripe_fee", -max(there, 0) - 4_300, category="fee")
        paying_out.pay_out(world)
    return "the balance falls below zero, and the bank pays"


@fault("Stripe's own lines", a_year=20)
def own_line(shop: Shop, chance: Random) -> str:
    """Fees, adjustments; or money held back, and let go a month later."""
    world = shop.till.world
    if chance.random() < 0.3:
        with world.lock:
            paying_out.own_line(world, "reserve_hold", -HELD, category="risk_reserved_funds")

        def let_go() -> None:
            with world.lock:
                paying_out.own_line(world, "reserve_release", HELD, category="risk_reserved_funds")

        shop.agenda.add(shop.clock.now + timedelta(days=chance.randint(10, 40)), let_go)
        return "Stripe holds money back"
    kind, category, amount = chance.choice(OWN)
    with world.lock:
        paying_out.own_line(world, kind, amount, category=category)
    return f"a line of Stripe's own: {kind}, {amount} cents"


@fault("unknown movement types", a_year=8)
def unknown(shop: Shop, chance: Random) -> str:
    """A type that nobody here has heard of."""
    kind, amount = chance.choice(UNKNOWN), chance.choice((-300, 45, 700))
    with shop.till.world.lock:
        paying_out.own_line(shop.till.world, kind, amount)
    return f"{amount} cents of type {kind}"


@fault("foreign charges", a_year=12)
def foreign(shop: Shop, chance: Random) -> str:
    """Another product of the account sells something; some of it is given back."""
    world = shop.till.world
    with world.lock:
        customer = world.new("customer", "cus_", 14, email="tasses@exemple.example", name="", metadata={})
        card = methods.make_card(world, cards.CARDS["4242424242424242"], expiry=(12, 2049))
        methods.attach(world, card, customer["id"])
        given = {"metadata": {PRODUCT: "mugs"}}
        amount = chance.choice((900, 1_450, 2_760))
        intent = intents.make(
            world, amount=amount, currency="eur", kinds=["card"], customer=customer["id"], given=given
        )
        charging.confirm(world, intent, card)
        if chance.random() < 0.2:
            refunding.refund(world, world.need("charge", intent["latest_charge"]), amount=None, given={})
    return f"another product takes {amount} cents"


@fault("refunds sent back", a_year=20)
def refund_sent_back(shop: Shop, chance: Random) -> str:
    """The bank of a reader does not take a refund: the money returns to the balance."""
    world = shop.till.world
    with world.lock:
        lately = (shop.clock.now - timedelta(days=30)).timestamp()
        found = [
            one
            for one in world.store.all("refund")
            if one["created"] > lately and one["status"] in ("pending", "succeeded")
            and PRODUCT not in world.need("charge", one["charge"])["metadata"]
        ]  # fmt: skip
        if not found:
            return "no refund was sent lately"
        one = chance.choice(found)
        refunding.fail(world, one["id"])
    return f"a refund of {one['amount']} cents comes back"
