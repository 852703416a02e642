"""Whatever is typed, a label never overflows, never loses a letter or a figure, and is the same when typed again."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.addresses.abbreviations import STREET_KINDS, TITLES, shortened
from subscriptions.addresses.characters import capitals, harmless_start, printed
from subscriptions.addresses.check import check
from subscriptions.addresses.countries import deliverable_countries
from subscriptions.addresses.faults import AddressRefused
from subscriptions.addresses.label import PostalLabel, postal_label
from subscriptions.addresses.typed import TEXT_FIELDS, AddressKind, TypedAddress

COUNTRIES = [country.code for country in deliverable_countries()]

# What French people type, with what their keyboards, telephones and word processors add to it.
FRENCH = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789àâäçéèêëîïôöùûüÿñÀÂÇÉÈÊËÎÏÔÙÛÜŸœŒæÆß"
SIGNS = " -'’.,;:/()\"«»–\u00a0\u202f\t\n\u200b\u200f\u00ad"
words = st.text(FRENCH + SIGNS, max_size=11)
letters = st.text("abcdefghijklmnopqrstuvwxyzéèçœ -'", min_size=1, max_size=12).filter(lambda text: capitals(text))
postcodes = st.from_regex(r"(0[1-9]|[1-8][0-9]|9[0-5])[0-9]{3}", fullmatch=True)
anything = st.text(max_size=60)
addresses = st.builds(
    TypedAddress,
    kind=st.sampled_from(AddressKind),
    country=st.one_of(st.sampled_from(COUNTRIES), st.sampled_from(["FR", "FR", "", "QQ"])),
    **dict.fromkeys(TEXT_FIELDS, st.one_of(anything, words)),
)
french_addresses = st.builds(
    TypedAddress,
    **dict.fromkeys(("title", "first_name", "last_name", "flat", "building", "street", "locality"), words),
    postcode=postcodes,
    town=letters,
)


def only_letters_and_figures(text: str) -> str:
    """An independent reading of what must survive: letters without accents and figures, in capitals."""
    text = text.translate({ord("œ"): "oe", ord("Œ"): "OE", ord("æ"): "ae", ord("Æ"): "AE", ord("ß"): "SS"})
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(char for char in plain.upper() if char.isalnum())


def assert_can_be_printed(label: PostalLabel) -> None:
    assert len(label.slots) == 6
    assert label.lines == tuple(slot for slot in label.slots if slot)
    for line in label.printed_lines:
        assert 1 <= len(line) <= 38
        assert line == line.strip()
        assert line[0] not in "=+-@"
        assert line.isprintable()
        assert "  " not in line
        line.encode("cp1252")


@given(french_addresses)
def test_french_labels_hold_everything_in_six_lines(address: TypedAddress) -> None:
    label = postal_label(address)
    assert_can_be_printed(label)
    for slot in label.slots[3:]:
        assert re.fullmatch(r"([A-Z0-9]+( [A-Z0-9]+)*)?", slot)
    typed = [address.title, address.first_name, address.last_name, address.flat, address.building]
    typed += [address.street, address.locality, address.postcode, address.town]
    assert only_letters_and_figures("".join(label.lines)) == only_letters_and_figures("".join(typed))


@given(french_addresses)
def test_a_french_label_typed_again_is_the_same_label(address: TypedAddress) -> None:
    label = postal_label(address)
    name, flat, building, street, locality, place = label.slots
    again = TypedAddress(
        first_name=name,  # names are in capitals already
        flat=flat,
        building=building,
        street=street,
        locality=locality,
        postcode=place[:5],
        town=place[6:],
    )
    assert postal_label(again) == label


@given(st.text())
def test_both_alphabets_are_stable(text: str) -> None:
    assert capitals(capitals(text)) == capitals(text)
    assert re.fullmatch(r"([A-Z0-9]+( [A-Z0-9]+)*)?", capitals(text))
    assert printed(printed(text)) == printed(text)
    assert harmless_start(harmless_start(printed(text))) == harmless_start(printed(text))


@given(addresses)
def test_whatever_is_typed_gives_faults_or_a_label(address: TypedAddress) -> None:
    faults, label = check(address)
    assert (label is None) == bool(faults)
    assert len({fault.field for fault in faults}) == len(faults)
    for fault in faults:
        assert fault.field in {*TEXT_FIELDS, "country"}
        assert fault.sentence.endswith(".")
        assert "%(" not in fault.sentence
    if label is not None:
        assert_can_be_printed(label)
        assert postal_label(address) == label


@given(addresses)
def test_a_label_made_without_the_check_overflows_no_line_either(address: TypedAddress) -> None:
    try:
        label = postal_label(address)
    except AddressRefused:
        return
    assert_can_be_printed(label)


@given(addresses)
def test_an_address_comes_back_from_its_dictionary(address: TypedAddress) -> None:
    stored = address.to_dict()
    assert {type(value) for value in stored.values()} == {str}
    assert TypedAddress.from_dict(stored) == address


@pytest.mark.parametrize("kind", AddressKind)
def test_in_no_country_is_anything_typed_lost(kind: AddressKind) -> None:
    for country in COUNTRIES:
        assert_nothing_is_lost(country, kind)


def assert_nothing_is_lost(country: str, kind: AddressKind) -> None:
    address = TypedAddress(
        kind=kind,
        last_name="Quolu",
        organisation="Orbix" if kind is AddressKind.ORGANISATION else "",
        service="Svelt" if kind is AddressKind.ORGANISATION else "",
        flat="Fjord 2",
        street="Wampum 44",
        locality="Lyric",
        postcode="75011",
        town="Tymbo",
        country=country,
    )
    label = postal_label(address)
    assert_can_be_printed(label)
    block = " ".join(label.lines).upper()
    for word in filter(None, (address.last_name, address.organisation, address.service, address.town)):
        assert word.upper() in block
    assert "FJORD 2" in block
    assert "WAMPUM 44" in block
    assert "LYRIC" in block
    assert "75011" in re.sub(r"[ -]", "", block)


PHRASES = {**STREET_KINDS, **TITLES}
street_words = st.lists(
    st.one_of(st.sampled_from(sorted(PHRASES)), st.text("BCEKX", min_size=3, max_size=9)), max_size=9
)


def explains(short: list[str], full: list[str]) -> bool:
    """Whether each word of the short line is a word of the full one or the abbreviation of one phrase of it."""
    if not short or not full:
        return short == full
    if short[0] == full[0] and explains(short[1:], full[1:]):
        return True
    return any(
        short[0] == abbreviation and full[:count] == phrase.split() and explains(short[1:], full[count:])
        for phrase, abbreviation in PHRASES.items()
        for count in [len(phrase.split())]
    )


@given(street_words)
def test_abbreviating_replaces_known_words_only_and_no_more_than_needed(given_words: list[str]) -> None:
    street = " ".join(given_words)
    short = shortened(street, field="street", fits=38)
    assert explains(short.split(), street.split())
    if len(street) <= 38:
        assert short == street
    assert shortened(street, field="town", fits=38) == street
    assert shortened(short, field="street", fits=38) == short
