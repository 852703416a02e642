"""Moving around the cut-off: the day before it, on it before and after the file is closed, and the day before it leaves.

`tests.simulation.routing` looks where the copies go: to the file, or to the list of late corrections.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from subscriptions.models import Issue
from tests.simulation.acts.account import moves_house
from tests.simulation.clock import paris
from tests.simulation.shop import Shop


def around(shop: Shop, issue: Issue, *, leaves: datetime) -> None:
    """Four readers of an issue that is planned, each at an instant of their own."""
    chance = shop.plan.chance("around", issue.number)
    closes = paris(issue.cutoff_on, 8)
    for name, at in (
        ("the day before the cut-off", closes - timedelta(hours=17)),
        ("just before the closing", closes - timedelta(minutes=40)),
        ("just after the closing", closes + timedelta(hours=2)),
        ("the day before it leaves", leaves - timedelta(hours=20)),
    ):
        draw = chance.random()
        if chance.random() < 0.6:
            shop.agenda.add(at, lambda name=name, draw=draw: _moves(shop, name, draw))  # type: ignore[misc]


def _moves(shop: Shop, name: str, draw: float) -> None:
    there = [reader for reader in shop.readers if reader.years and reader.person.typed.get("delivery_country") == "FR"]
    if there:
        reader = there[int(draw * len(there))]
        shop.tell(reader.name, f"moves {name}", lambda: moves_house(shop, reader), at=shop.clock.now)
