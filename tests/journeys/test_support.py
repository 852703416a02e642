"""The support desk in a real browser: part given back, a refund by transfer from the letter to the bank, both papers of a
firm, two records made one, a call noted with its file."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from payments.models import Refund, Transfer
from shop.backoffice.roles import ensure_roles
from shop.customers.models import Customer
from shop.customers.search import refresh
from subscriptions.models import Contact, Offer, Subscription
from subscriptions.transfer_links import account_path
from tests.backoffice.colleagues import Colleague, hire
from tests.backoffice.sold import sell
from tests.browsing import sound
from tests.disputes.people import disputed
from tests.gifts.people import give, withdrawn
from tests.support.test_contacts import PDF
from tests.support.transfers import came_back

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = "Demande du lecteur, par téléphone."


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.BANK_IBAN, settings.BANK_BIC = "FR7630006000011234567890189", "AGRIFRPP"


def sits(role: str, page: Page, url: str) -> Colleague:
    """A colleague of that role, whose browser this is now."""
    ensure_roles()
    colleague = hire(role)
    colleague.sign_in(Client())
    cookie = colleague.browser.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
    return colleague


def carries_out(page: Page, shoot, name: str, button: str) -> None:
    """Both steps, each looked at."""
    sound(page)
    page.get_by_role("button", name="Voir ce qui va se passer").click()
    sound(page)
    shoot(page, f"{name}-preview")
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()
    sound(page)
    shoot(page, f"{name}-done")


def test_part_of_a_term_is_given_back(shop, window, shoot):
    sale = sell(next(one for one in shop.offers if one.renewal == Offer.Renewal.AUTOMATIC))
    page = window()
    sits("support", page, shop.url)
    page.goto(f"{shop.url}/gestion/abonnements/{sale.subscription.pk}/")
    page.get_by_role("link", name="Rembourser une partie de la période 1").click()
    page.get_by_label(re.compile("^Exemplaires")).fill("2")
    page.get_by_label("le lecteur veut moins d’exemplaires").check()
    page.get_by_label("Motif").fill(WHY)
    shoot(page, "refund-part")
    carries_out(page, shoot, "refund-part", "Rembourser")
    assert str(Refund.objects.get().amount.amount) == "13.80"


def test_a_refund_by_transfer_from_the_letter_to_the_bank(shop, window, shoot):
    transfer = came_back()
    page = window(java_script_enabled=False)
    page.goto(shop.url + account_path(transfer))
    page.get_by_label("Titulaire du compte").fill("Élodie Lefèvre")
    page.get_by_label("IBAN", exact=True).fill("FR14 2004 1010 0505 0001 3M02 607")
    page.get_by_role("button").filter(has_text="Recevoir le remboursement").click()
    expect(page.locator("main")).to_contain_text("Cet IBAN n’est pas juste")
    shoot(page, "account-slip")
    page.get_by_label("IBAN", exact=True).fill("FR14 2004 1010 0505 0001 3M02 606")
    page.get_by_role("button").filter(has_text="Recevoir le remboursement").click()
    expect(page.locator("main")).to_contain_text("•••• 2606")
    shoot(page, "account-given")
    page = window()
    page.goto(shop.url + account_path(transfer))
    sound(page)
    shoot(page, "account-again")
    sits("finance", page, shop.url)
    page.goto(f"{shop.url}/gestion/virements/")
    sound(page)
    shoot(page, "transfers")
    page.get_by_role("link", name=transfer.reference).click()
    page.get_by_role("link", name="Approuver", exact=True).click()
    page.get_by_label("Motif").fill(WHY)
    carries_out(page, shoot, "transfer-approved", "Approuver")
    page.goto(f"{shop.url}/gestion/virements/fichiers/faire/")
    page.get_by_label("Motif").fill(WHY)
    carries_out(page, shoot, "transfer-file", "Préparer le fichier")
    page.get_by_role("link", name="La banque l’a exécuté").click()
    page.get_by_label("Le", exact=True).fill(Transfer.objects.get().created_at.strftime("%Y-%m-%d"))
    page.get_by_label("Motif").fill(WHY)
    carries_out(page, shoot, "transfer-sent", "Marquer comme parti")
    assert Transfer.objects.get().state == "sent"


def test_a_firm_a_name_and_a_recipient(shop, window, shoot):
    sale = sell(shop.offers[0])
    page = window()
    sits("support", page, shop.url)
    page.goto(f"{shop.url}/gestion/factures/{sale.invoice.pk}/")
    page.get_by_role("link", name="Établir au nom d’une société").click()
    firm = {
        "organisation": "Lefèvre Conseil", "siren": "732829320", "street": "3 rue de la Paix", "postcode": "69001",
        "town": "Lyon",
    }  # fmt: skip
    for name, value in firm.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_label("Motif").fill(WHY)
    shoot(page, "reissue")
    carries_out(page, shoot, "reissue", "Émettre les deux pièces")
    page.goto(f"{shop.url}/gestion/personnes/{sale.customer.pk}/")
    page.get_by_role("link", name="Corriger le nom").click()
    page.locator("[name=last_name]").fill("Le Fèvre")
    page.get_by_label("Motif").fill(WHY)
    carries_out(page, shoot, "name", "Corriger le nom")
    assert Customer.objects.get(pk=sale.customer.pk).last_name == "Le Fèvre"


def test_two_records_and_a_call(shop, window, shoot):
    kept, gone = sell(shop.offers[0], number=1), sell(shop.offers[1], number=2)
    refresh([kept.customer.pk, gone.customer.pk])
    page = window()
    sits("support", page, shop.url)
    page.goto(f"{shop.url}/gestion/personnes/{kept.customer.pk}/noter/")
    page.get_by_label("Ce qui a été dit ou écrit").fill("Demande si ses deux abonnements peuvent n’en faire qu’un.")
    page.get_by_label(re.compile("^Fichier")).set_input_files(
        {"name": "lettre.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    sound(page)
    shoot(page, "contact")
    page.get_by_role("button", name="Noter").click()
    page.wait_for_load_state()
    sound(page)
    shoot(page, "contact-noted")
    assert Contact.objects.get().file_name == "lettre.pdf"
    page.goto(f"{shop.url}/gestion/personnes/{kept.customer.pk}/")
    sound(page)
    shoot(page, "person-doubles")
    page.get_by_role("link", name="Réunir avec une autre fiche").click()
    page.get_by_label("Motif").fill(WHY)
    carries_out(page, shoot, "merge", "Réunir")
    assert Subscription.objects.filter(payer=kept.customer).count() == 2


def test_who_received_a_gift_that_was_taken_back_is_forgotten(shop, window, shoot):
    gift = give(start=27)
    withdrawn(gift)
    page = window()
    sits("support", page, shop.url)
    page.goto(f"{shop.url}/gestion/abonnements/{gift.subscription_id}/")
    page.get_by_role("link", name="Oublier le destinataire").click()
    page.get_by_label("Motif").fill(WHY)
    shoot(page, "forget")
    carries_out(page, shoot, "forget", "L’oublier")
    gift.refresh_from_db()
    assert (gift.recipient_name, gift.recipient_email) == ("", "")


def test_what_became_of_a_dispute_is_read_on_its_payment(shop, window, shoot):
    sale = sell(next(one for one in shop.offers if one.renewal == Offer.Renewal.AUTOMATIC))
    disputed(sale.payment)
    page = window()
    sits("finance", page, shop.url)
    page.goto(f"{shop.url}/gestion/paiements/{sale.payment.pk}/")
    shoot(page, "dispute-open")
    disputed(sale.payment, "lost")
    page.reload()
    expect(page.get_by_role("heading", name="Ce qu’est devenue la contestation")).to_be_visible()
    sound(page)
    shoot(page, "dispute-lost")
