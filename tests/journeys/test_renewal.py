"""A declined renewal mended by another card, and a bank that wants to be asked: the page of the letter, in a real browser."""

from __future__ import annotations

import pytest
import time_machine
from playwright.sync_api import Browser

from subscriptions.models import Renewal
from subscriptions.renewals.links import pay_path
from tests.browsing import sound
from tests.journeys.conftest import DESKTOP, PHONE, SHOTS, Shop
from tests.renewals.counter import charge, planned, reader, ready, taken, ten

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone, without script"])
def test_a_declined_renewal_is_mended(shop: Shop, browser: Browser, size):
    plan = ready(shop.till, card="4000000000009987")
    charge()
    narrow = size["width"] < 500
    SHOTS.mkdir(parents=True, exist_ok=True)
    with time_machine.travel(ten(minutes=60), tick=True):
        page = browser.new_context(
            viewport=size, locale="fr-FR", java_script_enabled=not narrow, base_url=shop.url
        ).new_page()
        page.goto(pay_path(plan))
        page.screenshot(path=SHOTS / f"renewal-{size['width']}-open.png", full_page=True)
        if not narrow:
            sound(page)
        page.get_by_role("button", name="Payer 27,60 €").click()
        page.wait_for_url(f"{shop.till.base}/**")
        page.goto(shop.till.pay(page.url).url)
        assert page.get_by_role("heading", name="C’est payé").is_visible()
        page.screenshot(path=SHOTS / f"renewal-{size['width']}-paid.png", full_page=True)
        if not narrow:
            sound(page)
    assert taken(shop.till) == [plan.subject]
    assert Renewal.objects.get().state == "paid"


def test_every_face_of_the_page(shop: Shop, browser: Browser):
    """By choice, refused on the page, on its way, over: each is sound, wide and narrow."""
    plans = {state: planned(reader(shop.till), state=state) for state in ("manual", "charging", "lapsed", "cancelled")}
    SHOTS.mkdir(parents=True, exist_ok=True)
    with time_machine.travel(ten(minutes=60), tick=True):
        for size in (DESKTOP, PHONE):
            page = browser.new_context(viewport=size, locale="fr-FR", base_url=shop.url).new_page()
            for state, plan in plans.items():
                page.goto(pay_path(plan))
                page.screenshot(path=SHOTS / f"renewal-{size['width']}-{state}.png", full_page=True)
                sound(page)
