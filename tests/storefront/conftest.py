"""What the shop window's tests share: the shelf, Paris time, static files without a manifest."""

from __future__ import annotations

import pytest
import time_machine

from tests.storefront.shelf import TODAY, Stand, stand


@pytest.fixture(autouse=True)
def _plain_static(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def on_sale(db) -> Stand:
    """The shelf of the tests, in the database."""
    return stand()


@pytest.fixture
def today():
    """A Monday morning in Paris, with the clock running."""
    with time_machine.travel(f"{TODAY.isoformat()} 09:00 +0100") as clock:
        yield clock
