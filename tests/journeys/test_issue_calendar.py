"""The calendar of issues and a summer elsewhere, in a real browser, wide and narrow, in French."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect

from subscriptions.models import Issue, IssueMove, Offer, TemporaryAddress
from tests.account.people import Reader
from tests.browsing import sound
from tests.journeys.conftest import DESKTOP, PHONE, SHOTS, Shop
from tests.journeys.test_account import sign_in
from tests.journeys.test_renewal_desk import sit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_fulfilment_plans_and_moves_what_hangs_together(shop: Shop, browser: Browser, size):
    Reader(Client(), "elodie.lefevre@example.fr").buys(shop.offers[1])
    Issue.objects.filter(number=27).update(cutoff_on=date(2027, 6, 10))
    SHOTS.mkdir(parents=True, exist_ok=True)
    _who, page = sit("fulfilment", shop, browser, size)

    def look(name: str) -> None:
        page.screenshot(path=SHOTS / f"desk-{name}-{size['width']}.png", full_page=True)
        sound(page)

    page.goto("/gestion/numeros/calendrier/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Calendrier des numéros")
    look("issues")
    page.get_by_role("link", name="Planifier les prochains numéros").click()
    page.get_by_label("Combien de numéros").fill("2")
    page.get_by_label("Un numéro double").check()
    page.get_by_label("Motif").fill("Calendrier 2028 arrêté.")
    page.get_by_role("button", name=re.compile("^Voir ce")).click()
    look("issues-plan")
    page.get_by_role("button", name="Les planifier").click()
    assert [one.printed for one in Issue.objects.filter(number__gte=30)] == ["30-31", "32"]
    page.get_by_role("link", name="Déplacer", exact=True).first.click()
    page.get_by_label("Mise en poste prévue").fill("2027-01-12")
    page.get_by_label("Motif").fill("L’imprimeur a du retard.")
    page.get_by_role("button", name=re.compile("^Voir ce")).click()
    look("issues-move")
    page.get_by_role("button", name="Les déplacer").click()
    assert IssueMove.objects.get().post_on == date(2027, 1, 12)
    look("issues-moved")


def test_a_summer_elsewhere(shop: Shop, window, shoot):
    offers = {offer.renewal: offer for offer in shop.offers}
    elodie = Reader(Client(), "elodie.lefevre@example.fr").buys(offers[Offer.Renewal.AUTOMATIC])
    page = window()
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Absence temporaire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Absence temporaire")
    page.get_by_label("Premier jour").fill("2026-12-10")
    page.get_by_label("Dernier jour").fill("2027-03-31")
    page.get_by_label("Numéro et rue").fill("5 promenade des Anglais")
    page.get_by_label("Code postal").fill("06000")
    page.get_by_label("Ville").fill("Nice")
    # The label follows while one types.
    expect(page.locator(".post-label")).to_contain_text("06000 NICE")
    shoot(page, "stay-form")
    sound(page)
    page.get_by_role("button", name="Voir quels numéros y partent").click()
    expect(page.get_by_text("Rien n’est encore fait")).to_be_visible()
    shoot(page, "stay-confirm")
    sound(page)
    page.get_by_role("button", name="Les y envoyer ces jours-là").click()
    expect(page.get_by_role("status")).to_contain_text("enregistrée pour ces jours")
    shoot(page, "stay-known")
    sound(page)
    assert TemporaryAddress.objects.get().until == date(2027, 4, 1)
    page.get_by_role("button", name="Je suis de retour").click()
    expect(page.get_by_role("status")).to_contain_text("adresse habituelle")
    assert TemporaryAddress.objects.get().until == date(2026, 12, 10)
