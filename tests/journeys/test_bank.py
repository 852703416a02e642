"""The bank in a real browser: a statement looked at and let in, a line explained, and from it to the reader and back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from payments.models import BankLine, BankReceipt
from subscriptions.models import Offer
from tests.bank.files import PROFILE, Said, camt, csv
from tests.browsing import sound
from tests.institutions.papers import take
from tests.journeys.test_support import _quick, carries_out, sits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["_quick"]
WHY = "Relevé du 23 novembre."


def choose(page: Page, name: str, body: bytes) -> None:
    page.get_by_label("Relevé", exact=True).set_input_files(
        {"name": name, "mimeType": "application/xml", "buffer": body}
    )


def test_a_statement_from_the_file_to_the_reader_and_back(shop, window, shoot):
    assert Offer.objects.exists()
    paid, near = take().invoice, take(number="4500012346", organisation="Université de Gand").invoice
    number = near.reference
    page = window()
    sits("finance", page, shop.url)
    page.goto(f"{shop.url}/gestion/banque/")
    sound(page)
    shoot(page, "bank-empty")
    page.get_by_role("link", name="Reprendre un relevé").click()
    day = paid.issued_on
    story = [
        Said("27.60", f"FACTURE {paid.reference}", "TRESORERIE UNIV LYON", ref="BQ0001", on=day),
        Said(
            "27.60",
            f"REGLEMENT F{number[1:5]}-{int(number[6:])}\nABONNEMENT ACTUIA",
            "UNIVERSITE DE GAND",
            ref="BQ0002",
            on=day,
        ),
        Said("26.94", "STRIPE PAYOUT 4X2", "STRIPE TECHNOLOGY EUROPE", ref="BQ0003", on=day),
        Said("-12.50", "FRAIS DE TENUE DU COMPTE 11/2026", ref="BQ0004", on=day),
    ]
    choose(page, "releve.xml", camt(story, on=day))
    page.get_by_label("Motif").fill(WHY)
    page.get_by_role("button", name="Lire le fichier").click()
    sound(page)
    shoot(page, "bank-preview")
    page.get_by_role("button", name="Faire entrer").click()
    sound(page)
    shoot(page, "bank-statement")
    assert BankReceipt.objects.count() == 1

    page.get_by_role("link", name="Lignes à expliquer").first.click()
    sound(page)
    shoot(page, "bank-to-explain")
    line = BankLine.objects.get(bank_reference="BQ0002")
    page.get_by_role("link", name=re.compile("^REGLEMENT")).click()
    sound(page)
    shoot(page, "bank-line-proposals")
    page.get_by_role("link", name="Accepter", exact=True).first.click()
    sound(page)
    shoot(page, "bank-accept")
    carries_out(page, shoot, "bank-accept", "C’est bien cela")
    line.refresh_from_db()
    assert line.left == 0
    # From the line of the bank to the reader, and back, in three clicks.
    page.locator("main").get_by_role("link", name="Université de Gand").click()
    expect(page).to_have_url(re.compile(r"/gestion/personnes/\d+/"))
    page.go_back()
    page.locator("main").get_by_role("link", name=re.compile("virement reçu", re.I)).first.click()
    page.locator("main").get_by_role("link", name=f"{line.statement.reference}/2").click()
    expect(page).to_have_url(f"{shop.url}/gestion/banque/lignes/{line.pk}/")


def test_a_profile_is_guessed_tried_and_saved(shop, window, shoot):
    page = window()
    sits("finance", page, shop.url)
    page.goto(f"{shop.url}/gestion/banque/profils/nouveau/")
    body = csv(
        [Said("27.60", "FACTURE F2026-000012", "UNIVERSITE DE LYON", ref="BQ1"), Said("-12.50", "FRAIS", ref="BQ2")]
    )
    given = {"name": "compte.csv", "mimeType": "text/csv", "buffer": body}
    page.get_by_label(re.compile("^Un fichier de cette banque")).set_input_files(given)
    page.get_by_role("button", name="Le deviner d’après le fichier").click()
    expect(page.get_by_label("Colonne de la date", exact=True)).to_have_value("Date opération")
    page.get_by_label("Nom de la banque").fill(PROFILE["name"])
    page.get_by_label(re.compile("^Un fichier de cette banque")).set_input_files(given)
    page.get_by_role("button", name="Voir ce qu’il lit").click()
    expect(page.locator("main")).to_contain_text("FACTURE F2026-000012")
    sound(page)
    shoot(page, "bank-profile")
    page.get_by_label("Motif").fill(WHY)
    page.get_by_role("button", name="Enregistrer le profil").click()
    expect(page.locator("main")).to_contain_text(PROFILE["name"])
    sound(page)
    shoot(page, "bank-profiles")
    page.goto(f"{shop.url}/gestion/banque/regles/ajouter/")
    sound(page)
    shoot(page, "bank-rule")
