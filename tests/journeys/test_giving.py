"""A gift, in a real browser: from the offer page to the recipient's account, with every letter read and no price for them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from payments.actors import job
from subscriptions.gifts.announcing import announce
from subscriptions.models import AddressChange, Gift
from tests.account.people import Reader
from tests.browsing import sound
from tests.journeys.test_purchase import VISA, pay_by_card, send
from tests.journeys.test_renewing import plan_issues

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GIVER, INES = "bruno.martin@example.fr", "ines.roux@example.fr"
PRICE = re.compile(r"\d,\d\d\s*€|27,60|TTC")


@pytest.fixture
def year(shop):
    """Issues for the years to come, whatever today is."""
    plan_issues(shop)
    return shop


def fill_in(page) -> None:
    """Bruno gives Inès a year, told in three days."""
    page.fill("[name=giver_first_name]", "Bruno")
    page.fill("[name=giver_last_name]", "Martin")
    page.fill("[name=email]", GIVER)
    page.fill("[name=delivery_title]", "Mme")
    page.fill("[name=delivery_first_name]", "Inès")
    page.fill("[name=delivery_last_name]", "Roux")
    page.fill("[name=delivery_street]", "4 place Bellecour")
    page.fill("[name=delivery_postcode]", "69002")
    page.fill("[name=delivery_town]", "Lyon")
    page.fill("[name=announce_on]", (timezone.localdate() + timedelta(days=3)).isoformat())
    page.fill("[name=message]", "Bonne lecture,\net bon anniversaire.")


def give(page, shop, shoot) -> Gift:
    """From the offer page to « c’est payé », with what is missing said on the way."""
    page.goto(shop.url)
    page.get_by_role("link", name="Offrir un an").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Offrir ActuIA pour un an")
    sound(page)
    shoot(page, "gift-order")
    fill_in(page)
    page.check("[name=terms]")
    page.click("button[name=place]")
    expect(page.get_by_role("alert")).to_contain_text("Où devons-nous écrire")
    sound(page)
    shoot(page, "gift-order-email-missing")
    assert page.input_value("[name=message]") == "Bonne lecture,\net bon anniversaire."
    page.fill("[name=recipient_email]", INES)
    send(page, shop)
    pay_by_card(page, VISA)
    page.wait_for_url(f"{shop.url}/commande/retour/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est payé\u00a0: votre cadeau est en route.")
    sound(page)
    shoot(page, "gift-paid")
    shop.turn()
    return Gift.objects.get()


def told(shop) -> str:
    """The announcement leaves on its day; the address of its button."""
    on = timezone.localdate() + timedelta(days=3)
    assert announce(on=on - timedelta(days=1), at=timezone.now(), actor=job("gifts"), limit=10) == 0
    assert announce(on=on, at=timezone.now(), actor=job("gifts"), limit=10) == 1
    shop.turn()
    letter = next(one for one in mail.outbox if INES in one.to[0])
    assert letter.subject == "Bruno Martin vous offre ActuIA"
    assert not PRICE.search(letter.body + str(letter.alternatives[0][0]))
    return re.search(r"http\S*/cadeau/\S*", letter.body)[0]


def code_for(shop, email: str) -> str:
    """The code of the latest letter."""
    shop.turn()
    return Reader(None, email).last_code()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_the_offer_page_to_the_recipient_s_account(year, window, shoot, script):
    shop = year
    page = window(java_script_enabled=script)
    if not script:
        shoot = lambda *_given: None  # noqa: E731
    gift = give_without_axe(page, shop) if not script else give(page, shop, shoot)
    confirmation = next(one for one in mail.outbox if GIVER in one.to[0])
    assert confirmation.subject == f"Votre cadeau est confirmé (commande {gift.order.reference})"
    link = told(shop)
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Bruno Martin vous offre ActuIA")
    expect(page.locator("blockquote")).to_contain_text("et bon anniversaire.")
    look(page, shoot, "gift-page", script)
    page.get_by_role("link", name="Corriger l’adresse").click()
    page.fill("[name=street]", "6 place Bellecour")
    page.fill("[name=postcode]", "69002")
    page.fill("[name=town]", "Lyon")
    look(page, shoot, "gift-address", script)
    page.get_by_role("button", name="Envoyer le magazine à cette adresse").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Bellecour")
    look(page, shoot, "gift-page-moved", script)
    assert AddressChange.objects.count() == 1
    page.locator("form[action$='/compte/'] [name=email]").fill(INES)
    page.locator("form[action$='/compte/'] button").click()
    page.wait_for_url("**/compte/connexion/code/**")
    page.locator("[name=code]").press_sequentially(code_for(shop, INES))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"//[^/]+/compte/cadeaux/"))
    look(page, shoot, "gift-claim", script)
    page.get_by_role("button", name="Oui, dans mon compte").click()
    page.wait_for_url(f"{shop.url}/compte/")
    expect(page.locator("main")).to_contain_text("Offert par")
    expect(page.locator("main")).to_contain_text("6 PLACE BELLECOUR")
    assert not PRICE.search(page.locator("main").inner_text())
    look(page, shoot, "gift-received-account", script)
    page.goto(f"{shop.url}/compte/factures/")
    assert not PRICE.search(page.locator("main").inner_text())
    shop.turn()
    for letter in mail.outbox:
        if INES in letter.to[0]:
            assert not PRICE.search(letter.body), letter.subject
    assert Gift.objects.get().state == Gift.State.CLAIMED


def give_without_axe(page, shop) -> Gift:
    """The same without a script, for which axe has no use."""
    page.goto(shop.url)
    page.get_by_role("link", name="Offrir un an").click()
    fill_in(page)
    page.fill("[name=recipient_email]", INES)
    page.check("[name=terms]")
    send(page, shop)
    pay_by_card(page, VISA)
    page.wait_for_url(f"{shop.url}/commande/retour/**")
    shop.turn()
    return Gift.objects.get()


def look(page, shoot, name: str, script: bool) -> None:
    """axe, and a picture to be looked at."""
    if script:
        sound(page)
        shoot(page, name)


def test_the_giver_s_account_shows_what_is_given_and_no_address(year, window, shoot):
    page = window()
    gift = give(page, year, lambda *_given: None)
    page.goto(f"{year.url}/compte/")
    page.get_by_label("Adresse électronique").fill(GIVER)
    page.keyboard.press("Enter")
    page.wait_for_url("**/compte/connexion/code/**")
    page.fill("[name=code]", Reader(None, GIVER).last_code())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{year.url}/compte/")
    expect(page.locator("main")).to_contain_text("Inès Roux")
    expect(page.locator("main")).not_to_contain_text("Bellecour")
    sound(page)
    shoot(page, "gift-given-account")
    page.get_by_role("link", name="Jour et message").click()
    page.fill("[name=message]", "Autrement dit.")
    sound(page)
    shoot(page, "gift-change")
    page.get_by_role("button", name="Garder ceci").click()
    expect(page.get_by_role("status")).to_be_visible()
    gift.refresh_from_db()
    assert gift.message == "Autrement dit."


def test_by_the_code_of_the_card(year, window, shoot):
    page = window()
    gift = give(page, year, lambda *_given: None)
    page.goto(f"{year.url}/cadeau/")
    sound(page)
    shoot(page, "gift-code")
    page.fill("[name=code]", "CAD-444-444-444")
    page.get_by_role("button", name="Voir mon cadeau").click()
    expect(page.get_by_role("alert")).to_contain_text("Aucun cadeau n’a ce code")
    page.fill("[name=code]", gift.code.lower().replace("-", " "))
    page.get_by_role("button", name="Voir mon cadeau").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bruno Martin vous offre ActuIA")
