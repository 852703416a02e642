"""The way to the mailing house and the escrow in a real browser, wide and narrow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from payments.actors import job
from payments.days import paris_day
from subscriptions.escrow.keeping import keep
from subscriptions.escrow.rehearsing import rehearse
from subscriptions.models import Escrow, Issue, Magazine, MailingRun
from subscriptions.transmitting.sending import send
from tests.browsing import sound
from tests.certificates import pair
from tests.escrow.copies import configure
from tests.fulfilment.people import buys
from tests.journeys.conftest import DESKTOP, PHONE, SHOTS, Shop
from tests.journeys.test_renewal_desk import sit
from tests.makers import close_file, make_house

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_file_is_sent_and_the_escrow_is_looked_at(shop: Shop, browser: Browser, size, settings, tmp_path):
    settings.HAND_OVER_FOLDER = str(tmp_path)
    (tmp_path / "ouest").mkdir()
    SHOTS.mkdir(parents=True, exist_ok=True)
    make_house(Magazine.objects.get())
    for name in ("elodie", "luc", "anne"):
        buys(next(one for one in shop.offers if one.renewal == "fixed"), email=f"{name}@example.fr")
    run = close_file(Issue.objects.get(number=25), on=paris_day(timezone.now()))

    def look(page: Page, name: str) -> None:
        page.screenshot(path=SHOTS / f"desk-{name}-{size['width']}.png", full_page=True)
        sound(page)

    _who, page = sit("fulfilment", shop, browser, size)
    page.goto("/gestion/numeros/routeur/acheminement/")
    look(page, "way")
    page.locator("[name=way]").select_option("folder")
    page.locator("[name=directory]").fill("ouest")
    page.locator("[name=certificate]").fill(pair("Routage de l’Ouest")[1].decode())
    page.locator("[name=reason]").fill("Convenu avec le routeur.")
    page.locator("button.main").click()
    look(page, "way-preview")
    page.locator("button.main").click()
    page.goto(f"/gestion/routages/{run.pk}/")
    page.get_by_role("link", name="Transmettre au routeur").click()
    page.locator("[name=reason]").fill("Envoi du n° 25.")
    page.locator("button.main").click()
    look(page, "transmit-preview")
    page.locator("button.main").click()
    look(page, "transmit-queued")
    (tmp_path / "ouest").rmdir()
    assert send(1, actor=job("transmissions"), at=timezone.now() + timedelta(minutes=1)).failed == 1
    page.reload()
    look(page, "transmit-failed")
    (tmp_path / "ouest").mkdir()
    page.get_by_role("link", name="Transmettre au routeur").click()
    page.locator("[name=reason]").fill("Le dossier est là.")
    page.locator("button.main").click()
    page.locator("button.main").click()
    assert send(1, actor=job("transmissions"), at=timezone.now() + timedelta(minutes=2)).arrived == 1
    page.reload()
    look(page, "transmit-arrived")
    assert MailingRun.objects.get().state == "handed_over"

    page.goto("/gestion/sequestre/")
    look(page, "escrow-none")
    configure(settings, tmp_path)
    on = paris_day(timezone.now())
    for day in range(3):
        at = timezone.now() - timedelta(days=2 - day)
        keep(on=on - timedelta(days=2 - day), actor=job("escrow"), at=at)
    rehearse(Escrow.objects.all()[1], actor=job("escrow"), at=timezone.now())
    page.goto("/gestion/sequestre/")
    look(page, "escrow")
    newest = Escrow.objects.all()[0]
    page.goto(f"/gestion/sequestre/{newest.pk}/restaure/")
    page.locator("[name=reason]").fill("Restauré sur le poste du notaire.")
    page.locator("button.main").click()
    look(page, "escrow-restored-preview")
    page.locator("button.main").click()
    look(page, "escrow-night")
