"""A whole shop for one browser: pages by Django's live server, the stand-in over HTTP, the clockwork turned by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from payments.invoicing import rendering
from payments.webhooks import processing, receiving
from subscriptions.models import Magazine, Offer
from subscriptions.notices import delivering
from subscriptions.texts.loading import load_texts
from tests.makers import make_magazine, make_offers
from tests.sandbox.fixtures import RunningStandIn, standin  # noqa: F401

SHOTS = Path(__file__).resolve().parents[2] / ".boutique" / "tests" / "screenshots"
BAD = ("error", "warning")
#: Answers that a story asks for: 400 to 409, 410 for what is over, 422 for what is refused with a sentence.
MEANT = re.compile("status of (40|410|422)")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture
def shop(transactional_db, live_server, standin, settings) -> Shop:  # noqa: F811
    """The shop, open, with a till."""
    settings.SITE_URL = live_server.url
    settings.STRIPE_API_BASE = standin.base
    settings.STRIPE_CHECKOUT_ORIGIN = standin.base
    settings.STRIPE_SECRET_KEY = standin.key
    settings.STRIPE_WEBHOOK_SECRET = standin.secret
    settings.STRIPE_MAX_RETRIES = 0
    # Hashed names come from collectstatic; the live server finds the files themselves.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    make_offers(make_magazine())
    load_texts(timezone.localdate() - timedelta(days=1))
    return Shop(live_server.url, standin)


class Shop:
    """Where the pages are, and what happens behind them."""

    def __init__(self, url: str, till: RunningStandIn) -> None:
        self.url, self.till = url, till
        self.magazine, self.offers = Magazine.objects.get(), list(Offer.objects.all())

    def turn(self) -> None:
        """Webhooks come in, letters and documents go out."""
        self.till.deliver(self._hear)
        processing.process(at=timezone.now())
        rendering.render_pending(20, at=timezone.now())
        delivering.deliver(20, at=timezone.now())

    @staticmethod
    def _hear(body: bytes, headers: dict[str, str]) -> int:
        signature = {name.lower(): value for name, value in headers.items()}["stripe-signature"]
        receiving.receive(body, signature, at=timezone.now())
        return 200


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def window(request, browser) -> Callable[..., object]:
    """A new window of the browser; its console and failed requests are a defect of the page."""
    opened = []

    def open_window(**options):
        context = browser.new_context(viewport=request.param, locale="fr-FR", **options)
        page = context.new_page()
        page.set_default_timeout(30_000)
        troubles: list[str] = []
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type in BAD and not MEANT.search(said.text) else None,
        )
        page.on("pageerror", lambda error: troubles.append(str(error)))
        # A label asked for while one types is dropped when the page is left: that is no fault.
        page.on(
            "requestfailed",
            lambda request: (
                None if request.failure == "net::ERR_ABORTED" else troubles.append(f"{request.url} {request.failure}")
            ),
        )
        opened.append((context, troubles))
        return page

    yield open_window
    for context, troubles in opened:
        context.close()
        assert troubles == []


@pytest.fixture
def shoot(request) -> Callable[[object, str], None]:
    """Keep a picture of a page, to be looked at."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def keep(page, name: str) -> None:
        size = "desktop" if page.viewport_size["width"] > 600 else "phone"
        page.screenshot(path=SHOTS / f"{name}-{size}.png", full_page=True)

    return keep
