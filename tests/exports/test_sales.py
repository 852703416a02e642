"""Sales by where they came from; every document of the period, and the ledger to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from payments.exports.spans import Span
from payments.invoicing.reissuing import buyer_of, reissue
from payments.models import Invoice
from subscriptions.refunding import refund_in_full
from tests.exports.reading import checks, differences, rows
from tests.institutions.papers import make_agency, take
from tests.makers import CLERK, HOME, NOW, TODAY, make_magazine, make_offers, make_wish, open_page, place_order

NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))


def seen(name: str = "ventes-par-jour", span: Span = NOVEMBER) -> list[tuple[str, ...]]:
    names = ("Nature", "Canal", "Formule", "Origine", "Cadeau", "Pays", "Pièces", "TTC", "HT", "TVA")
    return [tuple(row[one] for one in names) for row in rows(name, span)]


@pytest.mark.django_db
def test_institutions_with_and_without_an_agency():
    make_offers(make_magazine())
    take()
    take(agency=make_agency(), email="b@bu.example", invoiced_to="agency")
    assert seen() == [
        ("Facture", "Institution", "un-an", "BON-DE-COMMANDE", "non", "FR", "1", "27,60", "27,03", "0,57"),
        (
            "Facture",
            "Institution, par une agence",
            "un-an",
            "BON-DE-COMMANDE",
            "non",
            "FR",
            "1",
            "26,22",
            "25,68",
            "0,54",
        ),
    ]
    assert set(checks("ventes-par-jour", NOVEMBER).values()) == {
        ("53.82", "53.82"),
        ("52.71", "52.71"),
        ("1.11", "1.11"),
    }


@pytest.mark.django_db(transaction=True)
def test_the_code_that_brought_it_the_country_and_what_was_taken_back(offers, till, hear):
    first = place_order(make_wish(offers["automatic"], source_code="SALON-26"), at=NOW)
    swiss = replace(HOME, street="Rue du Rhône 12", postcode="1204", town="Genève", country="CH")
    abroad = make_wish(offers["automatic"], address=swiss, email="geneve@example.ch")
    for order in (first, place_order(abroad, at=NOW)):
        till.pay(open_page(order, at=NOW).checkout_url)
    hear()
    span = Span(TODAY - timedelta(days=2), TODAY + timedelta(days=2))
    assert [row[1:6] for row in seen(span=span)] == [
        ("Site, abonnement", "un-an-reconduit", "", "non", "CH"),
        ("Site, abonnement", "un-an-reconduit", "SALON-26", "non", "FR"),
    ]
    first.refresh_from_db()
    refund_in_full(first, reason="rétractation", actor=CLERK, at=NOW)
    note = seen(span=span)[0]
    assert note == (
        "Avoir", "Site, abonnement", "un-an-reconduit", "SALON-26", "non", "FR", "1", "-27,60", "-27,03", "-0,57",
    )  # fmt: skip
    assert differences(span) == []


@pytest.mark.django_db
def test_an_invoice_made_out_anew_keeps_where_it_came_from_and_adds_nothing():
    make_offers(make_magazine())
    invoice = take().invoice
    other = replace(buyer_of(invoice), name="Université de Lyon, service comptable")
    reissue(invoice.pk, other, reason="autre service", words="demande du client", on=TODAY, actor=CLERK, at=NOW)
    assert [(row[0], row[1], row[6], row[7]) for row in seen()] == [
        ("Avoir", "Institution", "1", "-27,60"),
        ("Facture", "Institution", "2", "55,20"),
    ]
    assert Invoice.objects.count() == 3
    assert differences(NOVEMBER) == []


@pytest.mark.django_db
def test_a_month_is_its_days():
    make_offers(make_magazine())
    take()
    take(email="b@bu.example", at=NOW + timedelta(days=2))
    assert len(rows("ventes-par-jour", NOVEMBER)) == 2
    (row,) = rows("ventes-par-mois", NOVEMBER)
    assert (row["Mois"], row["Pièces"], row["TTC"]) == ("01/11/2026", "2", "55,20")
    assert checks("ventes-par-mois", NOVEMBER) == checks("ventes-par-jour", NOVEMBER)
