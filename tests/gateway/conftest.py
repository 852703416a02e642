"""Fixtures of the gateway's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.gateway import teller as tills
from tests.gateway.teller import Teller


@pytest.fixture
def teller(settings: Settings) -> Iterator[Teller]:
    """A scripted till in Stripe's place, without retries."""
    till, close = tills.opened()
    settings.STRIPE_SECRET_KEY = "sk_test_gateway"
    settings.STRIPE_API_BASE = till.address
    settings.STRIPE_MAX_RETRIES = 0
    settings.STRIPE_TIMEOUT = (2, 2)
    settings.STRIPE_HTTP_CLIENT = ""
    yield till
    close()
    assert not till.queue, "the till had answers that nobody asked for"
