"""The account in a real browser, in French: by keyboard, without script, at 1280 and 360 pixels, to axe's ear."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from payments.invoicing import rendering
from subscriptions.models import AddressChange, Notice, Offer, Order, Subscription
from tests.account.people import Reader
from tests.browsing import sound
from tests.makers import make_wish, place_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EMAIL = "elodie.lefevre@example.fr"


@pytest.fixture
def elodie(shop) -> Reader:
    """Élodie, with an automatic subscription, an invoice, and a second order that is not paid yet."""
    offers = {offer.renewal: offer for offer in shop.offers}
    person = Reader(Client(), EMAIL).buys(offers[Offer.Renewal.AUTOMATIC])
    rendering.render_pending(5, at=timezone.now())
    place_order(make_wish(offers[Offer.Renewal.FIXED], email=EMAIL, on=timezone.localdate()), at=timezone.now())
    return person


def sign_in(page: Page, shop, person: Reader) -> None:
    """Through the two pages, with the keys alone."""
    page.goto(f"{shop.url}/compte/")
    page.get_by_label("Adresse électronique").focus()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Enter")
    page.wait_for_url("**/compte/connexion/code/**")
    page.get_by_label("Code reçu par courrier électronique").focus()
    page.keyboard.type(person.last_code())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/compte/")


def test_signing_in_with_a_slip(shop, elodie, window, shoot):
    page = window()
    page.goto(f"{shop.url}/compte/")
    sound(page)
    shoot(page, "account-sign-in")
    page.get_by_label("Adresse électronique").fill("elodie@")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    sound(page)
    shoot(page, "account-sign-in-slip")
    page.get_by_label("Adresse électronique").fill(EMAIL)
    page.keyboard.press("Enter")
    page.wait_for_url("**/code/**")
    sound(page)
    shoot(page, "account-code")
    page.get_by_label("Code reçu par courrier électronique").fill("BBBB-BBBB")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Ce n’est pas le code que nous avons envoyé.")
    sound(page)
    shoot(page, "account-code-wrong")
    page.get_by_label("Code reçu par courrier électronique").fill(elodie.last_code().lower())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/compte/")


def test_every_page_of_the_account(shop, elodie, window, shoot):
    page = window()
    sign_in(page, shop, elodie)
    Reader(Client(headers={"user-agent": "Mozilla/5.0 (iPhone) Version/19.1 Safari/604.1"}), EMAIL).signs_in()
    pk = Subscription.objects.get().pk
    for name, path in {
        "home": "/compte/",
        "invoices": "/compte/factures/",
        "address": f"/compte/abonnements/{pk}/adresse/",
        "card": f"/compte/abonnements/{pk}/moyen-de-paiement/",
        "email": "/compte/courriel/",
        "devices": "/compte/appareils/",
        "data": "/compte/donnees/",
        "sign-out": "/compte/deconnexion/",
        "erased": "/compte/effacement/",
    }.items():
        answer = page.goto(f"{shop.url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        sound(page)
        shoot(page, f"account-{name}")


def test_moving_with_the_label_drawn_while_one_types(shop, elodie, window, shoot):
    page = window()
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Changer d’adresse").click()
    page.fill("[name=street]", "3 rue de la République")
    page.fill("[name=postcode]", "69001")
    page.fill("[name=town]", "Lyon")
    expect(page.locator("[data-part=label]")).to_contain_text("69001 LYON", timeout=15_000)
    sound(page)
    shoot(page, "account-address-typed")
    page.get_by_role("button", name="Envoyer le magazine à cette adresse").click()
    expect(page.get_by_role("status")).to_contain_text("L’adresse est changée à partir du n°\u00a025")
    shoot(page, "account-moved")
    assert AddressChange.objects.get().new.town == "Lyon"


def test_without_script_everything_works(shop, elodie, window, shoot):
    page = window(java_script_enabled=False)
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Changer d’adresse").click()
    page.select_option("[name=country]", "BE")
    page.get_by_role("button", name="Adapter l’adresse à ce pays").click()
    page.fill("[name=street]", "5 rue Neuve")
    page.fill("[name=postcode]", "75004")
    page.fill("[name=town]", "Bruxelles")
    page.get_by_role("button", name="Envoyer le magazine à cette adresse").click()
    expect(page.get_by_role("alert")).to_be_visible()
    shoot(page, "account-address-wrong")
    page.fill("[name=postcode]", "1000")
    page.get_by_role("button", name="Envoyer le magazine à cette adresse").click()
    expect(page.get_by_role("status")).to_contain_text("L’adresse est changée")
    Order.objects.exclude(state="paid").update(state="cancelled")
    page.get_by_role("link", name="Mes données").click()
    page.get_by_label("Je veux que mes données soient effacées").check()
    page.get_by_role("button", name="Continuer vers l’effacement").click()
    expect(page.get_by_role("alert")).to_be_visible()
    shoot(page, "account-data-wrong")


def test_another_card_on_stripes_page_and_back(shop, elodie, window, shoot):
    page = window()
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Changer de carte").click()
    page.get_by_role("button", name="Aller sur la page de Stripe").click()
    page.wait_for_url(f"{shop.till.base}/**")
    page.goto(shop.url + f"/compte/abonnements/{Subscription.objects.get().pk}/moyen-de-paiement/")
    page.get_by_role("button", name="Aller sur la page de Stripe").click()
    page.wait_for_url(f"{shop.till.base}/**")
    page.fill("[name=numero]", "5555 5555 5555 4444")
    page.fill("[name=expiration]", "12/40")
    page.fill("[name=cvc]", "123")
    page.fill("[name=nom]", "Élodie Lefèvre")
    page.locator("form button[type=submit], form button").first.click()
    page.wait_for_url(f"{shop.url}/**/retour/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre moyen de paiement est changé.")
    sound(page)
    shoot(page, "account-card-changed")
    assert shop.till.charges() == []


def test_changing_the_email_from_two_mailboxes(shop, elodie, window, shoot):
    page = window()
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Adresse électronique").click()
    page.get_by_label("Nouvelle adresse électronique").fill("elodie@example.org")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Garder l’adresse actuelle").wait_for()
    sound(page)
    shoot(page, "account-email-asked")
    for end in ("old", "new"):
        letter = Notice.objects.get(kind=f"email_change_confirm_{end}")
        page.goto(shop.url + letter.facts["confirm_path"])
        sound(page)
        shoot(page, f"account-email-{end}")
        page.get_by_role("button", name="Confirmer le changement").click()
        page.get_by_role("button", name="Confirmer le changement").wait_for(state="detached")
        sound(page)
        shoot(page, f"account-email-{end}-confirmed")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre adresse électronique est changée.")
    page.goto(f"{shop.url}/compte/courriel/confirmation/forged/")
    sound(page)
    shoot(page, "account-email-forged")


def test_erasure_to_its_end(shop, elodie, window, shoot):
    Order.objects.exclude(state="paid").update(state="cancelled")
    page = window()
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Mes données").click()
    # By name, so that each is waited for: a click returns while the page it leads to is still being read.
    page.get_by_label("Je veux que mes données soient effacées").check()
    page.get_by_label("Je renonce").check()
    page.get_by_role("button", name="Continuer vers l’effacement").click()
    page.get_by_role("heading", level=1, name="Effacer vos données").wait_for()
    sound(page)
    shoot(page, "account-erase")
    page.get_by_role("button", name="Effacer mes données").click()
    page.wait_for_url("**/compte/effacement/")
    sound(page)
    assert Subscription.objects.get().payer.erased_on == timezone.localdate()


def test_an_invoice_made_out_to_a_firm(shop, elodie, window, shoot):
    page = window()
    sign_in(page, shop, elodie)
    page.get_by_role("link", name="Factures").click()
    page.get_by_role("link", name="L’établir au nom d’une société").wait_for()
    sound(page)
    shoot(page, "account-invoices")
    page.get_by_role("link", name="L’établir au nom d’une société").click()
    page.get_by_role("button", name="Voir les deux pièces").click()
    expect(page.get_by_role("alert")).to_be_focused()
    sound(page)
    shoot(page, "account-firm-faults")
    page.get_by_label("Organisme", exact=True).fill("Lefèvre Conseil")
    page.get_by_label("SIREN").fill("732 829 320")
    page.get_by_label("Numéro et rue").fill("3 rue de la Paix")
    page.get_by_label("Code postal").fill("69001")
    page.get_by_label("Ville").fill("Lyon")
    page.get_by_role("button", name="Voir les deux pièces").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Les deux pièces")
    sound(page)
    shoot(page, "account-firm-papers")
    page.get_by_role("button", name="Modifier").click()
    expect(page.get_by_label("SIREN")).to_have_value("732 829 320")
    page.get_by_role("button", name="Voir les deux pièces").click()
    page.get_by_role("button", name="Émettre les deux pièces").click()
    expect(page.get_by_role("status")).to_contain_text("Un courrier vous les apporte.")
    sound(page)
    shoot(page, "account-firm-done")
    shop.turn()
    assert [one.state for one in elodie.letters("invoice_reissued")] == ["sent"]
