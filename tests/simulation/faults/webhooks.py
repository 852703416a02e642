"""Webhooks: lost, doubled, out of order, late."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from tests.simulation.registry import fault
from tests.simulation.shop import Shop


def _spoil(shop: Shop, chance: Random, action: str) -> str:
    times = chance.choice((1, 2, 3, 5, 12))
    shop.till.misbehave_webhooks(action, times=times)
    shop.unsettle(timedelta(days=1))
    return f"{action} the next {times} webhooks"


@fault("webhooks lost", a_year=50)
def lost(shop: Shop, chance: Random) -> str:
    """Never delivered."""
    return _spoil(shop, chance, "drop")


@fault("webhooks doubled", a_year=50)
def doubled(shop: Shop, chance: Random) -> str:
    """Delivered twice."""
    return _spoil(shop, chance, "double")


@fault("webhooks reordered", a_year=50)
def reordered(shop: Shop, chance: Random) -> str:
    """Held until so many are there, then the last first; let go two days later at the latest."""
    said = _spoil(shop, chance, "reorder")
    shop.agenda.add(shop.clock.now + timedelta(days=2), shop.till.release)
    return said


@fault("webhooks late", a_year=50)
def late(shop: Shop, chance: Random) -> str:
    """Held for hours or days."""
    said = _spoil(shop, chance, "hold")
    pause = timedelta(hours=chance.choice((1, 5, 30, 70)))
    shop.agenda.add(shop.clock.now + pause, shop.till.release)
    return f"{said} for {pause}"
