"""Bad input, each a clear sentence beside its field, and everything that was typed still there."""

from __future__ import annotations

import logging

import pytest
from django.utils.translation import gettext as _

from payments.money import eur
from shop.checkout import views
from shop.limits import Limit
from shop.storefront.kept import KEEPER
from subscriptions.models import Offer, Order, Price
from tests.checkout.buyer import CAMILLE
from tests.storefront.shelf import TODAY


def kept(buyer, **changes):
    """Everything typed stands in the page again."""
    fields = buyer.fields
    for name, value in (CAMILLE | changes).items():
        if value is not None:
            assert fields.get(name) == value, name


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"delivery_postcode": "1050"}, "delivery_postcode", "1050"),
        ({"delivery_postcode": "97400", "delivery_country": "GP"}, "delivery_postcode", "97400"),
        ({"delivery_postcode": "99999"}, "delivery_postcode", "99999"),
        ({"delivery_country": "BE", "delivery_postcode": "75011"}, "delivery_postcode", "75011"),
        ({"delivery_flat": "Chez Monsieur et Madame Vanderbeken Duo"}, "delivery_flat", "39"),
        ({"delivery_street": "", "delivery_locality": ""}, "delivery_street", None),
        ({"delivery_last_name": ""}, "delivery_last_name", None),
        ({"delivery_town": ""}, "delivery_town", None),
        ({"delivery_country": "ZZ"}, "delivery_country", None),
        ({"delivery_title": "Monsieur le Professeur"}, "delivery_title", "10"),
        ({"delivery_last_name": "東京"}, "delivery_last_name", "東京"),
        ({"email": "camille.martin"}, "email", None),
        ({"email": "camille@exemple"}, "email", None),
        ({"email": ""}, "email", None),
        ({"phone": "abc"}, "phone", None),
        ({"phone": "12"}, "phone", None),
        ({"for_organisation": "on", "organisation": ""}, "organisation", None),
        ({"for_organisation": "on", "organisation": "Université", "vat_number": "FR45732829320"}, "vat_number", None),
        ({"for_organisation": "on", "organisation": "Université", "vat_number": "DE999999999"}, "vat_number", None),
        ({"for_organisation": "on", "organisation": "Université", "siren": "732829321"}, "siren", None),
        ({"for_organisation": "on", "organisation": "Université", "siret": "73282932000075"}, "siret", None),
        (
            {"for_organisation": "on", "organisation": "Université", "siren": "404833048", "siret": "73282932000074"},
            "siret",
            None,
        ),
        ({"billing_differs": "on", "billing_postcode": "7501"}, "billing_postcode", "7501"),
        ({"terms": None}, "terms", None),
        ({"renewal": None}, "renewal", None),
        ({"renewal": "for-ever"}, "renewal", None),
    ],
)  # fmt: skip
def test_one_sentence_beside_the_field_and_nothing_lost(buyer, caplog, changes, field, words):
    caplog.set_level(logging.INFO)
    buyer.open()
    if changes.get("delivery_country"):
        buyer.send(button="refresh", **{k: v for k, v in changes.items() if k == "delivery_country"})
    if "renewal" in changes and changes["renewal"] is None:
        buyer.open("/abonnement/un-an-reconduit/")
    answer = buyer.send(**(CAMILLE | changes))
    assert answer.status_code == 200
    assert Order.objects.count() == 0
    form = answer.context["form"]
    assert field in form.errors, form.errors
    sentence = form.errors[field][0]
    assert sentence.endswith((".", "?"))
    if words:
        assert words in sentence
    if field not in ("delivery_country", "renewal"):  # a value that is not on the list cannot be shown again
        kept(buyer, **changes)
    for secret in ("camille", "Martin", "Église"):
        assert secret not in caplog.text


def test_a_slip_in_the_domain_is_asked_about_once(buyer):
    buyer.open()
    assert buyer.send(email="camille@gmial.com").status_code == 200
    errors = buyer.page.context["form"].errors["email"]
    assert "camille@gmail.com" in errors[0]
    assert buyer.fields["email"] == "camille@gmial.com"
    assert buyer.send().status_code == 303
    assert Order.objects.get().email == "camille@gmial.com"


def test_the_corrected_slip_passes_too(buyer):
    buyer.open()
    buyer.send(email="camille@gmial.com")
    assert buyer.send(email="camille@gmail.com").status_code == 303
    assert Order.objects.get().email == "camille@gmail.com"


def test_the_offer_was_withdrawn_meanwhile(buyer):
    buyer.open()
    Offer.objects.filter(code="un-an").update(on_sale_to=TODAY)
    KEEPER.forget()
    answer = buyer.send()
    assert answer.status_code == 200
    assert answer.context["form"].errors["renewal"] == [
        _("This offer is no longer on sale. Please choose another one.")
    ]
    fields = buyer.fields
    assert fields["email"] == CAMILLE["email"]
    assert fields["delivery_street"] == CAMILLE["delivery_street"]
    assert Order.objects.count() == 0
    assert buyer.send(renewal="automatic").status_code == 303


def test_the_price_changed_meanwhile(buyer, on_sale):
    buyer.open()
    Price.objects.filter(offer=on_sale.fixed, delivery_zone="FR").update(valid_to=TODAY)
    Price.objects.create(offer=on_sale.fixed, delivery_zone="FR", amount=eur("29.00"), valid_from=TODAY)
    KEEPER.forget()
    answer = buyer.send()
    assert answer.status_code == 200
    assert "29,00" in answer.context["notices"][0]
    assert Order.objects.count() == 0
    kept(buyer)
    assert buyer.send().status_code == 303
    assert Order.objects.get().amount == eur("29.00")


def test_a_destination_that_nobody_priced_is_refused_beside_the_country(buyer):
    Price.objects.filter(delivery_zone="DOM").update(valid_to=TODAY)
    buyer.open()
    answer = buyer.send(delivery_postcode="97400", delivery_town="Saint-Denis")
    assert answer.status_code == 200
    assert answer.context["form"].errors["delivery_country"]
    assert buyer.fields["delivery_postcode"] == "97400"


def test_a_page_older_than_its_day_is_read_again_before_it_is_ordered(buyer, today):
    buyer.open()
    today.move_to("2026-11-24 00:00:05 +0100")
    answer = buyer.send()
    assert answer.status_code == 200
    assert len(answer.context["notices"]) == 1
    assert Order.objects.count() == 0
    assert buyer.send().status_code == 303


def test_a_forged_hidden_field_never_changes_the_price(buyer):
    buyer.open()
    assert buyer.send(expected_total="0.01").status_code == 200
    assert buyer.send(expected_total="NaN").status_code == 200
    assert buyer.send(expected_total="sNaN").status_code == 200
    assert buyer.send(expected_total="abc").status_code == 200
    assert buyer.send(fingerprint="").status_code == 200
    assert Order.objects.count() == 0


def test_a_nul_in_the_name_of_an_offer_is_left_out_of_it(buyer, client):
    assert client.get("/abonnement/?formule=%00").status_code == 200
    assert client.get("/abonnement/?formule=un%00known").status_code == 404
    assert client.post("/abonnement/etiquette/?formule=%00", {"delivery_country": "FR"}).status_code == 200


def test_too_many_orders_for_one_mailbox_are_a_429_page(buyer, monkeypatch):
    monkeypatch.setattr(views, "ORDER_BY_EMAIL", Limit("order-email", times=1, seconds=600))
    buyer.open()
    assert buyer.send().status_code == 303
    refused = buyer.send()
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
