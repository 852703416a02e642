"""What the desks' tests share: the four roles, somebody at the desk with both factors, and a shop that has sold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from shop.backoffice.roles import ensure_roles
from subscriptions.models import Offer
from tests.backoffice.colleagues import Colleague, hire
from tests.makers import make_magazine, make_offers
from tests.sandbox.fixtures import RunningStandIn, standin
from tests.storefront.conftest import _plain_static

__all__ = ["_plain_static", "standin"]


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Argon2 takes its time on purpose; the stories are about who comes in, not about how long it takes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def at_desk(db: None) -> Callable[..., Colleague]:
    """Somebody of a role, signed in with both factors: `at_desk("finance")`."""
    ensure_roles()

    def sit(role: str, **facts: object) -> Colleague:
        colleague = hire(role, **facts)
        colleague.sign_in(Client())
        return colleague

    return sit


@pytest.fixture
def offers(db: None) -> dict[str, Offer]:
    """The two offers of the small world."""
    return make_offers(make_magazine())


@pytest.fixture
def till(standin: RunningStandIn, settings) -> RunningStandIn:
    """The stand-in for Stripe, reached by configuration alone."""
    settings.STRIPE_API_BASE = standin.base
    settings.STRIPE_SECRET_KEY = standin.key
    settings.STRIPE_WEBHOOK_SECRET = standin.secret
    settings.STRIPE_MAX_RETRIES = 0
    return standin
