"""Secrets of the providers, and the letters that left, which go into a list."""

from __future__ import annotations

import pytest

from tests.letters.conftest import outbox

__all__ = ["outbox"]

SECRET = "a-secret-of-sixteen-letters"


@pytest.fixture(autouse=True)
def secrets(settings):
    """Three providers are set up, and a return address."""
    settings.MAIL_RETURNS = {"generic": SECRET, "mailgun": SECRET, "brevo": SECRET}
    settings.BOUNCE_ADDRESS = "retours@actuia.example"
