"""Processes that die: at any commit, request, letter or event."""

from __future__ import annotations

from random import Random

from tests.simulation.registry import fault
from tests.simulation.shop import Shop


@fault("kills", a_year=150)
def kill(shop: Shop, chance: Random) -> str:
    """Whoever passes the n-th named instant from now on dies there."""
    instants = chance.choice((1, 2, 3, 5, 8, 13, 21, 34, 55, 89))
    shop.reaper.arm(instants)
    return f"somebody dies at the {instants}th instant from here"
