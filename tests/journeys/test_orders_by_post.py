"""Orders by post in a real browser: a letter on the table becomes a subscription, its cheque goes to the bank and comes back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from payments.models import Cheque, DepositSlip
from subscriptions.models import Offer, Order
from tests.browsing import sound
from tests.journeys.test_support import _quick, carries_out, sits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["_quick"]


def types(page: Page, given: dict[str, str]) -> None:
    for label, words in given.items():
        page.get_by_label(re.compile(rf"^\s*{label}\s*(\(facultatif\)\s*)?$")).fill(words)


def test_from_the_envelope_to_the_bank_and_back(shop, window, shoot):
    assert Offer.objects.exists()
    page = window()
    sits("support", page, shop.url)
    page.goto(f"{shop.url}/gestion/commandes-par-courrier/")
    sound(page)
    shoot(page, "post-awaited-empty")
    page.get_by_role("link", name="Commande par courrier ou téléphone").first.click()
    sound(page)
    shoot(page, "post-order-form")
    types(
        page,
        {
            "Prénom": "Élodie",
            "Nom": "Lefèvre",
            "Numéro et rue": "12 bis rue de l'Église",
            "Code postal": "75004",
            "Ville": "Paris",
            "Montant du chèque": "27,60",
            "Numéro du chèque": "0004711",
            "Banque": "Crédit Agricole",
            "Tireur": "M. ou Mme Lefèvre",
            "Motif": "Bon de commande du 20 novembre.",
        },
    )
    page.get_by_label(re.compile("^L’acheteur accepte les conditions")).check()
    carries_out(page, shoot, "post-order", "Prendre la commande")
    assert Order.objects.get().state == Order.State.PAID

    finance = window()
    sits("finance", finance, shop.url)
    finance.goto(f"{shop.url}/gestion/cheques/")
    sound(finance)
    shoot(finance, "cheques")
    finance.get_by_role("link", name="Remettre des chèques").first.click()
    sound(finance)
    shoot(finance, "cheques-deposit")
    carries_out(finance, shoot, "cheques-deposit", "Faire le bordereau")
    slip = DepositSlip.objects.get()
    expect(finance).to_have_url(f"{shop.url}/gestion/remises/{slip.pk}/")
    sound(finance)
    shoot(finance, "slip")
    cheque = Cheque.objects.get()
    finance.goto(f"{shop.url}/gestion/cheques/{cheque.pk}/impaye/")
    finance.get_by_label("Rendu par la banque le").fill(cheque.received_on.isoformat())
    finance.get_by_label("Motif", exact=True).fill("Avis de la banque.")
    carries_out(finance, shoot, "cheque-bounced", "Le noter, et écrire au lecteur")
    sound(finance)
    shoot(finance, "cheque-bounced-page")
    finance.goto(f"{shop.url}/gestion/remises/")
    sound(finance)
    shoot(finance, "slips")
