"""A reader buys two past issues in a real browser: looked at, chosen, ordered, paid; one leaves and the other is cancelled."""

from __future__ import annotations

import pytest
from django.core import mail
from django.utils import timezone

from payments.models import Invoice
from subscriptions.models import Declaration, Order, SoldIssue, Subscription
from tests.browsing import sound
from tests.journeys.test_purchase import VISA, pay_by_card
from tests.singles.people import closes, in_stock, leaves, single_offer, states, unsound

pytestmark = pytest.mark.browser


@pytest.fixture
def stocked(shop):
    """The shop, with past issues on sale: n° 24 and n° 22 in stock, n° 23 sold out."""
    single_offer(shop.magazine)
    in_stock(24, 12)
    in_stock(22, 3)
    return shop


def fill(page) -> None:
    page.fill("[name=email]", "camille.martin@exemple.fr")
    page.fill("[name=delivery_first_name]", "Camille")
    page.fill("[name=delivery_last_name]", "Martin")
    page.fill("[name=delivery_street]", "12 bis, rue de l’Église")
    page.fill("[name=delivery_postcode]", "75011")
    page.fill("[name=delivery_town]", "Paris")


def test_from_the_covers_to_the_letter_without_javascript(stocked, window, shoot):
    shop, page = stocked, window(java_script_enabled=False)
    page.goto(f"{shop.url}/magazine/")
    page.click("a[href='/numeros/']")
    sound_without(page)
    shoot(page, "single_list")
    assert page.locator("select").count() == 2, "what is sold out is not offered"
    page.click("main button")
    assert page.locator("[role=status]").count() == 1, "nothing chosen, nothing ordered"

    page.click("figcaption a[href='/numeros/24/']")
    page.wait_for_url(f"{shop.url}/numeros/24/")
    shoot(page, "single_issue")
    page.goto(f"{shop.url}/numeros/")
    page.select_option("[name=n24]", "2")
    page.select_option("[name=n22]", "1")
    page.click("main button")
    page.wait_for_url("**/numeros/commande/**")
    shoot(page, "single_order")
    page.click("button[name=place]")
    assert page.locator("#id_email_error").count() == 1, "beside the field"
    fill(page)
    page.check("[name=terms]")
    button = page.inner_text("button[name=place]").replace("\u202f", "\u00a0")
    assert button == "Commander avec obligation de paiement — 27,00\u00a0€ TTC"
    page.click("button[name=place]")
    page.wait_for_url(f"{shop.till.base}/c/pay/**")
    assert page.locator("a:has-text('Prélèvement'), label:has-text('Prélèvement')").count() == 0
    pay_by_card(page, VISA)
    page.wait_for_url(f"{shop.url}/commande/retour/**")
    shoot(page, "single_paid")
    shop.turn()
    order = Order.objects.get()
    assert (order.state, Subscription.objects.count()) == (Order.State.PAID, 0)
    assert states(order) == [(22, 1, "owed"), (24, 2, "owed")]
    assert Invoice.objects.get().subject == order.subject
    assert "est confirmée" in mail.outbox[-1].subject

    leaves(closes(24, when=timezone.now()), when=timezone.now())
    shop.turn()
    assert "le n°\u00a024 est parti" in mail.outbox[-1].subject
    page.goto(f"{shop.url}/retractation/")
    page.fill("[name=first_name]", "Camille")
    page.fill("[name=last_name]", "Martin")
    page.fill("[name=contract]", order.reference)
    page.fill("[name=email]", "camille.martin@exemple.fr")
    page.click("main button")
    page.click("main button:has-text('Confirmer')")
    said = Declaration.objects.get()
    assert (said.effect, said.order_id, said.refund.amount.amount) == ("single_unsent", order.pk, 9)
    assert states(order) == [(22, 1, "void"), (24, 2, "served")]
    assert SoldIssue.objects.filter(state="owed").count() == 0
    assert [one for one in unsound(timezone.now()) if one[0] != "TOLD"] == []


def test_every_page_is_sound(stocked, window):
    page = window()
    for path in ("/numeros/", "/numeros/24/", "/numeros/23/", "/numeros/commande/?n24=2&n22=1"):
        page.goto(f"{stocked.url}{path}")
        sound(page)
    fill(page)
    page.check("[name=terms]")
    page.click("button[name=place]")
    page.wait_for_url(f"{stocked.till.base}/c/pay/**")
    pay_by_card(page, VISA)
    page.wait_for_url(f"{stocked.url}/commande/retour/**")
    sound(page)


def sound_without(page) -> None:
    """Nothing runs out of the side; axe itself is a script, and looks at these pages in the other story."""
    assert page.locator("main").bounding_box()["width"] <= page.viewport_size["width"]
