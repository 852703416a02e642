"""Renouncing and ending in a real browser, in French, from the footer: by mouse, by keyboard, without script, to axe's ear."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from subscriptions.models import Declaration, Offer, Subscription
from tests.account.people import Reader
from tests.browsing import sound
from tests.journeys.test_account import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EMAIL = "elodie.lefevre@example.fr"


@pytest.fixture
def elodie(shop) -> Reader:
    """Élodie, with an automatic subscription."""
    offers = {offer.renewal: offer for offer in shop.offers}
    return Reader(Client(), EMAIL).buys(offers[Offer.Renewal.AUTOMATIC])


def write(page: Page, person: Reader) -> None:
    """Who, and which contract."""
    page.get_by_label(re.compile("^Nom")).fill("Lefevre")
    page.get_by_label("Prénom").fill("elodie")
    page.get_by_role("textbox", name="Votre contrat").fill(person.subscription.number or "")
    page.get_by_label(re.compile("^Adresse électronique pour")).fill(EMAIL)


def test_renouncing_from_the_footer(shop, elodie, window, shoot):
    page = window()
    page.goto(shop.url)
    page.get_by_role("contentinfo").get_by_role("link", name="Renoncer au contrat ici").click()
    sound(page)
    shoot(page, "withdraw-form")
    write(page, elodie)
    page.get_by_role("button", name="Continuer vers le récapitulatif").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre rétractation, telle que nous la recevrons")
    expect(page.locator(".boxed")).to_contain_text("27,60\u00a0€")
    sound(page)
    shoot(page, "withdraw-recap")
    page.get_by_role("button", name="Modifier").click()
    expect(page.get_by_label("Prénom")).to_have_value("elodie")
    page.get_by_label("Prénom").fill("Élodie")
    page.get_by_role("button", name="Continuer vers le récapitulatif").click()
    page.get_by_role("button", name="Confirmer la rétractation", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre rétractation est reçue")
    declared = Declaration.objects.get()
    expect(page.locator("main")).to_contain_text(declared.reference)
    sound(page)
    shoot(page, "withdraw-done")
    page.reload()
    expect(page.locator("main")).to_contain_text(declared.reference)
    assert Declaration.objects.count() == 1
    assert elodie.subscription.state == "ended"


def test_ending_without_script_with_the_faults_one_makes(shop, elodie, window, shoot):
    page = window(java_script_enabled=False)
    page.goto(shop.url + "/magazine/")
    page.get_by_role("contentinfo").get_by_role("link", name="Résilier votre contrat").click()
    shoot(page, "terminate-form")
    page.get_by_role("button", name="Continuer vers le récapitulatif").click()
    expect(page.get_by_role("alert")).to_be_visible()
    shoot(page, "terminate-faults")
    write(page, elodie)
    page.get_by_label("Date de fin souhaitée").fill(f"{timezone.localdate().year + 1}-12-31")
    page.get_by_label("Départ là où vous ne livrez pas").check()
    page.get_by_label("En quelques mots").fill("Nous partons au Chili.")
    page.get_by_role("button", name="Continuer vers le récapitulatif").click()
    expect(page.locator("main")).to_contain_text("Nous partons au Chili.")
    shoot(page, "terminate-recap")
    page.get_by_role("button", name="Modifier").click()
    page.get_by_label("Aucun : à la fin de la période payée").check()
    page.get_by_role("button", name="Continuer vers le récapitulatif").click()
    expect(page.locator(".boxed")).to_contain_text("Votre abonnement s’arrête le")
    page.get_by_role("button", name="Notification de la résiliation", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre résiliation est reçue")
    shoot(page, "terminate-done")
    assert Declaration.objects.get().effect == "ends_at_term"


def test_ending_with_the_keys_alone(shop, elodie, window, shoot):
    page = window()
    page.goto(shop.url + "/resiliation/")
    sound(page)
    page.get_by_label(re.compile("^Nom")).focus()
    for typed in ("Lefèvre", "Élodie", elodie.subscription.number, EMAIL):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.get_by_label(re.compile("^Adresse électronique pour")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre résiliation, telle que nous la recevrons")
    sound(page)
    button = page.get_by_role("button", name="Notification de la résiliation", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre résiliation est reçue")
    assert Subscription.objects.get().renewal == "fixed"


def test_from_the_account_filled_in_then_off_and_on_again(shop, elodie, window, shoot):
    page = window()
    sign_in(page, shop, elodie)
    sound(page)
    shoot(page, "stopping-account-home")
    page.get_by_role("link", name="Reconduction automatique").click()
    sound(page)
    shoot(page, "renewal-on")
    page.get_by_role("button", name="Arrêter la reconduction automatique").click()
    expect(page.get_by_role("status")).to_contain_text("Votre abonnement ne sera pas reconduit.")
    page.get_by_role("link", name="Reconduction automatique").click()
    page.get_by_role("button", name="Rétablir la reconduction automatique").click()
    expect(page.get_by_role("alert")).to_be_visible()
    sound(page)
    shoot(page, "renewal-off-unticked")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Rétablir la reconduction automatique").click()
    expect(page.get_by_role("status")).to_contain_text("Votre abonnement est de nouveau reconduit automatiquement.")
    page.get_by_role("link", name="Arrêter").click()
    expect(page.get_by_role("textbox", name="Votre contrat")).to_have_value(elodie.subscription.number or "")
    page.get_by_role("button", name="Continuer vers le récapitulatif").click()
    page.get_by_role("button", name="Notification de la résiliation", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre résiliation est reçue")
    shop.turn()
    assert Declaration.objects.get().customer == elodie.customer
    assert [one.state for one in elodie.letters("termination_acknowledged")] == ["sent"]
