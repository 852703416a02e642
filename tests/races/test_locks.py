"""How rows are locked: never in a way that stops others from merely referring to them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from subscriptions.models import Order, OrderEvent
from tests.makers import NOW, make_wish, place_order
from tests.races.crowd import together, troubles

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("payments", "subscriptions", "shop", "tasks")


def calls() -> list[tuple[str, ast.Call]]:
    """Every locking read of the shop, with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "select_for_update"
    ]


def test_every_lock_lets_others_refer_to_the_row():
    """No row of ours is deleted or given another key under a lock, so none needs PostgreSQL's strongest one."""
    found = calls()
    assert len(found) >= 15
    strong = [place for place, call in found if not any(name.arg == "no_key" for name in call.keywords)]
    assert strong == []


@pytest.mark.parametrize("no_key", [True, False], ids=["as we lock", "as Django locks by itself"])
def test_a_row_that_refers_to_a_locked_order_is_written_at_once(offers, no_key):
    order = place_order(make_wish(offers["fixed"]))

    def refer() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
            OrderEvent.objects.create(order=order, from_state="", to_state="draft", actor="job:test", at=NOW)

    with transaction.atomic():
        Order.objects.select_for_update(no_key=no_key).get(pk=order.pk)
        # The check of a foreign key is made at commit.
        results = together([refer])
    if no_key:
        assert troubles(results) == []
    else:
        [stopped] = troubles(results)
        assert isinstance(stopped, OperationalError)
