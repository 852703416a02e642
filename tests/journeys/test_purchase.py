"""A reader buys, in a real browser: with every card, with a debit, with script and without, on a desk and on a phone."""

from __future__ import annotations

from email.utils import parseaddr

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from payments.models import Invoice, LedgerEntry
from subscriptions.models import Entitlement, Order, Subscription, Term
from tests.browsing import sound

pytestmark = pytest.mark.browser

VISA, DECLINED, NO_FUNDS, ASKS = "4242424242424242", "4000000000000002", "4000000000009995", "4000002500003155"
LOST, STOLEN, EXPIRED, BAD_CVC, PROCESSING = (
    "4000000000009987", "4000000000009979", "4000000000000069", "4000000000000127", "4000000000000119",
)  # fmt: skip
IBAN = "FR1420041010050500013M02606"


def fill_order(page: Page, shop, *, renewal: str = "fixed", email: str = "camille.martin@exemple.fr") -> None:
    page.goto(f"{shop.url}/abonnement/")
    page.fill("[name=email]", email)
    page.fill("[name=delivery_first_name]", "Camille")
    page.fill("[name=delivery_last_name]", "Martin")
    page.fill("[name=delivery_street]", "12 bis, rue de l’Église")
    page.fill("[name=delivery_postcode]", "75011")
    page.fill("[name=delivery_town]", "Paris")
    page.check(f"[name=renewal][value={renewal}]")
    page.check("[name=terms]")


def send(page: Page, shop) -> None:
    page.click("button[name=place]")
    page.wait_for_url(f"{shop.till.base}/c/pay/**")


def pay_by_card(page: Page, card: str) -> None:
    page.fill("[name=nom]", "Camille Martin")
    page.fill("[name=numero]", card)
    page.fill("[name=expiration]", "12/40")
    page.fill("[name=cvc]", "123")
    page.click("main button[type=submit]")


def assert_one_purchase(shop) -> None:
    order = Order.objects.get(state=Order.State.PAID)
    assert Subscription.objects.count() == Term.objects.count() == Invoice.objects.count() == 1
    assert Entitlement.objects.count() == 4
    assert Term.objects.get().order_id == order.pk
    assert LedgerEntry.objects.filter(journal__in=["VE", "ST"]).count() >= 2
    assert len(shop.till.charges()) == 1


def test_from_the_offer_to_the_letter(shop, window, shoot):
    page = window()
    page.goto(shop.url)
    sound(page)
    shoot(page, "offer")
    page.click("a[href^='/abonnement/']")
    page.wait_for_url("**/abonnement/**")
    sound(page)
    fill_order(page, shop, renewal="automatic")
    shoot(page, "order")
    sound(page)
    button = page.inner_text("button[name=place]").replace("\u202f", "\u00a0")
    assert button == "Commander avec obligation de paiement — 27,60\u00a0€ TTC"
    send(page, shop)
    sound(page)
    shoot(page, "stripe")
    pay_by_card(page, VISA)
    page.wait_for_url(f"{shop.url}/commande/retour/**")
    sound(page)
    shoot(page, "paid")
    shop.turn()
    assert_one_purchase(shop)
    assert [parseaddr(letter.to[0]) for letter in mail.outbox] == [("Camille Martin", "camille.martin@exemple.fr")]
    kinds = sorted(part.get_content_type() for part in mail.outbox[0].message().walk())
    assert kinds.count("application/pdf") >= 2
    page.reload()
    page.go_back()
    assert_one_purchase(shop)


