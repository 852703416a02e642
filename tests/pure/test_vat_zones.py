"""Which zone, which rate, which mention (law.md 1.3, 1.4)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.territories import UnknownTerritory, VatZone, territories_of_postcode, zone_of
from payments.vat import SEED_RATES, BuyerKind, NoRate, RateRow, VatTreatment, rate_for, treatment

TODAY = date(2026, 11, 23)
EXPORT = "Exonération de TVA – art. 262, I du CGI"
OVERSEAS = "Exonération de TVA – art. 294, 2 et 262, I du CGI"
INTRA_EU = "Exonération de TVA – art. 262 ter, I du CGI"


@pytest.mark.parametrize(
    ("country", "postcode", "zone"),
    [
        ("FR", "75011", "FR_METRO"),
        ("fr", " 75 011 ", "FR_METRO"),
        ("FR", "01000", "FR_METRO"),
        ("FR", "95880", "FR_METRO"),
        ("FR", "00600", "FR_METRO"),  # army post
        ("FR", "19100", "FR_METRO"),
        ("FR", "21000", "FR_METRO"),
        ("FR", "20000", "CORSICA"),
        ("FR", "20137", "CORSICA"),
        ("FR", "20600", "CORSICA"),
        ("FR", "98000", "MONACO"),
        ("MC", "98000", "MONACO"),
        ("MC", "", "MONACO"),
        ("FR", "97100", "DOM_105"),
        ("FR", "97132", "DOM_105"),
        ("FR", "97134", "DOM_105"),
        ("FR", "97200", "DOM_105"),
        ("FR", "97490", "DOM_105"),
        ("GP", "97110", "DOM_105"),
        ("MQ", "97200", "DOM_105"),
        ("RE", "", "DOM_105"),
        ("FR", "97300", "DOM_EXEMPT"),
        ("FR", "97600", "DOM_EXEMPT"),
        ("GF", "97300", "DOM_EXEMPT"),
        ("YT", "97600", "DOM_EXEMPT"),
        ("FR", "97133", "EXPORT_TERRITORY"),
        ("GP", "97133", "EXPORT_TERRITORY"),
        ("BL", "97133", "EXPORT_TERRITORY"),
        ("FR", "97150", "EXPORT_TERRITORY"),
        ("MF", "97150", "EXPORT_TERRITORY"),
        ("FR", "97500", "EXPORT_TERRITORY"),
        ("PM", "97500", "EXPORT_TERRITORY"),
        # CEDEX codes: of La Réunion, and of three islands of which only one is taxed.
        ("FR", "97743", "DOM_105"),
        ("FR", "97801", "DOM_105"),
        ("RE", "97743", "DOM_105"),
        ("BL", "97095", "EXPORT_TERRITORY"),
        ("MF", "97052", "EXPORT_TERRITORY"),
        ("GP", "97052", "DOM_105"),
        ("FR", "97095", "DOM_105"),  # not certain, so not exempt
        ("BL", "97100", "EXPORT_TERRITORY"),
        ("MQ", "97600", "DOM_EXEMPT"),  # the postcode wins over a wrong choice in the list
        ("FR", "98713", "EXPORT_TERRITORY"),
        ("PF", "98713", "EXPORT_TERRITORY"),
        ("FR", "98800", "EXPORT_TERRITORY"),
        ("NC", "98800", "EXPORT_TERRITORY"),
        ("FR", "98600", "EXPORT_TERRITORY"),
        ("WF", "98600", "EXPORT_TERRITORY"),
        ("FR", "98413", "EXPORT_TERRITORY"),
        ("TF", "98413", "EXPORT_TERRITORY"),
        ("BE", "1000", "EU"),
        ("DE", "10115", "EU"),
        ("GR", "105 57", "EU"),
        ("EL", "105 57", "EU"),
        ("IE", "D02 X285", "EU"),
        ("PT", "9000-001", "EU"),  # Madeira is inside
        ("XI", "BT1 1AA", "EU"),
        ("GB", "bt1 1aa", "EU"),
        ("UK", "BT1 1AA", "EU"),
        ("GB", "SW1A 1AA", "WORLD"),
        ("CH", "1201", "WORLD"),
        ("US", "10001", "WORLD"),
        ("AD", "AD500", "WORLD"),
        ("GG", "GY1 1AA", "WORLD"),
        ("AX", "22100", "WORLD"),
        ("FI", "22100", "WORLD"),
        ("FI", "00100", "EU"),
        ("ES", "35001", "WORLD"),
        ("ES", "38001", "WORLD"),
        ("ES", "51001", "WORLD"),
        ("ES", "52001", "WORLD"),
        ("ES", "28013", "EU"),
        ("DE", "78266", "WORLD"),
        ("DE", "27498", "WORLD"),
        ("IT", "23041", "WORLD"),
        ("IT", "00184", "EU"),
    ],
)
def test_zone_of_a_delivery_address(country: str, postcode: str, zone: str) -> None:
    assert zone_of(country, postcode) == zone


def test_all_twenty_six_other_member_states_are_in_the_union() -> None:
    states = "ATBEBGCYCZDEDKEEESFIGRHRHUIEITLTLULVMTNLPLPTROSESISK"
    assert len(states) == 52
    assert {zone_of(states[place : place + 2], "") for place in range(0, 52, 2)} == {VatZone.EU}


@pytest.mark.parametrize(
    "postcode", ["", "7501", "750110", "7501A", "٧٥٠١١", "96000", "99100", "97900", "98100", "98900"]
)
def test_a_french_postcode_that_does_not_exist_gets_a_sentence(postcode: str) -> None:
    with pytest.raises(UnknownTerritory) as caught:
        zone_of("FR", postcode)
    assert "postcode" in caught.value.messages[0]


@pytest.mark.parametrize("country", ["", "F", "FRA", "France", "12", "é!"])
def test_a_country_that_is_no_code_gets_a_sentence(country: str) -> None:
    with pytest.raises(UnknownTerritory, match="country"):
        zone_of(country, "75011")


def test_a_postcode_tells_its_territories_the_likeliest_first() -> None:
    assert territories_of_postcode("75011") == ("FR",)
    assert territories_of_postcode("20137") == ("FR",)
    assert territories_of_postcode("00819") == ("FR",)
    assert territories_of_postcode("97110") == ("GP", "BL", "MF")
    assert territories_of_postcode("97133") == ("BL",)
    assert territories_of_postcode("98000") == ("MC",)
    assert territories_of_postcode("96000") == ()


def test_a_parisian_postcode_does_not_belong_to_guadeloupe() -> None:
    with pytest.raises(UnknownTerritory) as caught:
        zone_of("GP", "75011")
    assert "75011" in caught.value.messages[0]


@given(st.integers(min_value=0, max_value=99_999))
def test_every_french_postcode_has_one_zone_or_a_sentence(number: int) -> None:
    postcode = f"{number:05d}"
    try:
        zone = zone_of("FR", postcode)
    except UnknownTerritory:
        assert postcode[:2] in {"96", "97", "98", "99"}
    else:
        assert zone not in {VatZone.EU, VatZone.WORLD}
        assert (zone == VatZone.CORSICA) == postcode.startswith("20")


@pytest.mark.parametrize(
    ("zone", "rate", "mention"),
    [
        (VatZone.FR_METRO, "2.10", ""),
        (VatZone.CORSICA, "2.10", ""),
        (VatZone.MONACO, "2.10", ""),
        (VatZone.DOM_105, "1.05", ""),
        (VatZone.DOM_EXEMPT, "0.00", OVERSEAS),
        (VatZone.EXPORT_TERRITORY, "0.00", EXPORT),
        (VatZone.EU, "2.10", ""),
        (VatZone.WORLD, "0.00", EXPORT),
    ],
)
def test_a_consumer_in_each_zone(zone: VatZone, rate: str, mention: str) -> None:
    found = treatment(zone=zone, buyer_kind=BuyerKind.CONSUMER, vat_number_valid=False, on=TODAY, rows=SEED_RATES)
    assert found == VatTreatment(zone, Decimal(rate), mention)


def test_every_zone_has_a_seed_and_the_table_accepts_it() -> None:
    assert {row.zone for row in SEED_RATES} == set(VatZone.values)
    for row in SEED_RATES:
        assert row.rate > 0 or row.legal_mention
        assert len(row.zone) <= 20
        assert len(row.source) <= 200
        assert len(row.legal_mention) <= 200


@pytest.mark.parametrize("kind", list(BuyerKind.values))
@pytest.mark.parametrize("valid", [True, False])
def test_only_an_eu_firm_with_a_stored_valid_answer_is_exempt(kind: str, valid: bool) -> None:
    found = treatment(zone=VatZone.EU, buyer_kind=kind, vat_number_valid=valid, on=TODAY, rows=SEED_RATES)
    if kind == "pro_eu" and valid:
        assert found == VatTreatment(VatZone.EU, Decimal("0.00"), INTRA_EU)
    else:
        assert found == VatTreatment(VatZone.EU, Decimal("2.10"), "")


@pytest.mark.parametrize("zone", [zone for zone in VatZone if zone != VatZone.EU])
def test_a_vat_number_changes_nothing_outside_the_union(zone: VatZone) -> None:
    with_number = treatment(zone=zone, buyer_kind="pro_eu", vat_number_valid=True, on=TODAY, rows=SEED_RATES)
    assert with_number == treatment(zone=zone, buyer_kind="consumer", vat_number_valid=False, on=TODAY, rows=SEED_RATES)


def test_the_words_that_tables_hold_are_fixed() -> None:
    assert BuyerKind.values == ["consumer", "pro_fr", "public_fr", "assoc", "pro_eu", "pro_row"]
    assert VatZone.values == [
        "FR_METRO",
        "CORSICA",
        "MONACO",
        "DOM_105",
        "DOM_EXEMPT",
        "EXPORT_TERRITORY",
        "EU",
        "WORLD",
    ]


def test_seed_rates_hold_from_the_first_sale_the_shop_may_import() -> None:
    assert {(row.valid_from, row.valid_to) for row in SEED_RATES} == {(date(2014, 1, 1), None)}


def row(rate: str, start: date, end: date | None) -> RateRow:
    return RateRow("FR_METRO", "press_print", Decimal(rate), start, end, "test")


def test_a_rate_holds_on_both_of_its_days() -> None:
    rows = [
        row("2.10", date(2026, 1, 1), date(2026, 12, 31)),
        row("2.50", date(2027, 1, 1), None),
    ]
    days = {
        date(2026, 1, 1): "2.10",
        date(2026, 12, 31): "2.10",
        date(2027, 1, 1): "2.50",
        date(2040, 2, 29): "2.50",
    }
    for on, rate in days.items():
        assert str(rate_for(rows, zone=VatZone.FR_METRO, on=on).rate) == rate
        assert rate_for(reversed(rows), zone=VatZone.FR_METRO, on=on) == rate_for(rows, zone=VatZone.FR_METRO, on=on)


def test_of_two_open_rates_the_later_one_holds() -> None:
    rows = [row("2.50", date(2027, 1, 1), None), row("2.10", date(2026, 1, 1), None)]
    assert rate_for(rows, zone=VatZone.FR_METRO, on=date(2027, 6, 1)).rate == Decimal("2.50")
    assert rate_for(rows, zone=VatZone.FR_METRO, on=date(2026, 6, 1)).rate == Decimal("2.10")


def test_a_day_zone_or_category_without_a_rate_is_an_error_and_never_zero() -> None:
    rows = [row("2.10", date(2026, 1, 1), date(2026, 12, 31))]
    with pytest.raises(NoRate, match="2025-12-31"):
        rate_for(rows, zone=VatZone.FR_METRO, on=date(2025, 12, 31))
    with pytest.raises(NoRate, match="2027-01-01"):
        rate_for(rows, zone=VatZone.FR_METRO, on=date(2027, 1, 1))
    with pytest.raises(NoRate, match="CORSICA"):
        rate_for(rows, zone=VatZone.CORSICA, on=TODAY)
    with pytest.raises(NoRate, match="press_digital"):
        rate_for(rows, zone=VatZone.FR_METRO, category="press_digital", on=TODAY)
    with pytest.raises(NoRate):
        treatment(zone=VatZone.WORLD, buyer_kind="consumer", vat_number_valid=False, on=TODAY, rows=rows)
