"""The renewal desk in a real browser, wide and narrow: the months ahead, the list, a rehearsal signed and compared."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page

from shop.backoffice.bulk_carrying import carry_out
from shop.backoffice.roles import ensure_roles
from subscriptions.models import Rehearsal, RehearsalSignature, Renewal, Subscription
from tests.backoffice.colleagues import Colleague, hire
from tests.browsing import sound
from tests.journeys.conftest import DESKTOP, PHONE, SHOTS, Shop
from tests.renewals.counter import R, at_ten, charge, planned, reader, ten

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sit(role: str, shop: Shop, browser: Browser, size: dict[str, int]) -> tuple[Colleague, Page]:
    """Somebody of the staff with both factors, and their window."""
    ensure_roles()
    colleague = hire(role, email=f"{role}{size['width']}@team.example")
    colleague.sign_in(Client())
    context = browser.new_context(viewport=size, locale="fr-FR", base_url=shop.url)
    context.add_cookies(
        [{"name": name, "value": one.value, "url": shop.url} for name, one in colleague.browser.cookies.items()]
    )
    return colleague, context.new_page()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_finance_reads_rehearses_signs_and_compares(shop: Shop, browser: Browser, size):
    plans = [planned(reader(shop.till)) for _number in range(4)]
    reader(shop.till)  # not planned yet
    Subscription.objects.filter(pk=plans[1].subscription_id).update(saved_method=None)
    SHOTS.mkdir(parents=True, exist_ok=True)

    def look(page: Page, name: str) -> None:
        page.screenshot(path=SHOTS / f"desk-{name}-{size['width']}.png", full_page=True)
        sound(page)

    with time_machine.travel(ten(R - timedelta(days=80)), tick=True):
        _who, page = sit("finance", shop, browser, size)
        page.goto("/gestion/reconductions/calendrier/")
        look(page, "months")
        page.goto("/gestion/reconductions/?mois=2027-11")
        look(page, "renewals")
        page.goto("/gestion/reconductions/a-planifier/?mois=2027-11")
        look(page, "to-plan")
        page.goto("/gestion/marches-a-blanc/nouvelle/?mois=2027-11")
        look(page, "rehearse")
        page.locator("[name=reason]").fill("Revue de novembre avec la comptable.")
        page.locator("button.main").click()
        look(page, "rehearse-preview")
        page.locator("button.main").click()
        look(page, "rehearsal")
        one = Rehearsal.objects.get()
        page.goto(f"/gestion/marches-a-blanc/{one.pk}/lignes/")
        look(page, "rehearsal-lines")
        page.goto(f"/gestion/marches-a-blanc/{one.pk}/signer/")
        page.locator("[name=reason]").fill("Lu ligne à ligne.")
        page.locator("button.main").click()
        look(page, "sign")
        page.locator("button.main").click()
        look(page, "signed")
        assert RehearsalSignature.objects.get().name == "Finance Martin"
        page.goto("/gestion/marches-a-blanc/")
        look(page, "rehearsals")
        _who, page = sit("support", shop, browser, size)
        page.goto("/gestion/reconductions/en-nombre/?mois=2027-11")
        look(page, "many")
        page.locator("[name=kind][value=card]").check()
        page.locator("[name=reason]").fill("Relance avant Noël.")
        page.locator("button.main").click()
        look(page, "many-preview")
        page.locator("button.main").click()
        carry_out(now=timezone.now)
        page.reload()
        look(page, "many-done")
        page.goto("/gestion/actes-en-nombre/")
        look(page, "many-list")
        page.goto(f"/gestion/personnes/{plans[0].subscription.payer_id}/agir/")
        look(page, "for-reader")
    shop.till.card_becomes(plans[0].subscription.saved_method.stripe_method, "4000000000000341")
    at_ten(shop.till)
    charge()
    with time_machine.travel(ten(R, minutes=60), tick=True):
        _who, page = sit("administrator", shop, browser, size)
        page.goto(f"/gestion/marches-a-blanc/{one.pk}/comparaison/")
        look(page, "comparison")
        page.goto("/gestion/reconductions/?obstacle=lecteur")
        look(page, "waiting")
    assert Renewal.objects.filter(state="paid").count() == 2
