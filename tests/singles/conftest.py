"""What the stories of single issues share: both kinds of offers on sale, and twelve copies of n° 24 in stock."""

from __future__ import annotations

import pytest

from subscriptions.models import Offer
from tests.backoffice.conftest import _plain_static, _quick_passwords, at_desk
from tests.makers import make_magazine, make_offers
from tests.purchase.conftest import hear, till
from tests.sandbox.fixtures import standin, standin_inprocess
from tests.singles.people import in_stock, single_offer

__all__ = ["_plain_static", "_quick_passwords", "at_desk", "hear", "standin", "standin_inprocess", "till"]


@pytest.fixture
def single(db: None) -> Offer:
    """The offer of single issues, beside the two of subscriptions; twelve copies of n° 24 and three of n° 22."""
    magazine = make_magazine()
    make_offers(magazine)
    offer = single_offer(magazine)
    in_stock(24, 12)
    in_stock(22, 3)
    return offer
