"""A demo on the test database: the stand-in over HTTP, known by configuration alone, and the command as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command

from tests.sandbox.fixtures import RunningStandIn, standin  # noqa: F401


@pytest.fixture
def till(standin: RunningStandIn, settings) -> RunningStandIn:  # noqa: F811
    """The stand-in of a demo."""
    settings.DEMO = True
    settings.STRIPE_API_BASE = standin.base
    settings.STRIPE_SECRET_KEY = standin.key
    settings.STRIPE_WEBHOOK_SECRET = standin.secret
    return standin


@pytest.fixture
def load_demo(transactional_db: None) -> Callable[..., str]:
    """The command with its arguments; returns what it printed."""

    def run(*arguments: str) -> str:
        out = StringIO()
        call_command("load_demo", *arguments, stdout=out)
        return out.getvalue()

    return run
