"""What the stories of gifts share: the small world for years, its texts, and a clock that the story sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import time_machine
from pytest_django.fixtures import Settings

from shop.storefront.kept import KEEPER
from subscriptions.models import Offer
from subscriptions.texts import load_texts
from tests.choice.people import world
from tests.makers import TODAY
from tests.sandbox.fixtures import standin

__all__ = ["standin"]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Callable[[date], None]]:
    """Sets the day in Paris, ten in the morning; what was kept of the shelf is forgotten, as by a day that passes."""
    KEEPER.forget()
    with time_machine.travel(f"{TODAY.isoformat()} 09:00 +0000") as travel:

        def is_now(on: date) -> None:
            travel.move_to(f"{on.isoformat()} 09:00 +0000")
            KEEPER.forget()

        yield is_now


@pytest.fixture
def offers(db: None, settings: Settings, tmp_path: Path) -> dict[str, Offer]:
    """The small world with issues 22 to 44, its two offers and its texts."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    found = world()
    load_texts(date(2026, 11, 1))
    return found
