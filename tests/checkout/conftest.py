"""What the checkout's tests share: the shelf, a Monday in Paris, the stand-in for Stripe, a reader who fills in forms."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests.checkout.buyer import Buyer
from tests.sandbox.fixtures import RunningStandIn, standin
from tests.storefront.conftest import _plain_static, on_sale, today

__all__ = ["_plain_static", "on_sale", "standin", "today"]


@pytest.fixture
def till(standin: RunningStandIn, settings: Settings) -> RunningStandIn:
    """The stand-in, reached by configuration alone."""
    settings.STRIPE_API_BASE = settings.STRIPE_CHECKOUT_ORIGIN = standin.base
    settings.STRIPE_SECRET_KEY = standin.key
    settings.STRIPE_WEBHOOK_SECRET = standin.secret
    settings.STRIPE_MAX_RETRIES = 0
    settings.STRIPE_TIMEOUT = (2, 5)
    return standin


@pytest.fixture
def buyer(client, on_sale, today, till) -> Buyer:
    """Camille, before the order page."""
    return Buyer(client)
