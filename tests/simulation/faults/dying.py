"""Processes that die, at any commit, request, letter or event, and processes that are two at once."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from tests.simulation.kills import INSIDE
from tests.simulation.registry import fault
from tests.simulation.shop import Shop

INSTANTS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)


@fault("kills", a_year=300)
def kill(shop: Shop, chance: Random) -> str:
    """Whoever passes the n-th named instant from now on dies there."""
    instants = chance.choice(INSTANTS)
    shop.reaper.arm(instants)
    return f"somebody dies at the {instants}th instant from here"


@fault("kills inside", a_year=30, traffic=False)
def kill_inside(shop: Shop, chance: Random) -> str:
    """Whoever does this next dies when it is done, before it is committed."""
    name = chance.choice(sorted(INSIDE))
    shop.reaper.arm_at(name)
    return f"somebody dies when {name}"


@fault("rivals", a_year=160)
def rival(shop: Shop, chance: Random) -> str:
    """While a process stands at such an instant, a second one does a whole job: the same one, or another."""
    other = chance.choice(shop.timetable.quick)
    same = chance.random() < 0.6

    def live() -> None:
        shop.timetable.run((shop.timetable.running if same else None) or other)

    shop.reaper.let_in(chance.choice(INSTANTS), live)
    return "a second worker comes in between"


@fault("two clocks", a_year=4, traffic=False)
def two_clocks(shop: Shop, chance: Random) -> str:
    """Two beats run: for a week each job rings twice."""
    shop.two_clocks_until = shop.clock.now + timedelta(days=7)
    return "two clocks ring for a week"
