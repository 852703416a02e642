"""The stand-in for Stripe with what it tells, and the letters that leave, which go into a list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.letters.conftest import outbox
from tests.purchase.conftest import hear, offers, till
from tests.sandbox.fixtures import standin

__all__ = ["hear", "offers", "outbox", "standin", "till"]


@pytest.fixture
def post(outbox: list[Any]) -> list[Any]:
    """The letters that left, the confirmation of the purchase aside."""
    return outbox
