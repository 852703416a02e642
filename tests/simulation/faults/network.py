"""Between the shop and Stripe: silence before or after acting, 5xx after acting, a day without Stripe, forgotten keys."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from tests.simulation.registry import fault
from tests.simulation.shop import Shop

API = "/v1/*"
#: Where it strikes: anywhere, or where it would hurt.
PATHS = (API, "/v1/payment_intents*", "/v1/payment_intents*", "/v1/checkout/*", "/v1/refunds*", "/v1/customers*")


def _down(shop: Shop, hours: float) -> None:
    shop.down_until = max(shop.down_until, shop.clock.now + timedelta(hours=hours))
    shop.unsettle(timedelta(hours=hours, days=2))
    shop.agenda.add(shop.down_until + timedelta(minutes=1), shop.timetable.turn)


def _spoil(shop: Shop, chance: Random, action: str, *, method: str = "*") -> str:
    times, path = chance.choice((1, 1, 2, 3, 6)), chance.choice(PATHS)
    rule = shop.till.misbehave(action, method=method, path=path, times=times)
    shop.agenda.add(shop.clock.now + timedelta(days=2), lambda: shop.till.forget(rule))
    shop.unsettle(timedelta(days=1))
    return f"{action} for the next {times} requests to {path}"


@fault("no answer before acting", a_year=40)
def silent_before(shop: Shop, chance: Random) -> str:
    """Time-outs; nothing has happened."""
    return _spoil(shop, chance, "timeout_before")


@fault("no answer after acting", a_year=60)
def silent_after(shop: Shop, chance: Random) -> str:
    """Time-outs; it has happened."""
    return _spoil(shop, chance, "timeout_after", method="POST")


@fault("5xx after acting", a_year=40)
def broken_after(shop: Shop, chance: Random) -> str:
    """An error, and it has happened."""
    return _spoil(shop, chance, "error_after", method="POST")


@fault("Stripe down", a_year=2, traffic=False)
def down(shop: Shop, chance: Random) -> str:
    """For a day nobody gets an answer, and no webhook comes."""
    _down(shop, 24)
    return "Stripe is down for a day"


@fault("keys forgotten", a_year=6)
def forgotten(shop: Shop, chance: Random) -> str:
    """What was asked in a lost request is asked again after 25 hours, when Stripe has forgotten its key."""
    rule = shop.till.misbehave("timeout_after", method="POST", path=API, times=2)
    shop.agenda.add(shop.clock.now + timedelta(days=2), lambda: shop.till.forget(rule))
    shop.till.down_when_spoiled(lambda: _down(shop, 25.2))
    return "the next two answers are lost, then Stripe is down for 25 hours"
