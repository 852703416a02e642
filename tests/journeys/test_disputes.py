"""A dispute in a real browser, wide and narrow: from the list to the bank."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from payments.models import Dispute, Payment
from payments.sandbox.disputing import dispute
from tests.browsing import sound
from tests.journeys.conftest import DESKTOP, PHONE, SHOTS, Shop
from tests.journeys.test_renewal_desk import sit
from tests.makers import make_wish, open_page, place_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = "Tout a été posté, rien n’est revenu."


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_dispute_is_answered(shop: Shop, browser: Browser, size):
    SHOTS.mkdir(parents=True, exist_ok=True)
    for number, renewal in enumerate(("automatic", "fixed", "automatic")):
        offer = next(one for one in shop.offers if one.renewal == renewal)
        order = place_order(make_wish(offer, email=f"reader{number}@example.fr"), at=timezone.now())
        shop.till.pay(open_page(order, at=timezone.now()).checkout_url, card="4242424242424242")
    shop.turn()
    shop.turn()
    reasons = ("product_not_received", "fraudulent", "subscription_canceled")
    for payment, reason in zip(Payment.objects.order_by("pk"), reasons, strict=True):
        dispute(shop.till.application.world, payment.stripe_charge, reason=reason)
    shop.turn()
    first, second, _third = Dispute.objects.order_by("pk")
    Dispute.objects.filter(pk=second.pk).update(respond_by=timezone.now() + timedelta(days=1))

    def look(page: Page, name: str) -> None:
        page.screenshot(path=SHOTS / f"desk-dispute-{name}-{size['width']}.png", full_page=True)
        sound(page)

    _who, page = sit("finance", shop, browser, size)
    page.goto("/gestion/")
    look(page, "home")
    page.goto("/gestion/contestations/")
    look(page, "list")
    page.goto(f"/gestion/contestations/{first.pk}/")
    page.get_by_role("link", name="Prendre en charge").click()
    page.locator("[name=reason]").fill("Je m’en occupe.")
    page.locator("button.main").click()
    page.locator("button.main").click()
    page.get_by_role("link", name="Figer les preuves").click()
    look(page, "freeze")
    page.locator("[name=reason]").fill(WHY)
    page.locator("button.main").click()
    look(page, "freeze-preview")
    page.locator("button.main").click()
    look(page, "one")
    page.get_by_role("link", name="Contester : soumettre le dernier dossier").click()
    page.locator("[name=reason]").fill(WHY)
    page.locator("button.main").click()
    look(page, "submit-unread")
    page.locator("[name=seen]").check()
    page.locator("button.main").click()
    look(page, "submit-preview")
    page.locator("button.main").click()
    look(page, "answered")
    page.goto(f"/gestion/contestations/{second.pk}/accepter/")
    page.locator("[name=reason]").fill("Le lecteur a raison.")
    page.locator("button.main").click()
    look(page, "accept-preview")
    page.locator("button.main").click()
    look(page, "accepted")
    page.goto("/gestion/contestations/?etat=clos")
    look(page, "ended")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.state) == ("under_review", "lost")
