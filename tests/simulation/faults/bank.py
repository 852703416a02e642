"""What our bank does to payouts: late, cut in two, of another amount and put right, without a word of Stripe's."""

from __future__ import annotations

from random import Random

from tests.simulation.registry import fault
from tests.simulation.shop import Shop


def _next(shop: Shop, mood: str) -> str:
    shop.bank.moods.append(mood)
    return f"the bank shows the next payout {mood}"


@fault("bank lines late", a_year=20)
def late(shop: Shop, chance: Random) -> str:
    """Some days after its own, or some weeks."""
    return _next(shop, chance.choice(("late", "late", "very late")))


@fault("bank lines split", a_year=12)
def split(shop: Shop, chance: Random) -> str:
    """In two, of one statement or of two."""
    return _next(shop, "split")


@fault("bank lines wrong", a_year=16)
def wrong(shop: Shop, chance: Random) -> str:
    """Of another amount; the rest comes later, or all of it is taken back and comes again."""
    return _next(shop, chance.choice(("wrong", "reversed")))


@fault("bank lines without a trace", a_year=40)
def untraced(shop: Shop, chance: Random) -> str:
    """STRIPE, and nothing more."""
    return _next(shop, "untraced")
