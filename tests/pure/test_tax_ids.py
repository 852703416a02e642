"""SIREN, SIRET and VAT numbers."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.tax_ids import (
    TaxIdRefused,
    check_eu_vat,
    check_french_vat,
    check_siren,
    check_siret,
    french_vat_of_siren,
    siren_of_siret,
    vat_state,
)


@pytest.mark.parametrize(
    ("check", "typed", "number"),
    [
        (check_siren, "552008443", "552008443"),
        (check_siren, " 552 008 443 ", "552008443"),
        (check_siren, "552.008.443", "552008443"),
        (check_siren, "552\u00a0008\u00a0443", "552008443"),
        (check_siret, "732 829 320 00074", "73282932000074"),
        (check_siret, "35600000000048", "35600000000048"),  # head office of La Poste
        (check_siret, "35600000049837", "35600000049837"),  # one of its offices: digits add up to a multiple of 5
        (check_french_vat, "fr 40 303 265 045", "FR40303265045"),
        (check_french_vat, "40303265045", "FR40303265045"),
        (check_french_vat, "FR K7 399 859 412", "FRK7399859412"),
        (check_eu_vat, "FR40303265045", "FR40303265045"),
        (check_eu_vat, "be 697.449.992", "BE0697449992"),
        (check_eu_vat, "DE 136 695 976", "DE136695976"),
        (check_eu_vat, "EL 094259216", "EL094259216"),
        (check_eu_vat, "GR094259216", "EL094259216"),
        (check_eu_vat, "XI 432 5251 79", "XI432525179"),
        (check_eu_vat, "NL4495445B01", "NL004495445B01"),
        (check_eu_vat, "ATU 57194903", "ATU57194903"),
        (check_eu_vat, "IT 00743110157", "IT00743110157"),
    ],
)
def test_numbers_are_normalised(check: Callable[[str], str], typed: str, number: str) -> None:
    assert check(typed) == number
    assert check(check(typed)) == number


@pytest.mark.parametrize(
    ("check", "typed", "word"),
    [
        (check_siren, "552008444", "SIREN"),
        (check_siren, "55200844", "SIREN"),
        (check_siren, "000000000", "SIREN"),
        (check_siren, "", "SIREN"),
        (check_siren, "55200844É", "SIREN"),
        (check_siren, "٥٥٢٠٠٨٤٤٣", "SIREN"),
        (check_siren, "73282932000074", "SIREN"),
        (check_siret, "73282932000079", "SIRET"),
        (check_siret, "732829320", "SIRET"),
        (check_siret, "00000000000000", "SIRET"),
        (check_siret, "35600000049838", "SIRET"),
        (check_french_vat, "FR41303265045", "French VAT"),
        (check_french_vat, "FRIO334175221", "French VAT"),
        (check_french_vat, "", "French VAT"),
        (check_eu_vat, "FR41303265045", "French VAT"),
        (check_eu_vat, "BE0697449993", "VAT number"),
        (check_eu_vat, "DE136695977", "VAT number"),
        (check_eu_vat, "BE", "VAT number"),
        (check_eu_vat, "GB432525179", "two letters"),
        (check_eu_vat, "CHE107787577", "two letters"),
        (check_eu_vat, "EU372022452", "two letters"),
        (check_eu_vat, "IM3720000224", "two letters"),
        (check_eu_vat, "136695976", "two letters"),
        (check_eu_vat, "", "two letters"),
    ],
)
def test_wrong_numbers_get_a_sentence(check: Callable[[str], str], typed: str, word: str) -> None:
    with pytest.raises(TaxIdRefused) as caught:
        check(typed)
    assert word in caught.value.messages[0]


def test_the_vat_number_follows_from_the_siren() -> None:
    assert french_vat_of_siren("404 833 048") == "FR83404833048"
    assert siren_of_siret(check_siret("73282932000074")) == "732829320"
    with pytest.raises(TaxIdRefused, match="SIREN"):
        french_vat_of_siren("404833049")


def test_the_state_of_a_number() -> None:
    assert vat_state(check_eu_vat("GR094259216")) == "EL"
    assert vat_state(check_french_vat("40303265045")) == "FR"


def siren_with_key(eight: int) -> str:
    """A SIREN by the Luhn rule, worked out here independently of the library."""
    digits = [int(character) for character in f"{eight:08d}"]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits)]
    return f"{eight:08d}{-sum(doubled) % 10}"


@given(st.integers(min_value=10_000_000, max_value=99_999_999))
def test_every_siren_gives_a_vat_number_that_checks(eight: int) -> None:
    siren = siren_with_key(eight)
    assert check_siren(siren) == siren
    number = french_vat_of_siren(siren)
    assert check_french_vat(number) == check_eu_vat(number) == number
    assert number.endswith(siren)


@given(st.integers(min_value=10_000_000, max_value=99_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(eight: int, place: int, shift: int) -> None:
    siren = siren_with_key(eight)
    wrong = siren[:place] + str((int(siren[place]) + shift) % 10) + siren[place + 1 :]
    with pytest.raises(TaxIdRefused):
        check_siren(wrong)


@given(st.text(max_size=30))
def test_no_text_breaks_a_check(text: str) -> None:
    for check in (check_siren, check_siret, check_french_vat, check_eu_vat):
        with suppress(TaxIdRefused):
            assert check(text).isascii()
