"""What the account's tests share: a shelf, readers who have paid, and a browser that signs in.

Pages are read in the language of the source, so that a sentence is asserted once, here, and its French is another's test.
"""

from __future__ import annotations

import pytest
from django.test import Client

from subscriptions.models import Offer
from tests.account.people import Reader
from tests.makers import make_magazine, make_offers
from tests.sandbox.fixtures import RunningStandIn, standin

__all__ = ["standin"]


@pytest.fixture(autouse=True)
def _plain_static(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def _source_language(settings):
    settings.LANGUAGES = [("en", "English")]
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def offers(db: None) -> dict[str, Offer]:
    """The two offers of the small world, on sale."""
    return make_offers(make_magazine())


@pytest.fixture
def elodie(offers: dict[str, Offer], client: Client) -> Reader:
    """Élodie Lefèvre of Paris, subscribed with automatic renewal, paid by Visa 4242; not signed in yet."""
    return Reader(client, "elodie.lefevre@example.fr").buys(offers["automatic"])


@pytest.fixture
def karim(offers: dict[str, Offer]) -> Reader:
    """Another reader, with a browser of his own: fixed term."""
    return Reader(Client(), "karim@example.fr").buys(offers["fixed"])


@pytest.fixture
def till(standin: RunningStandIn, settings) -> RunningStandIn:
    """The stand-in, reached by configuration alone."""
    settings.STRIPE_API_BASE = settings.STRIPE_CHECKOUT_ORIGIN = standin.base
    settings.STRIPE_SECRET_KEY = standin.key
    settings.STRIPE_WEBHOOK_SECRET = standin.secret
    settings.STRIPE_MAX_RETRIES = 0
    settings.STRIPE_TIMEOUT = (2, 5)
    return standin
