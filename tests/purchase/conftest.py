from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from payments.webhooks import processing, receiving
from subscriptions.models import Offer
from tests.makers import make_magazine, make_offers
from tests.sandbox.fixtures import RunningStandIn, standin, standin_inprocess  # noqa: F401


@pytest.fixture
def offers(transactional_db: None) -> dict[str, Offer]:
    """The two offers of the small world, on sale."""
    return make_offers(make_magazine())


@pytest.fixture
def till(standin: RunningStandIn, settings) -> RunningStandIn:  # noqa: F811
    """The stand-in, with the shop pointed at it by configuration alone."""
    settings.STRIPE_API_BASE = standin.base
    settings.STRIPE_SECRET_KEY = standin.key
    settings.STRIPE_WEBHOOK_SECRET = standin.secret
    settings.STRIPE_MAX_RETRIES = 0
    return standin


@pytest.fixture
def hear(till: RunningStandIn) -> Callable[[], int]:
    """Bring every waiting webhook to the shop and process what it stored; returns how many events were closed."""

    def post(body: bytes, headers: dict[str, str]) -> int:
        received = {name.lower(): value for name, value in headers.items()}
        receiving.receive(body, received["stripe-signature"], at=timezone.now())
        return 200

    def bring() -> int:
        till.deliver(post)
        return processing.process(at=timezone.now())

    return bring
