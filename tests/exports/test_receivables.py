"""Aged balance and open items: what customers owe, by invoice, as of any day; every cent of 411."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from payments.days import PARIS
from payments.models import LedgerLine
from tests.closing.conftest import book
from tests.exports.reading import checks, differences, on, rows
from tests.institutions.papers import make_agency, take, transfer
from tests.makers import NOW, TODAY, make_magazine, make_offers

pytestmark = pytest.mark.django_db
#: Issued on 23 November, the invoice is due on 23 December.
DUE = date(2026, 12, 23)


@pytest.fixture(autouse=True)
def world():
    return make_offers(make_magazine())


@pytest.mark.parametrize(
    ("day", "column"),
    [
        (DUE, "Non échu"),
        (DUE + timedelta(days=1), "1 à 30 jours"),
        (DUE + timedelta(days=30), "1 à 30 jours"),
        (DUE + timedelta(days=31), "31 à 60 jours"),
        (DUE + timedelta(days=60), "31 à 60 jours"),
        (DUE + timedelta(days=61), "61 à 90 jours"),
        (DUE + timedelta(days=90), "61 à 90 jours"),
        (DUE + timedelta(days=91), "Plus de 90 jours"),
    ],
)
def test_an_invoice_stands_in_the_column_of_its_age(day, column):
    invoice = take(quantity=3).invoice
    (row,) = rows("balance-agee", on(day))
    assert (row["Client"], row["Auxiliaire"], row["Solde"]) == (
        "Université de Lyon",
        f"C{invoice.customer_id:06d}",
        "82,80",
    )
    aged = {
        name: value for name, value in row.items() if value != "0,00" and name not in ("Compte", "Client", "Auxiliaire")
    }
    assert aged == {"Solde": "82,80", column: "82,80"}
    (item,) = rows("postes-ouverts", on(day))
    assert (item["Pièce"], item["Échéance"], item["Reste dû"]) == (invoice.reference, "23/12/2026", "82,80")
    assert item["Jours de retard"] == (str((day - DUE).days) if day > DUE else "")
    assert differences(on(day)) == []


def test_what_is_paid_in_part_owes_the_rest_and_yesterday_stays_as_it_was():
    invoice = take(quantity=3).invoice
    transfer(invoice, "50.00", on=TODAY + timedelta(days=5), at=NOW + timedelta(days=5))
    assert [row["Reste dû"] for row in rows("postes-ouverts", on(TODAY))] == ["82,80"]
    later = on(TODAY + timedelta(days=5))
    assert [row["Reste dû"] for row in rows("postes-ouverts", later)] == ["32,80"]
    transfer(invoice, "32.80", ref="VIR 2", on=TODAY + timedelta(days=6), at=NOW + timedelta(days=6))
    assert rows("balance-agee", on(TODAY + timedelta(days=6))) == []
    assert checks("balance-agee", later)["Solde des comptes 411"] == ("32.80", "32.80")


def test_one_transfer_over_three_invoices_settles_each_by_its_share():
    agency = make_agency(percent="0")
    first, second, third = (
        take(agency=agency, invoiced_to="agency", email=f"{name}@bu.example").invoice for name in "abc"
    )
    transfer(second, "60.00", others=True)
    assert [(row["Pièce"], row["Reste dû"]) for row in rows("postes-ouverts", on(TODAY))] == [
        (third.reference, "22,80")
    ]
    (row,) = rows("balance-agee", on(TODAY))
    assert (row["Client"], row["Solde"]) == ("Prenax SAS", "22,80")
    assert first.customer_id == third.customer_id
    assert differences(on(TODAY)) == []


def test_money_that_belongs_to_no_invoice_stands_apart():
    book("payment:999", on=TODAY, amount="27.60")
    book("manual:1", on=TODAY, amount="5.00", debit="AR", credit="PSP", party="")
    found = rows("balance-agee", on(TODAY))
    assert [(row["Auxiliaire"], row["Sans facture"], row["Créditeurs"]) for row in found] == [
        ("", "5,00", "0,00"),
        ("C000012", "0,00", "-27,60"),
    ]
    assert checks("balance-agee", on(TODAY))["Solde des comptes 411"] == ("-22.60", "-22.60")


def test_the_name_of_a_day_is_the_one_of_that_day():
    take()
    later = datetime(2027, 3, 1, 12, tzinfo=PARIS)
    take(organisation="Université Lumière", at=later, number="4500099", email="periodiques@univ-lyon.example")
    assert {row["Client"] for row in rows("balance-agee", on(TODAY))} == {"Université de Lyon"}
    assert "Université Lumière" in {row["Client"] for row in rows("balance-agee", on(later.date()))}


def test_every_line_of_411_is_in_it_whatever_it_is_about():
    """Lines whose source names nothing that is there, or nothing at all."""
    for place, source in enumerate(
        ("refund:1", "transfer:2", "dispute_lost:3", "write_off:4", "receipt:5", "given_up:customer:6")
    ):
        book(source, on=TODAY, amount=f"{place + 1}.00")
    assert checks("postes-ouverts", on(TODAY))["Solde des comptes 411"] == ("-21.00", "-21.00")
    assert len(rows("postes-ouverts", on(TODAY))) == 1, "one sub-account, and no invoice to tell its lines apart by"
    assert LedgerLine.objects.filter(account="411000").count() == 6
