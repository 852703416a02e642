"""The shelf: one query, the day's offers and prices, and a version that moves with whatever readers see."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.money import eur
from subscriptions.calendar import DeliveryZone, TermDates
from subscriptions.models import LegalText, Offer, Price
from subscriptions.offers.catalogue import read_shelf
from subscriptions.texts import load_texts
from tests.storefront.shelf import TODAY, stand


@pytest.fixture
def shelf_rows(db):
    return stand()


def test_the_whole_shelf_is_one_query(shelf_rows, django_assert_num_queries):
    with django_assert_num_queries(1):
        shelf = read_shelf(TODAY)
    assert shelf.magazine == shelf_rows.magazine
    assert [issue.number for issue in shelf.issues] == [23, 24, 25, 26, 27, 28]
    assert [offer.code for offer in shelf.offers] == ["un-an", "un-an-reconduit"]
    assert {text.code for text in shelf.texts} == {
        "cgv", "mentions-legales", "confidentialite", "accessibilite", "mandat", "retractation",
    }  # fmt: skip
    assert shelf.on_sale.number == 24


def test_what_an_offer_promises_today(shelf_rows):
    shelf = read_shelf(TODAY)
    standing = shelf.standing(shelf.offer("un-an"))
    assert standing.amount == eur("27.60")
    assert isinstance(standing.amount.amount, Decimal)
    assert standing.first_issue.number == 25
    assert standing.first_issue.post_on == date(2026, 12, 15)
    assert [issue.number for issue in standing.issues] == [25, 26, 27, 28]
    assert standing.term == TermDates(date(2026, 11, 23), date(2027, 11, 22), date(2027, 11, 23))
    zones = [(zone.value, price.amount.amount) for zone, price in shelf.zone_prices(standing.offer)]
    assert zones == [
        ("FR", Decimal("27.60")),
        ("DOM", Decimal("27.60")),
        ("EU", Decimal("33.60")),
        ("WORLD", Decimal("39.60")),
    ]
    assert shelf.standing(shelf.offer("un-an"), DeliveryZone.EU).amount == eur("33.60")


def test_nothing_is_promised_when_the_calendar_has_no_open_issue(shelf_rows):
    shelf = read_shelf(date(2027, 9, 2))
    assert shelf.standing(shelf.offer("un-an")) is None


def test_a_withdrawn_offer_and_an_ended_price_leave_the_shelf(shelf_rows):
    Offer.objects.filter(code="un-an").update(on_sale_to=TODAY)
    price = Price.objects.get(offer=shelf_rows.automatic, delivery_zone="EU")
    Price.objects.filter(pk=price.pk).update(valid_to=TODAY)
    shelf = read_shelf(TODAY)
    assert [offer.code for offer in shelf.offers] == ["un-an-reconduit"]
    assert shelf.offer("un-an") is None
    assert shelf.price(shelf_rows.automatic, "EU") is None
    assert read_shelf(TODAY - timedelta(days=1)).offer("un-an") is not None


def test_the_version_moves_with_all_that_is_shown_and_only_with_it(shelf_rows):
    seen = [read_shelf(TODAY).version]
    assert read_shelf(TODAY).version == seen[0]

    def moved() -> bool:
        seen.append(read_shelf(TODAY).version)
        return len(set(seen)) == len(seen)

    shelf_rows.issues[26].headline = "Autre chose"
    shelf_rows.issues[26].save()
    assert moved()
    shelf_rows.fixed.title = "Une année"
    shelf_rows.fixed.save()
    assert moved()
    Price.objects.filter(offer=shelf_rows.fixed, delivery_zone="FR").update(valid_to=TODAY)
    assert moved()
    Price.objects.create(offer=shelf_rows.fixed, delivery_zone="FR", amount=eur("29.00"), valid_from=TODAY)
    assert moved()
    LegalText.objects.create(
        code="cgv", version="autre", valid_from=TODAY, title="CGV", html="<p>autre</p>", sha256="0" * 64
    )
    assert moved()
    assert read_shelf(TODAY + timedelta(days=1)).version not in seen


def test_an_empty_database_gives_an_empty_shelf(db):
    shelf = read_shelf(TODAY)
    assert shelf.magazine is None
    assert shelf.offers == ()


class TestTexts:
    def test_loading_twice_changes_nothing(self, db):
        assert len(load_texts(TODAY)) == 6
        assert load_texts(TODAY + timedelta(days=3)) == []
        cgv = LegalText.objects.get(code="cgv")
        assert (cgv.version, cgv.valid_from) == ("2026-11", TODAY)
        assert "ActuIA Éditions" in cgv.html
        assert "Article L215-1." in cgv.html
        assert "sont productives d’intérêts au taux légal" in cgv.html
        assert "{{" not in cgv.html

    def test_a_new_telephone_number_is_a_new_version_and_the_old_one_stays(self, db, settings):
        load_texts(TODAY)
        old = settings.PUBLISHER
        settings.PUBLISHER = old | {"phone": "+33 1 99 00 00 00"}
        later = TODAY + timedelta(days=10)
        assert sorted(text.code for text in load_texts(later)) == ["accessibilite", "cgv", "mentions-legales"]
        assert list(LegalText.objects.filter(code="cgv").order_by("id").values_list("version", "valid_from")) == [
            ("2026-11", TODAY),
            ("2026-11.2", later),
        ]
        assert load_texts(later) == []
        settings.PUBLISHER = old
        load_texts(later + timedelta(days=1))
        assert LegalText.objects.filter(code="cgv").order_by("-id")[0].version == "2026-11.3"

    def test_the_hash_is_that_of_the_text(self, db):
        for text in load_texts(TODAY):
            assert hashlib.sha256(text.html.encode()).hexdigest() == text.sha256