@pytest.mark.parametrize(
    "way", ["card", "3-D Secure", "debit", "declined then paid", "turned back then paid"], ids=lambda way: way
)
def test_without_javascript(shop, window, way):
    page = window(java_script_enabled=False)
    fill_order(page, shop)
    send(page, shop)
    if way == "turned back then paid":
        page.click("header a")
        page.wait_for_url(f"{shop.url}/commande/annulee/**")
        assert page.input_value("[name=delivery_street]") == "12 bis, rue de l’Église"
        assert page.input_value("[name=email]") == "camille.martin@exemple.fr"
        page.check("[name=terms]")
        send(page, shop)
    if way == "declined then paid":
        pay_by_card(page, DECLINED)
        expect(page.get_by_role("alert")).to_be_visible()
    if way == "debit":
        page.click("a:has-text('Prélèvement'), label:has-text('Prélèvement')")
        page.locator("[name=iban]").wait_for()
        page.fill("[name=nom]", "Camille Martin")
        if page.locator("[name=email]").count():
            page.fill("[name=email]", "camille.martin@exemple.fr")
        page.fill("[name=iban]", IBAN)
        page.click("main button[type=submit]")
    else:
        pay_by_card(page, ASKS if way == "3-D Secure" else VISA)
    if way == "3-D Secure":
        page.click("button[value=autoriser]")
    page.wait_for_url(f"{shop.url}/commande/retour/**")
    if way == "debit":
        assert Subscription.objects.count() == 0
        shop.till.settle()
        shop.turn()
        page.reload()
    shop.turn()
    assert_one_purchase(shop)


@pytest.mark.parametrize("card", [DECLINED, NO_FUNDS, LOST, STOLEN, EXPIRED, BAD_CVC, PROCESSING])
def test_every_refusal_is_said_and_charges_nothing(shop, window, card):
    page = window(java_script_enabled=False)
    fill_order(page, shop)
    send(page, shop)
    pay_by_card(page, card)
    expect(page.get_by_role("alert")).to_be_visible()
    shop.turn()
    assert shop.till.charges() == []
    assert Subscription.objects.count() == 0
    pay_by_card(page, VISA)
    page.wait_for_url(f"{shop.url}/commande/retour/**")
    shop.turn()
    assert_one_purchase(shop)


def test_a_refused_confirmation_is_told_truthfully(shop, window, shoot):
    page = window()
    fill_order(page, shop)
    send(page, shop)
    pay_by_card(page, ASKS)
    page.click("button[value=refuser]")
    expect(page.get_by_role("alert")).to_be_visible()
    shop.turn()
    assert shop.till.charges() == []
    page.goto(f"{shop.url}/abonnement/")
    shoot(page, "order-again")
    sound(page)


def test_two_tabs_are_one_order(shop, window):
    first = window()
    fill_order(first, shop)
    second = first.context.new_page()
    fill_order(second, shop)
    send(first, shop)
    second.click("button[name=place]")
    second.wait_for_url(f"{shop.till.base}/c/pay/**")
    assert first.url == second.url
    pay_by_card(first, VISA)
    first.wait_for_url(f"{shop.url}/commande/retour/**")
    shop.turn()
    assert Order.objects.count() == 1
    assert_one_purchase(shop)


def test_the_keyboard_leads_from_the_offer_to_the_payment(shop, window):
    page = window()
    page.goto(f"{shop.url}/abonnement/")
    page.focus("[name=email]")
    typed = {
        "email": "camille@exemple.fr", "delivery_first_name": "Camille", "delivery_last_name": "Martin",
        "delivery_street": "12 rue de la Paix", "delivery_postcode": "75002", "delivery_town": "Paris",
    }  # fmt: skip
    for _step in range(80):
        focused = page.evaluate("[document.activeElement.name || '', document.activeElement.type || '']")
        name, kind = focused
        if name in typed:
            page.keyboard.type(typed.pop(name))
        elif (name, kind) == ("renewal", "radio") or (name, kind) == ("terms", "checkbox"):
            page.keyboard.press("Space")
        elif name == "place":
            page.keyboard.press("Enter")
            break
        page.keyboard.press("Tab")
    page.wait_for_url(f"{shop.till.base}/c/pay/**")
    assert typed == {}


@pytest.mark.parametrize("path", ["/", "/magazine/", "/cgv/", "/mentions-legales/", "/confidentialite/", "/accessibilite/", "/nowhere/", "/abonnement/"])  # fmt: skip
def test_every_public_page_is_sound(shop, window, shoot, path):
    page = window()
    page.goto(shop.url + path)
    sound(page)
    shoot(page, "page" + path.replace("/", "-").rstrip("-"))
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.evaluate("Array.from(document.querySelectorAll('script[src],link[rel=stylesheet],img')).filter(e => new URL(e.src || e.href).origin !== location.origin).length") == 0  # fmt: skip
