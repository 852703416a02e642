"""VAT by payment date: when it falls due, of what, and that the accounts of VAT say the same to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from payments.closing.periods import month_of
from payments.days import PARIS
from payments.exports.spans import Span
from payments.models import Payment, PeriodClosing
from subscriptions.models import Order
from subscriptions.refunding import refund_in_full
from tasks import money
from tests.closing.conftest import book
from tests.exports.reading import checks, differences, rows
from tests.institutions.papers import take, transfer
from tests.makers import CLERK, HOME, NOW, TODAY, make_magazine, make_offers, make_wish, open_page, place_order
from tests.reconciliation.account import bought

NOVEMBER, DECEMBER = Span(date(2026, 11, 1), date(2026, 11, 30)), Span(date(2026, 12, 1), date(2026, 12, 31))
BOOKED = "TVA comptabilisée dans la période (comptes 44571)"


def due(span: Span) -> list[tuple[str, ...]]:
    names = ("Exigible le", "Nature", "Zone", "Taux (%)", "Base HT", "TVA exigible", "TTC")
    return [tuple(row[name] for name in names) for row in rows("tva-encaissements", span)]


@pytest.mark.django_db
def test_an_institution_owes_vat_with_each_transfer_and_not_before():
    make_offers(make_magazine())
    invoice = take(quantity=3).invoice
    assert due(NOVEMBER) == []
    assert checks("tva-encaissements", NOVEMBER)["TVA en attente au dernier jour"] == ("None", "1.70")
    transfer(invoice, "50.00", on=date(2026, 11, 30), at=datetime(2026, 11, 30, 18, tzinfo=PARIS))
    transfer(invoice, "32.80", ref="VIR 2", on=date(2026, 12, 1), at=datetime(2026, 12, 1, 18, tzinfo=PARIS))
    assert due(NOVEMBER) == [("30/11/2026", "Encaissement", "France métropolitaine", "2,10", "48,97", "1,03", "50,00")]
    assert due(DECEMBER) == [("01/12/2026", "Encaissement", "France métropolitaine", "2,10", "32,13", "0,67", "32,80")]
    assert checks("tva-encaissements", DECEMBER)["TVA en attente au dernier jour"] == ("None", "0.00")


@pytest.mark.django_db(transaction=True)
def test_a_card_and_its_refund(offers, till, hear):
    payment = bought(till)
    order_day = payment.received_on
    span = Span(order_day.replace(day=1), order_day + timedelta(days=40))
    assert [row[1:] for row in due(span)] == [
        ("Encaissement", "France métropolitaine", "2,10", "27,03", "0,57", "27,60")
    ]
    refund_in_full(Order.objects.get(), reason="rétractation", actor=CLERK, at=NOW + timedelta(minutes=5))
    money.send_refunds()
    hear()
    found = due(span)
    assert ("Remboursement", "France métropolitaine", "2,10", "-27,03", "-0,57", "-27,60") in [row[1:] for row in found]
    assert checks("tva-encaissements", span)[BOOKED] == ("0.00", "0.00")
    assert differences(span) == []


@pytest.mark.django_db
def test_what_is_received_in_one_month_and_booked_in_the_next_is_due_in_the_first():
    make_offers(make_magazine())
    invoice = take().invoice
    # The statement of the last day is read on the first of the next month; the books of November are still open.
    receipt_at = datetime(2026, 12, 1, 9, tzinfo=PARIS)
    transfer(invoice, "27.60", on=date(2026, 11, 30), at=receipt_at)
    assert [row[0] for row in due(NOVEMBER)] == ["30/11/2026"]
    (row,) = rows("tva-encaissements", DECEMBER)
    assert (row["TVA exigible"], row["TVA comptabilisée"], row["Base HT"]) == ("0,00", "0,57", "0,00")
    assert checks("tva-encaissements", NOVEMBER)[BOOKED] == ("0.00", "0.00")
    assert checks("tva-encaissements", DECEMBER)[BOOKED] == ("0.57", "0.57")


@pytest.mark.django_db
def test_what_is_known_only_once_its_month_is_signed_is_due_in_the_month_it_is_booked_in():
    make_offers(make_magazine())
    invoice = take().invoice
    before = rows("tva-encaissements", NOVEMBER)
    november = month_of(date(2026, 11, 1))
    PeriodClosing.objects.create(
        kind=november.kind, first_day=november.first_day, last_day=november.last_day, version=1, checks=[], figures={},
        sha256="0" * 64, signed_by=str(CLERK), reason="clos", at=datetime(2026, 12, 3, 9, tzinfo=PARIS),
    )  # fmt: skip
    transfer(invoice, "27.60", on=date(2026, 11, 30), at=datetime(2026, 12, 4, 9, tzinfo=PARIS))
    assert rows("tva-encaissements", NOVEMBER) == before, "a return that was made stays as it was made"
    assert due(DECEMBER) == [("04/12/2026", "Encaissement", "France métropolitaine", "2,10", "27,03", "0,57", "27,60")]
    assert differences(DECEMBER) == differences(NOVEMBER) == []


@pytest.mark.django_db
def test_what_nobody_sold_is_not_left_out():
    book("manual:1", on=TODAY, amount="0.57", debit="BANK", credit="VAT_2.10", journal="OD")
    (row,) = rows("tva-encaissements", NOVEMBER)
    assert (row["Nature"], row["Base HT"], row["TVA exigible"]) == ("Autre écriture", "0,00", "0,57")
    assert checks("tva-encaissements", NOVEMBER)[BOOKED] == ("0.57", "0.57")


@pytest.mark.django_db(transaction=True)
def test_rate_zero_has_a_base_and_the_words_of_its_exemption(offers, till, hear):
    abroad = replace(HOME, street="Rue du Rhône 12", postcode="1204", town="Genève", country="CH")
    order = place_order(make_wish(offers["automatic"], address=abroad), at=NOW)
    till.pay(open_page(order, at=NOW).checkout_url)
    hear()
    paid = Payment.objects.get(state="succeeded")
    (row,) = rows("tva-encaissements", Span(paid.received_on, paid.received_on))
    assert (row["Zone"], row["Taux (%)"], row["TVA exigible"]) == ("Reste du monde", "0,00", "0,00")
    assert row["Base HT"] == row["TTC"] == f"{order.amount.amount:.2f}".replace(".", ",")
    assert "262, I du CGI" in row["Exonération"]
