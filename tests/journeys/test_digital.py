"""An issue read on a screen, in French, on a desktop and a phone: the text, the box, the file; and the pages are sound."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import expect
from pypdf import PdfReader

from subscriptions.models import DigitalConsent, DigitalDownload, Offer
from tests.account.people import Reader
from tests.browsing import sound
from tests.digital.people import OUT, file_of, pdf, post, turned
from tests.journeys.test_account import sign_in
from tests.journeys.test_support import carries_out, sits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def elodie(shop, settings, tmp_path, clock):
    """A reader of no. 25, which is out, and has a file."""
    settings.DIGITAL_FILES = tmp_path / "digital"
    offers = {offer.renewal: offer for offer in shop.offers}
    reader = Reader(Client(), "elodie.lefevre@example.fr").buys(offers[Offer.Renewal.AUTOMATIC])
    turned()
    post()
    file_of(25, pdf(4))
    clock.move_to(OUT)
    return reader


def test_agreed_to_and_read_without_script(shop, window, shoot, elodie, tmp_path):
    page = window(java_script_enabled=False)
    sign_in(page, shop, elodie)
    shoot(page, "digital-home")
    page.get_by_role("link", name="Lire le n° 25 en ligne").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lire le n° 25 en ligne")
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    shoot(page, "digital-text")
    page.get_by_role("button", name="Donner mon accord et lire en ligne").click()
    expect(page.get_by_role("alert")).to_contain_text("Cochez la case si vous êtes d’accord.")
    assert DigitalConsent.objects.count() == 0
    shoot(page, "digital-fault")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Donner mon accord et lire en ligne").click()
    expect(page.get_by_role("status")).to_contain_text("Votre accord est enregistré. Un courrier le confirme.")
    shoot(page, "digital-link")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Télécharger le PDF").click()
    file = tmp_path / "read.pdf"
    coming.value.save_as(file)
    assert coming.value.suggested_filename == "actuia-25.pdf"
    number = elodie.subscription.number
    assert [f"l’abonné n°\u00a0{number}" in one.extract_text() for one in PdfReader(file).pages] == [True] * 4
    assert DigitalDownload.objects.count() == 1


def test_the_pages_are_sound(shop, window, shoot, elodie, clock):
    page = window()
    sign_in(page, shop, elodie)
    sound(page)
    page.get_by_role("link", name="Lire le n° 25 en ligne").click()
    sound(page)
    page.get_by_role("button", name="Donner mon accord et lire en ligne").click()
    sound(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Donner mon accord et lire en ligne").click()
    sound(page)
    link = page.get_by_role("link", name="Télécharger le PDF").get_attribute("href")
    clock.move_to(OUT.replace(hour=12))
    page.goto(shop.url + link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ce lien n’est plus valable")
    sound(page)
    shoot(page, "digital-over")


def test_the_desks_turn_it_on_put_a_file_and_make_a_token(shop, window, shoot, settings, tmp_path):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DIGITAL_FILES = tmp_path / "digital"
    page = window(java_script_enabled=True)
    sits("administrator", page, shop.url)
    page.goto(f"{shop.url}/gestion/edition-numerique/")
    sound(page)
    page.get_by_role("link", name="ActuIA", exact=True).click()
    sound(page)
    page.get_by_role("link", name="Régler l’édition numérique").click()
    page.get_by_label("Ce magazine a une édition numérique").check()
    page.get_by_label("Motif").fill("Décidé en comité de direction.")
    shoot(page, "digital-desk-form")
    page.get_by_label("Part du prix, en pour cent").fill("20,00")
    page.get_by_label(re.compile("^Taux")).select_option("press")
    page.get_by_label(re.compile("^Décidé par")).fill("Claire Fontaine, DAF")
    page.get_by_label(re.compile("^Décidé le")).fill("2026-11-20")
    page.get_by_label(re.compile("dernière version du texte")).check()
    carries_out(page, shoot, "digital-desk", "Régler")
    page.get_by_role("link", name="n° 24").click()
    page.get_by_label("Fichier").set_input_files({"name": "n24.pdf", "mimeType": "application/pdf", "buffer": pdf(4)})
    page.get_by_label("Motif").fill("Le numéro complet.")
    sound(page)
    shoot(page, "digital-desk-file")
    page.get_by_role("button", name="Déposer ce fichier").click()
    expect(page.get_by_role("status")).to_contain_text("Le fichier est déposé")
    sound(page)
    shoot(page, "digital-desk-edition")
    page.goto(f"{shop.url}/gestion/edition-numerique/jetons/")
    page.get_by_role("link", name="Créer un jeton d’accès").click()
    page.get_by_role("textbox", name="Nom", exact=True).fill("actuia.com")
    page.get_by_label("Motif").fill("Le site du magazine.")
    carries_out(page, shoot, "digital-token", "Créer le jeton")
    expect(page.locator("code")).to_contain_text("bqt_")
    page.get_by_role("link", name="Je l’ai copié").click()
    sound(page)
    shoot(page, "digital-tokens")
