"""A university orders its next year from the quote in its letter, in a real browser: filled in, its own number, one paper each."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from payments.actors import Actor
from payments.models import Invoice
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.models import Offer, Order, Subscription, Term
from subscriptions.quotes.making import make_quote
from tests.account.people import Reader
from tests.browsing import sound
from tests.journeys.test_purchase import VISA, pay_by_card, send
from tests.journeys.test_renewing import plan_issues

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIBRARY = "periodiques@univ-lyon.example"
RECEPTION = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="Université de Lyon", service="Périodiques", street="92 rue Pasteur",
    postcode="69007", town="Lyon",
)  # fmt: skip


@pytest.fixture
def university(shop, client) -> Subscription:
    """A fixed year bought by a public body; issues are planned for another."""
    plan_issues(shop)
    bought = Reader(client, LIBRARY).buys(
        Offer.objects.get(renewal="fixed"),
        address=RECEPTION,
        buyer_kind="public_fr",
        organisation=RECEPTION.organisation,
        siren="130021397",
        typed={"kind": "public", "siren": "130021397", "engagement_number": "4500000001"},
    )
    return bought.subscription


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_the_quote_to_the_invoice(shop, university, window, shoot, script):
    quote = make_quote(university.pk, actor=Actor("staff", "7"), at=timezone.now(), reason="demandé")
    shop.turn()
    letter = next(one for one in mail.outbox if quote.reference in one.subject)
    assert [(name, body[:5]) for name, body, _kind in letter.attachments] == [(f"{quote.reference}.pdf", b"%PDF-")]
    page = window(java_script_enabled=script)
    page.goto(re.search(r"http\S*/reabonnement/\S*", letter.body)[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre réabonnement à ActuIA")
    assert page.is_checked("[name=for_organisation]")
    assert page.input_value("[name=organisation]") == "Université de Lyon"
    assert page.input_value("[name=siren]") == "130021397"
    assert page.is_checked("[name=renewal][value=fixed]")
    assert page.input_value("[name=engagement_number]") == "", "a purchase order is good for one purchase"
    page.fill("[name=engagement_number]", "4500012345")
    page.check("[name=terms]")
    if script:
        sound(page)
        shoot(page, "quote-order")
    send(page, shop)
    pay_by_card(page, VISA)
    page.wait_for_url(f"{shop.url}/commande/retour/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est payé\u00a0: votre abonnement continue.")
    if script:
        sound(page)
        shoot(page, "quote-paid")
    shop.turn()
    first, second = Term.objects.filter(subscription=university).order_by("number")
    assert (second.starts_on, second.amount) == (first.ends_on + timedelta(days=1), quote.amount)
    order = Order.objects.get(renews=university)
    assert (order.source_code, order.engagement_number, order.amount) == ("DEVIS", "4500012345", quote.amount)
    invoice = Invoice.objects.latest("pk")
    assert (invoice.buyer_name, invoice.buyer_siren, invoice.engagement_number) == (
        "Université de Lyon", "130021397", "4500012345",
    )  # fmt: skip
    assert len(shop.till.charges()) == 1
    confirmation = mail.outbox[-1]
    assert confirmation.subject == f"Votre abonnement est prolongé (commande {order.reference})"
    assert f"{invoice.reference}.pdf" in [one[0] for one in confirmation.attachments]
