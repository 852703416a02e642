"""Sales to other states of the Union: what counts, who is told at which sum, and that nothing is sold beyond the limit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from payments.eu_meter import ALARM, read, watch
from payments.invoicing.issuing import LineDraft, credit_in_full
from payments.models import DeskItem
from payments.vat import INTRA_EU, VatTreatment, VatZone
from shop.configuration import refuse_one_stop_shop
from subscriptions.orders.quoting import NotForSale, quote, refuse_beyond_the_limit
from tests.documents.test_electronic import LIBRARY
from tests.letters.people import ACTOR, AT, ON, invoice_of, pay, place
from tests.makers import make_magazine, make_offers

pytestmark = pytest.mark.django_db
NEXT_YEAR = date(2028, 1, 2)


def sold(ttc: str, number: int = 1, **changes):
    order = place(number=number)
    return invoice_of(
        order, pay(order), **({"vat_zone": "EU", "lines": (LineDraft("ActuIA", Decimal(ttc)),)} | changes)
    )


def test_what_counts():
    invoice = sold("27.60", 1)
    sold("27.60", 2, vat_zone="FR_METRO")
    sold("27.60", 3, buyer=LIBRARY, vat_rate=Decimal("0.00"), legal_mention=INTRA_EU)
    sold("55.20", 4)
    assert read(ON).sold == Decimal("81.09")
    with transaction.atomic():
        credit_in_full(
            invoice, reason="rétractation", unserved_ht=Decimal("27.03"), on=date(2028, 1, 2), actor=ACTOR, at=AT
        )
    assert read(ON).sold == Decimal("54.06")
    meter = read(NEXT_YEAR)
    assert (meter.sold, meter.before, meter.left) == (Decimal(0), Decimal("54.06"), Decimal(10_000))


def test_alarms_come_once_each(settings):
    settings.EU_DISTANCE_LIMIT, settings.EU_DISTANCE_ALARMS = 100, [50, 90, 100]
    assert watch(on=ON, at=AT) == 0
    sold("55.20", 1)
    assert [watch(on=ON, at=AT), watch(on=ON, at=AT)] == [1, 1]
    DeskItem.objects.filter(kind=ALARM).update(closed_at=AT, closed_by="staff:7", closed_because="vu")
    sold("55.20", 2)
    assert watch(on=ON, at=AT) == 3
    assert sorted(DeskItem.objects.filter(kind=ALARM).values_list("subject", flat=True)) == [
        "eu-threshold:2027-100", "eu-threshold:2027-50", "eu-threshold:2027-90",
    ]  # fmt: skip
    assert "108,12\u00a0€ HT" in DeskItem.objects.get(subject="eu-threshold:2027-100").sentence


def ask(offer, country: str = "BE", postcode: str = "1000", on: date = date(2026, 11, 23)):
    return quote(offer, country=country, postcode=postcode, buyer_kind="consumer", on=on)


def test_orders_are_refused_beyond_the_limit_and_all_of_them_with_the_one_stop_shop(settings):
    """With it the rate of each destination is due, and the table has one row for the Union, ours."""
    offer = make_offers(make_magazine())["fixed"]
    settings.EU_DISTANCE_LIMIT = 32  # 33,60 € are 32,91 € without VAT
    with pytest.raises(NotForSale) as refused:
        ask(offer)
    assert refused.value.code == "eu_limit"
    assert ask(offer, "FR", "75004").vat.rate == Decimal("2.10")
    assert ask(offer, "CH", "1204").vat.rate == Decimal("0.00")
    settings.EU_DISTANCE_LIMIT = 33
    assert ask(offer).vat.rate == Decimal("2.10")
    settings.OSS_ENABLED_FROM = date(2026, 11, 24)
    assert ask(offer).vat.rate == Decimal("2.10")
    settings.OSS_ENABLED_FROM = date(2026, 11, 23)
    with pytest.raises(NotForSale) as refused:
        ask(offer)
    assert refused.value.code == "eu_closed"
    assert ask(offer, "FR", "75004").vat.rate == Decimal("2.10")


def test_the_shop_does_not_start_with_a_one_stop_shop_that_it_has_no_rates_for():
    assert refuse_one_stop_shop(None) is None
    with pytest.raises(ImproperlyConfigured, match="no VAT rates of other states"):
        refuse_one_stop_shop(date(2028, 1, 1))


def test_a_year_that_went_beyond_closes_the_next(settings):
    settings.EU_DISTANCE_LIMIT = 20
    sold("27.60")
    meter = read(NEXT_YEAR)
    assert (meter.sold, meter.left) == (Decimal(0), Decimal(0))
    assert not meter.takes(Decimal("0.01"), on=NEXT_YEAR)


def test_finance_hears_of_such_a_year_and_readers_are_not_told_to_come_back_in_january(settings):
    """Renewals are not refused, so a year can end beyond the limit."""
    settings.EU_DISTANCE_LIMIT, settings.EU_DISTANCE_ALARMS = 20, [1000]
    sold("27.60")
    assert watch(on=ON, at=AT) == 0
    assert [watch(on=NEXT_YEAR, at=AT), watch(on=NEXT_YEAR, at=AT)] == [1, 1]
    matter = DeskItem.objects.get(kind=ALARM)
    assert matter.subject == "eu-threshold:2028-before"
    assert matter.sentence.startswith(
        "Ventes à distance vers l’Union européenne en 2027 : 27,03\u00a0€ HT, plus que la limite de 20,00"
    )
    said = {}
    for day in (ON, NEXT_YEAR):
        with pytest.raises(NotForSale) as refused:
            refuse_beyond_the_limit(VatTreatment(VatZone.EU, Decimal("2.10"), ""), Decimal("33.60"), on=day)
        said[day] = (refused.value.code, "janvier" in refused.value.messages[0])
    assert said == {ON: ("eu_limit", True), NEXT_YEAR: ("eu_closed", False)}


def test_only_orders_to_the_union_cost_a_query(django_assert_num_queries, settings):
    offer = make_offers(make_magazine())["fixed"]
    with django_assert_num_queries(1):
        ask(offer, "FR", "75004")
    with django_assert_num_queries(2):
        ask(offer)
