"""Two issues put off in a real browser, in French: chosen, read what follows, confirmed; and one of them had after all."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import expect

from subscriptions.models import Entitlement, Offer, Pause
from tests.account.people import Reader
from tests.browsing import sound
from tests.journeys.test_account import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_away_for_half_a_year(shop, window, shoot):
    offers = {offer.renewal: offer for offer in shop.offers}
    elodie = Reader(Client(), "elodie.lefevre@example.fr").buys(offers[Offer.Renewal.AUTOMATIC])
    page = window(java_script_enabled=False)
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Pause", exact=True).click()
    shoot(page, "pause-form")
    page.get_by_role("button", name="Voir ce qui en résulte").click()
    expect(page.get_by_role("alert")).to_contain_text("Veuillez choisir au moins un numéro.")
    boxes = page.get_by_role("checkbox")
    for place in range(3):
        boxes.nth(place).check()
    page.get_by_role("button", name="Voir ce qui en résulte").click()
    expect(page.get_by_role("alert")).to_contain_text("choisissez-en deux au plus")
    shoot(page, "pause-faults")
    boxes.nth(2).uncheck()
    page.get_by_role("button", name="Voir ce qui en résulte").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reporter des numéros")
    assert Pause.objects.count() == 0
    shoot(page, "pause-confirm")
    page.get_by_role("button", name="Reporter ces numéros").click()
    expect(page.get_by_role("status")).to_contain_text("ces numéros sont reportés")
    shoot(page, "pause-home")
    assert Pause.objects.filter(state="held").count() == 2
    page.get_by_role("link", name="Pause", exact=True).click()
    page.get_by_role("button", name="Le recevoir finalement").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mettre fin à la pause")
    shoot(page, "pause-end")
    page.get_by_role("button", name="Mettre fin à la pause").click()
    expect(page.get_by_role("status")).to_contain_text("La pause est terminée")
    assert sorted(Pause.objects.values_list("state", flat=True)) == ["called_off", "held"]
    assert Entitlement.objects.filter(term__subscription=elodie.subscription, state="held").count() == 1


def test_the_pages_are_sound(shop, window):
    offers = {offer.renewal: offer for offer in shop.offers}
    elodie = Reader(Client(), "elodie.lefevre@example.fr").buys(offers[Offer.Renewal.FIXED])
    page = window()
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Pause", exact=True).click()
    sound(page)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Voir ce qui en résulte").click()
    sound(page)
    page.get_by_role("button", name="Reporter ces numéros").click()
    sound(page)
