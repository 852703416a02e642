"""What the stories of renewing share: the shelf of the small world for years, and a reader before the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from pytest_django.fixtures import Settings

from shop.storefront.kept import KEEPER
from subscriptions.models import Subscription
from subscriptions.texts import load_texts
from tests.checkout.buyer import Buyer
from tests.choice.people import reader, world
from tests.makers import TODAY
from tests.sandbox.fixtures import RunningStandIn, standin

__all__ = ["standin"]


@pytest.fixture
def clock() -> Iterator[Callable[[date], None]]:
    """Sets the day in Paris, ten in the morning; what was kept of the shelf is forgotten, as by a day that passes."""
    with time_machine.travel(f"{TODAY.isoformat()} 09:00 +0000") as travel:

        def is_now(on: date) -> None:
            travel.move_to(f"{on.isoformat()} 09:00 +0000")
            KEEPER.forget()

        yield is_now


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
def elodie(db: None, settings: Settings, tmp_path: Path) -> Subscription:
    """Élodie's fixed subscription: n° 25 to 28, paid until 22 November 2027."""
    settings.STATIC_ROOT = tmp_path
    world()
    load_texts(date(2026, 11, 1))
    return reader()


@pytest.fixture
def buyer(client: Client, clock: Callable[[date], None], till: RunningStandIn) -> Buyer:
    """A browser before the order page."""
    return Buyer(client)
