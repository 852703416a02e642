"""The countries offered, the fields their forms show, and where a copy really goes."""

from __future__ import annotations

import re

import pytest

from subscriptions.addresses.countries import country_line, country_name, deliverable_countries
from subscriptions.addresses.destination import Destination, destination
from subscriptions.addresses.fields import form_fields
from subscriptions.addresses.typed import AddressKind, TypedAddress
from tests.addresses.table import at

PERSON, ORGANISATION = AddressKind.PERSON, AddressKind.ORGANISATION


def test_countries_are_in_french_order() -> None:
    names = [country.name for country in deliverable_countries()]
    assert len(names) == len(set(names)) == 245
    assert names[:3] == ["Afghanistan", "Afrique du Sud", "Albanie"]
    assert names[-1] == "Zimbabwe"
    around_e = names[names.index("Dominique") : names.index("Espagne")]
    assert around_e == ["Dominique", "Égypte", "Émirats arabes unis", "Équateur", "Érythrée"]


def test_a_publisher_serves_what_it_lists_and_a_slip_is_not_swallowed() -> None:
    served = deliverable_countries(["CH", "FR", "BE"])
    assert [(country.code, country.name) for country in served] == [
        ("BE", "Belgique"),
        ("FR", "France"),
        ("CH", "Suisse"),
    ]
    with pytest.raises(ValueError, match="UK"):
        deliverable_countries(["FR", "UK"])
    assert deliverable_countries([]) == ()


def test_every_country_line_can_be_printed() -> None:
    for country in deliverable_countries():
        assert re.fullmatch(r"[A-Z ]{0,38}", country_line(country.code)), country
    assert country_line("FR") == country_line("MC") == country_line("NC") == ""
    assert country_line("gb") == country_line("XI") == "ROYAUME UNI"
    assert country_line("CI") == "COTE D IVOIRE"
    assert country_name("MM") == "Myanmar"
    assert country_name("AQ") == country_name("ZZ") == ""


def shown(country: str, kind: AddressKind = PERSON) -> list[str]:
    return [f"{field.name}{'*' if field.required else ''}" for field in form_fields(country, kind=kind)]


def labels(country: str) -> dict[str, str]:
    return {field.name: str(field.label) for field in form_fields(country, kind=PERSON)}


def test_fields_of_a_french_form() -> None:
    names = ["title", "first_name", "last_name*", "flat", "building", "street", "locality", "postcode*", "town*"]
    assert shown("FR") == shown("MC") == shown("RE") == ["country*", *names]
    with_organisation = ["country*", "organisation*", "service", "title", "first_name", "last_name"]
    assert shown("FR", ORGANISATION) == [*with_organisation, *names[3:]]
    assert labels("FR")["locality"] == "Hamlet (lieu-dit), BP, CS, TSA or military post"


@pytest.mark.parametrize(
    ("country", "places"),
    [
        ("GB", ["street*", "locality", "town*", "postcode*"]),
        ("IE", ["street*", "locality", "town*", "region", "postcode"]),
        ("US", ["street*", "locality", "town*", "region*", "postcode*"]),
        ("JP", ["street*", "locality", "region*", "postcode*"]),
        ("DE", ["street*", "locality", "postcode*", "town*"]),
        ("HK", ["street*", "locality", "town", "region*"]),
        ("QQ", ["street*", "locality", "postcode", "town*"]),
    ],
)
def test_places_in_the_order_of_the_country(country: str, places: list[str]) -> None:
    assert shown(country)[6:] == places


def test_names_of_fields_in_the_country() -> None:
    assert labels("IE")["postcode"] == "Eircode"
    assert labels("IE")["locality"] == "Townland or P.O. box"
    assert labels("US")["postcode"] == "ZIP code"
    assert labels("US")["region"] == "State"
    assert labels("JP")["region"] == "Prefecture"
    assert labels("GB")["town"] == "Post town"
    assert labels("IN")["postcode"] == "PIN code"


def test_regions_to_choose_from_read_in_latin_letters() -> None:
    def regions(country: str) -> dict[str, str]:
        return {value: text for f in form_fields(country, kind=PERSON) for value, text in f.choices}

    assert regions("US")["CA"] == "California"
    assert regions("JP")["東京都"] == "Tokyo"
    assert len(regions("JP")) == 47
    assert regions("FR") == {}


def test_browsers_can_fill_the_form_in() -> None:
    tokens = {field.name: field.autocomplete for field in form_fields("US", kind=ORGANISATION)}
    assert tokens["last_name"] == "family-name"
    assert tokens["postcode"] == "postal-code"
    assert tokens["region"] == "address-level1"
    filled = [token for token in tokens.values() if token]
    assert len(filled) == len(set(filled))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (at("2 rue Haute", "44 000", "Nantes"), ("FR", "44000")),
        (at("2 rue Haute", "20200", "Bastia"), ("FR", "20200")),
        (at("2 rue Haute", "97400", "Saint-Denis"), ("RE", "97400")),
        (at("CS 21015", "97744", "Saint-Denis Cedex 9"), ("RE", "97744")),
        (at("CS 1", "97867", "Saint-Paul Cedex"), ("RE", "97867")),
        (at("2 rue Haute", "97133", "Gustavia"), ("BL", "97133")),
        (at("2 rue Haute", "97150", "Marigot", country="MF"), ("MF", "97150")),
        (at("2 rue Haute", "97100", "Basse-Terre"), ("GP", "97100")),
        (at("2 rue Haute", "98000", "Monaco"), ("MC", "98000")),
        (at("SP 85008", "00819", "Armées"), ("FR", "00819")),
        (at("1 High Street", "bt15gs", "Belfast", country="gb"), ("XI", "BT1 5GS")),
        (at("1 High Street", "sw1a2aa", "London", country="GB"), ("GB", "SW1A 2AA")),
        (at("Hauptstraße 5", "D-50667", "Köln", country="DE"), ("DE", "50667")),
        (at("x", "", "y", country="QQ"), ("QQ", "")),
    ],
)
def test_destination(address: TypedAddress, expected: tuple[str, str]) -> None:
    assert destination(address) == Destination(*expected)


def test_a_stored_address_that_does_not_fit_is_seen() -> None:
    assert TypedAddress.from_dict({"last_name": "Ba", "kind": "organisation"}) == TypedAddress(
        kind=AddressKind.ORGANISATION, last_name="Ba"
    )
    with pytest.raises(ValueError, match="stret"):
        TypedAddress.from_dict({"stret": "x"})
    with pytest.raises(ValueError, match="robot"):
        TypedAddress.from_dict({"kind": "robot"})
    with pytest.raises(TypeError, match="town"):
        TypedAddress.from_dict({"town": 5})
