"""The pages of past issues, as a browser without script sees them; and the desks'."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments.models import Payment
from shop.storefront.kept import KEEPER
from subscriptions.models import Consent, MailingRun, Offer, Order, Price, SoldIssue
from subscriptions.orders.links import cancel_path, tracking_path
from subscriptions.orders.placing import payment_of
from subscriptions.texts import load_texts
from tests.backoffice.colleagues import text_of
from tests.checkout.buyer import CAMILLE, Buyer
from tests.disputes.people import disputed
from tests.makers import NOW, TODAY
from tests.singles.people import buys, closes, in_stock, issue, leaves, orders, states
from tests.stopping.people import declares

WHY = "Elle a appelé ce matin."
PERSON = {name: value for name, value in CAMILLE.items() if name != "renewal"}


class Shopper(Buyer):
    """Sends a page to where its form says."""

    def send(self, **given: Any) -> HttpResponse:
        self.sends_to = html.unescape(re.findall(r'method="post" action="([^"]+)"', self.text)[0])
        return super().send(**given)


@pytest.fixture
def buyer(client, transactional_db, single, till) -> Buyer:
    """Camille, before the shelves; the terms of sale are loaded."""
    load_texts(TODAY)
    KEEPER.forget()
    return Shopper(client)


def test_the_list_offers_what_is_there_and_keeps_a_selection(buyer):
    page = buyer.open("/numeros/?n24=2&n23=1&n99=3")
    assert page.status_code == 200
    assert "n23" not in buyer.fields, "sold out"
    assert (buyer.fields["n24"], buyer.fields["n22"]) == ("2", "0")
    assert "épuisé" in buyer.text
    assert "9,00\u00a0€" in buyer.text
    assert "Union européenne 12,00\u00a0€" in buyer.text


def test_one_issue_says_whether_it_is_there(buyer):
    assert "En stock" in buyer.open("/numeros/24/").content.decode()
    assert "Épuisé." in buyer.open("/numeros/23/").content.decode()
    assert buyer.open("/numeros/25/").status_code == 404, "not posted yet"
    assert buyer.open("/numeros/99/").status_code == 404


def test_where_past_issues_are_not_sold_there_is_nothing(buyer):
    Offer.objects.filter(kind="single").update(on_sale_to=TODAY)
    KEEPER.forget()
    assert buyer.open("/numeros/").status_code == 404
    assert buyer.open("/numeros/commande/?n24=1").status_code == 503
    assert "/numeros/" not in buyer.open("/magazine/").content.decode()


@pytest.mark.parametrize("query", ["", "?n24=0", "?n24=x", "?n24=-1", "?n24=\u0662", "?x=1", "?n99=1"])
def test_a_selection_that_is_none_comes_back_to_the_list(buyer, query):
    page = buyer.open(f"/numeros/commande/{query}")
    assert page.status_code == 200
    assert "Choisissez" in buyer.text
    assert "place" not in buyer.text


def test_the_order_says_what_the_law_wants_and_keeps_it(buyer):
    buyer.open("/numeros/commande/?n24=2&n22=1")
    for words in (
        "L221-28, 10°", "60 minutes", "10 jours après le paiement", "27,00\u00a0€ TTC (3 exemplaires à 9,00\u00a0€)",
        "Ce que vous commandez", "Commander avec obligation de paiement",
    ):  # fmt: skip
        assert words in buyer.text.replace("\u202f", "\u00a0"), words
    answer = buyer.send(**PERSON)
    assert answer.status_code == 303
    order = Order.objects.get()
    assert answer["Location"] == Payment.objects.get().checkout_url
    assert states(order) == [(22, 1, "reserved"), (24, 2, "reserved")]
    assert order.disclosure.facts["issues"] == [
        {"number": 22, "copies": 1, "amount": "9.00"}, {"number": 24, "copies": 2, "amount": "18.00"},
    ]  # fmt: skip
    assert order.disclosure.facts["button"].startswith("Commander avec obligation de paiement")
    assert Consent.objects.get(order=order, matter="terms").text.code == "cgv"


def test_another_country_is_another_price_on_the_same_page(buyer):
    buyer.open("/numeros/commande/?n24=1")
    buyer.send(button="refresh", delivery_country="BE")
    assert "12,00\u00a0€" in buyer.text.replace("\u202f", "\u00a0")
    assert Order.objects.count() == 0


def test_faults_stand_beside_their_fields_and_nothing_is_lost(buyer):
    buyer.open("/numeros/commande/?n24=1")
    page = buyer.send(**(PERSON | {"delivery_postcode": "1050", "terms": None}))
    assert page.status_code == 200
    assert set(page.context["form"].errors) == {"delivery_postcode", "terms"}
    assert buyer.fields["email"] == PERSON["email"]
    assert Order.objects.count() == 0


def test_a_total_that_changed_shows_the_page_again(buyer):
    buyer.open("/numeros/commande/?n24=1")
    Price.objects.filter(offer__kind="single", delivery_zone="FR").update(valid_to=TODAY)
    Price.objects.create(
        offer=Offer.objects.get(kind="single"), delivery_zone="FR", amount=Decimal("9.90"), valid_from=TODAY
    )
    KEEPER.forget()
    page = buyer.send(**PERSON)
    assert page.status_code == 200
    assert "9,90\u00a0€" in buyer.text.replace("\u202f", "\u00a0")
    assert Order.objects.count() == 0


def test_whoever_comes_second_is_told_and_what_they_typed_stays(buyer):
    buyer.open("/numeros/commande/?n22=3&n24=1")
    orders({22: 2})
    page = buyer.send(**PERSON)
    assert page.status_code == 200
    assert "Il reste un seul exemplaire du n°\u00a022" in buyer.text
    assert buyer.fields["email"] == PERSON["email"]
    assert "18,00\u00a0€" in buyer.text.replace("\u202f", "\u00a0"), "one of each is left to order"
    assert Order.objects.count() == 1
    orders({22: 1})
    buyer.open("/numeros/commande/?n22=1")
    buyer.send(**PERSON)
    assert "vient d’être épuisé" in buyer.text


def test_whoever_has_twenty_copies_waiting_for_their_payment_is_told_and_what_they_typed_stays(buyer):
    in_stock(24, 90)
    for _twice in range(2):
        orders({24: 9}, when=timezone.now(), email=PERSON["email"], ip="192.0.2.9")
    buyer.open("/numeros/commande/?n24=3")
    page = buyer.send(**PERSON)
    assert page.status_code == 200
    assert "Au plus 20 exemplaires peuvent attendre leur paiement" in buyer.text.replace("\u00a0", " ")
    assert buyer.fields["email"] == PERSON["email"]
    assert Order.objects.count() == 2


def test_back_from_the_payment_page_the_selection_is_there(buyer):
    buyer.open("/numeros/commande/?n24=2")
    buyer.send(**PERSON)
    page = buyer.open(cancel_path(Order.objects.get()))
    assert page.status_code == 200
    assert buyer.fields["delivery_street"] == PERSON["delivery_street"]
    assert "n24=2" in buyer.text


def test_the_page_of_the_order_says_what_became_of_each_issue(buyer):
    order = buys({24: 1, 22: 1}, when=timezone.now())
    leaves(closes(24, when=timezone.now()), when=timezone.now())
    page = buyer.open(tracking_path(order)).content.decode()
    assert "mis en poste le 23\u00a0novembre\u00a02026" in page
    assert "payé, part avec le prochain envoi" in page


def test_the_page_of_an_order_that_was_cancelled_whole_says_so(buyer):
    order = buys({24: 1}, when=timezone.now())
    declares("withdrawal", order.reference, at=timezone.now())
    page = buyer.open(tracking_path(order)).content.decode()
    assert "La commande est annulée." in page
    assert "en route" not in page
    assert "remboursé" in page


def test_what_the_bank_has_given_back_is_not_said_to_be_refunded_by_us(buyer):
    order = buys({24: 1}, when=timezone.now())
    disputed(payment_of(order), at=timezone.now())
    disputed(payment_of(order), "lost", at=timezone.now())
    page = buyer.open(tracking_path(order)).content.decode()
    assert "annulé le 23\u00a0novembre\u00a02026\u00a0: votre banque vous a rendu ce paiement" in page
    assert "remboursé" not in page


def test_the_account_shows_them_and_three_take_as_many_queries_as_one(client, single):
    buys({24: 1})
    reader = Order.objects.get().customer
    client.force_login(reader)

    def ask() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert "Les anciens numéros que j’ai achetés" in client.get(reverse("account_home")).content.decode()
        return len(asked)

    ask()
    one = ask()
    buys({24: 1}, customer=reader), buys({22: 1, 24: 1}, customer=reader)
    assert ask() == one


def test_from_the_stock_to_the_run_at_the_desk_and_sent_again(single, at_desk):
    order = buys({24: 2})
    desk = at_desk("fulfilment")
    assert desk.see("desk_stock").status_code == 200
    assert order.reference in text_of(desk.see("desk_singles"))
    desk.act("desk_act_resends", issue(24).pk, reason="Envois de la semaine.")
    assert not MailingRun.objects.exists(), "no mailing house yet"
    leaves(closes(24, when=NOW), when=NOW)
    support = at_desk("support")
    page = support.see("desk_order", order.pk)
    assert "n° 24" in text_of(page)
    line = SoldIssue.objects.get()
    assert support.act("desk_act_replace_sold", line.pk, reason=WHY).status_code == 302
    assert states(order) == [(24, 2, "served"), (24, 2, "owed")]


def test_finance_refunds_one_in_full(single, at_desk):
    order = buys({24: 2, 22: 1})
    assert at_desk("finance").act("desk_act_refund", order.pk, reason=WHY).status_code == 302
    assert states(order) == [(22, 1, "void"), (24, 2, "void")]
