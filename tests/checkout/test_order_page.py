"""The order page: all of law.md 4.1 above the button, every country, nothing chosen for the reader, nothing lost."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape

import pytest

from payments.money import eur
from shop import limits
from subscriptions.models import Offer, Order, Price
from tests.checkout.buyer import Fields
from tests.storefront.shelf import TODAY

NB = "\u00a0"


def test_the_page_says_everything_before_the_button(buyer):
    page = buyer.open()
    assert page.status_code == 200
    before, _button, after = buyer.text.partition('data-part="button"')
    for said in ("Rétractation", "Garanties légales", "Médiateur de la consommation", f"mise en poste prévue le{NB}"[:-1],
                 "J’autorise ActuIA Éditions", f"27,60{NB}€ TTC"):  # fmt: skip
        assert said in before, said
    assert f"27,60{NB}€" in after.partition("</button>")[0]
    assert "/cgv/" in before
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_the_policy_lets_this_page_lead_to_the_payment_page_and_no_other(buyer, till):
    assert f"form-action 'self' {till.base}" in buyer.open()["Content-Security-Policy"]
    assert till.base not in buyer.client.get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in buyer.page["Content-Security-Policy"]


def test_automatic_renewal_is_never_chosen_beforehand(buyer):
    buyer.open("/abonnement/un-an-reconduit/")
    assert "renewal" not in buyer.fields
    assert "terms" not in buyer.fields
    assert "similar_offers" not in buyer.fields
    buyer.open("/abonnement/un-an/")
    assert buyer.fields["renewal"] == "fixed"


def test_without_script_the_country_redraws_fields_and_price_and_keeps_everything(buyer):
    buyer.open()
    page = buyer.send(button="refresh", delivery_country="BE", delivery_postcode="1050", phone="06 12 34 56 78")
    assert page.status_code == 200
    assert Order.objects.count() == 0
    fields = buyer.fields
    assert fields["expected_total"] == "33.60"
    assert f"33,60{NB}€" in buyer.text
    assert fields["delivery_country"] == "BE"
    assert (fields["email"], fields["phone"]) == ("camille.martin@exemple.fr", "06 12 34 56 78")
    assert fields["delivery_street"] == "12bis, rue de l’Église"
    assert fields["terms"] == "on"
    assert buyer.errors == []
    buyer.send(button="refresh", delivery_country="US", delivery_region="CA")
    assert buyer.fields["delivery_region"] == "CA"
    assert buyer.fields["expected_total"] == "39.60"
    buyer.send(button="refresh", delivery_country="FR")
    assert buyer.fields["delivery_region"] == "CA"
    buyer.send(button="refresh", delivery_country="US")
    assert buyer.fields["delivery_region"] == "CA"


def test_the_label_is_drawn_as_the_postman_reads_it(buyer):
    buyer.open()
    buyer.send(button="refresh")
    for line in ("Mme Camille MARTIN", "12 BIS RUE DE L EGLISE", "75011 PARIS"):
        assert line in buyer.text, line


def test_the_script_s_answer_is_the_same_parts(buyer):
    buyer.open()
    whole = buyer.fields | {
        "delivery_country": "BE", "delivery_postcode": "1050", "delivery_town": "Ixelles", "delivery_last_name": "Peeters",
        "delivery_street": "rue du Trône 10",
    }  # fmt: skip
    parts = buyer.client.post("/abonnement/etiquette/", whole)
    assert parts.status_code == 200
    html = parts.content.decode()
    for part in ("label", "bill", "address", "renewal", "said", "button"):
        assert f'data-part="{part}"' in html, part
    assert "BELGIQUE" in html
    values = Fields(html).values
    assert values["expected_total"] == "33.60"
    assert values["fingerprint"] != buyer.fields["fingerprint"]
    assert "<html" not in html


def test_what_the_script_redrew_is_accepted_at_once(buyer):
    buyer.open()
    abroad = {
        "delivery_country": "BE", "delivery_postcode": "1050", "delivery_town": "Ixelles",
        "delivery_street": "rue du Trône 10",
    }  # fmt: skip
    parts = Fields(buyer.client.post("/abonnement/etiquette/", buyer.fields | abroad).content.decode()).values
    answer = buyer.send(**abroad, expected_total=parts["expected_total"], fingerprint=parts["fingerprint"])
    assert answer.status_code == 303
    order = Order.objects.get()
    assert order.amount == eur("33.60")
    assert order.delivery.lines[-1] == "BELGIQUE"


def test_the_preview_only_takes_posts_and_is_counted(buyer, monkeypatch):
    assert buyer.client.get("/abonnement/etiquette/").status_code == 405
    buyer.open()
    last = None
    for _try in range(limits.PREVIEW.times + 1):
        last = buyer.client.post("/abonnement/etiquette/", {})
        if last.status_code == 429:
            break
    assert last.status_code == 429


def test_an_offer_off_sale_says_so_and_shows_the_one_that_is_on(buyer, on_sale):
    Offer.objects.create(
        code="ancien", magazine=on_sale.magazine, title="Ancienne", renewal="fixed",
        on_sale_from=TODAY - timedelta(days=90), on_sale_to=TODAY,
    )  # fmt: skip
    page = buyer.open("/abonnement/ancien/")
    assert page.status_code == 200
    assert 'class="notice' in buyer.text
    assert buyer.open("/abonnement/jamais-vu/").status_code == 404


def test_nothing_on_sale_is_a_page_that_says_so(buyer):
    Offer.objects.update(on_sale_to=TODAY)
    assert buyer.open().status_code == 503


def test_each_formula_has_its_own_price(buyer, on_sale):
    Price.objects.filter(offer=on_sale.automatic, delivery_zone="FR").update(valid_to=TODAY)
    Price.objects.create(offer=on_sale.automatic, delivery_zone="FR", amount=eur("24.00"), valid_from=TODAY)
    buyer.open()
    assert f"24,00{NB}€" in buyer.text
    assert buyer.fields["expected_total"] == "27.60"
    answer = buyer.send(renewal="automatic")
    assert answer.status_code == 200
    assert Order.objects.count() == 0
    assert buyer.fields["expected_total"] == "24.00"
    assert 'class="notice' in buyer.text
    assert buyer.send().status_code == 303
    assert Order.objects.get().amount == eur("24.00")


def test_the_snapshot_kept_is_what_was_shown(buyer):
    buyer.open()
    buyer.send(renewal="automatic")
    order = Order.objects.select_related("disclosure").get()
    facts = order.disclosure.facts
    assert facts["offer"]["renewal"] == "automatic"
    assert facts["total"] == "27.60"
    assert f"27,60{NB}€" in facts["button"]
    page = unescape(buyer.text).replace(NB, " ")
    assert len(facts["shown"]) > 10
    for row in facts["shown"]:
        assert row["text"].replace(NB, " ") in page, row["label"]
    assert json.loads(json.dumps(facts)) == facts


@pytest.mark.parametrize("country", ["FR", "RE", "MC", "BE", "CH", "US", "JP", "GB", "XI", "DE", "AE"])
def test_every_country_can_be_drawn(buyer, country):
    buyer.open()
    page = buyer.send(button="refresh", delivery_country=country, delivery_postcode="")
    assert page.status_code == 200
    assert buyer.fields["delivery_country"] == country
