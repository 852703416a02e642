"""Mail that leaves in tests: into a list, or to a real SMTP server on this machine that answers what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.letters.server import Server


@pytest.fixture
def outbox(settings: Any) -> list[Any]:
    """What Django's in-memory backend was given."""
    from django.core import mail

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    """A mail server; the shop is set to send through it."""
    with Server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield running


@pytest.fixture(autouse=True)
def bare_site(settings: Any) -> None:
    """Letters name the two public functions only where the site has them: tests say which site they mean."""
    settings.ROOT_URLCONF = "tests.letters.urls_bare"
