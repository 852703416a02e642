"""The small world, and a file handed in, read, approved and let in."""

from __future__ import annotations

import pytest

from subscriptions.models import Offer
from tests.makers import make_magazine, make_offers


@pytest.fixture
def offers(db: None) -> dict[str, Offer]:
    """The two offers of the small world."""
    return make_offers(make_magazine())
