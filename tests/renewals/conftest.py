"""Letters of these stories go into a list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.letters.conftest import outbox

__all__ = ["outbox"]


@pytest.fixture
def post(outbox: list[Any]) -> list[Any]:
    """The letters that left, the confirmation of the purchase aside."""
    return outbox
