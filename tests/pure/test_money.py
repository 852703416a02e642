"""Amounts: in, rounded once, out."""

from decimal import Decimal, localcontext

import pytest
from djmoney.money import Money
from hypothesis import given
from hypothesis import strategies as st

from payments.money import NotAnAmount, amount_of, eur, french, from_cents, parse_french, round_cents, to_cents

CENTS = st.integers(min_value=-999_999_999_999, max_value=999_999_999_999)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("27.604", "27.60"),
        ("27.605", "27.61"),  # half-even would give 27.60
        ("27.615", "27.62"),
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("-27.605", "-27.61"),
        ("-0.004", "0.00"),
        ("27", "27.00"),
    ],
)
def test_rounds_half_up_away_from_zero(value: str, rounded: str) -> None:
    assert str(round_cents(Decimal(value))) == rounded


@pytest.mark.parametrize("value", [27.6, 27, True, "27.60", None])
def test_rounding_takes_nothing_but_decimals(value: object) -> None:
    with pytest.raises(TypeError):
        round_cents(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_rounding_refuses_what_is_no_number(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        round_cents(Decimal(value))


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("27.60", "27.60"),
        ("27.605", "27.61"),
        (27, "27.00"),
        (0, "0.00"),
        (-3, "-3.00"),
        (Decimal("27.6"), "27.60"),
        (Money("27.605", "EUR"), "27.61"),
    ],
)
def test_eur_takes_decimals_whole_numbers_and_machine_strings(value: Decimal | int | str, amount: str) -> None:
    money = eur(value)
    assert (str(money.amount), str(money.currency)) == (amount, "EUR")


@pytest.mark.parametrize("value", [27.6, 0.0, True, False, None, b"27"])
def test_eur_refuses_floats_and_booleans(value: object) -> None:
    with pytest.raises(TypeError):
        eur(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", " ", "27,60", "27.60 ", "1_000", "1e3", "NaN", "١٢", "+5", ".5", "5."])
def test_eur_refuses_strings_that_are_not_in_machine_form(value: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        eur(value)


def test_other_currencies_are_refused_everywhere() -> None:
    dollars = Money("27.60", "USD")
    for door in (eur, amount_of, to_cents, french):
        with pytest.raises(ValueError, match="USD"):
            door(dollars)


@given(CENTS)
def test_cents_go_to_stripe_and_come_back(cents: int) -> None:
    assert to_cents(from_cents(cents)) == cents
    assert from_cents(cents) == eur(str(Decimal(cents) / 100))
    assert from_cents(cents).amount.as_tuple().exponent == -2


def test_cents_of_the_subscription() -> None:
    assert to_cents(eur("27.60")) == 2760
    assert to_cents(Decimal("27.6")) == 2760
    assert str(from_cents(2760).amount) == "27.60"
    assert str(from_cents(5).amount) == "0.05"


def test_a_fraction_of_a_cent_never_reaches_stripe() -> None:
    with pytest.raises(ValueError, match="whole cents"):
        to_cents(Decimal("27.605"))
    with pytest.raises(ValueError, match="whole cents"):
        to_cents(Money("27.605", "EUR"))


@pytest.mark.parametrize("value", [27.6, 2760, True])
def test_only_money_and_decimals_become_cents(value: object) -> None:
    with pytest.raises(TypeError):
        to_cents(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [27.6, 27, "27.60", None])
def test_only_money_and_decimals_have_an_amount(value: object) -> None:
    with pytest.raises(TypeError):
        amount_of(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        french(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [27.6, True, "2760", Decimal(2760)])
def test_only_whole_numbers_are_cents(value: object) -> None:
    with pytest.raises(TypeError):
        from_cents(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("27.60", "27,60\u00a0€"),
        ("0", "0,00\u00a0€"),
        ("1234.5", "1\u00a0234,50\u00a0€"),
        ("1234567.89", "1\u00a0234\u00a0567,89\u00a0€"),
        ("-27.60", "-27,60\u00a0€"),
        ("-1234.5", "-1\u00a0234,50\u00a0€"),
    ],
)
def test_french_prints_a_comma_and_no_break_spaces(value: str, text: str) -> None:
    assert french(eur(value)) == text
    assert french(Decimal(value)) == text
    text.encode("windows-1252")


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("27,60", "27.60"),
        ("27,6", "27.60"),
        ("27", "27.00"),
        ("27.60", "27.60"),
        (" 27,60 € ", "27.60"),
        ("27,60€", "27.60"),
        ("27,60 EUR", "27.60"),
        ("27 euros", "27.00"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50\u00a0€", "1234.50"),
        ("1\u202f234\u202f567,89", "1234567.89"),
        ("1234,5", "1234.50"),
        ("-3,50", "-3.50"),
        ("\u22123,50", "-3.50"),
        ("0,00", "0.00"),
        ("007", "7.00"),
    ],
)
def test_parse_french_reads_what_people_type(typed: str, amount: str) -> None:
    assert str(parse_french(typed).amount) == amount


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "€",
        "vingt-sept",
        "27,605",
        "27,",
        ",60",
        "27,60,10",
        "1.234",
        "1,234",
        "1.234,56",
        "1,234.56",
        "12 34,50",
        "1 2345",
        "1234 567",
        "27,60 $",
        "27,60 USD",
        "--3",
        "3-",
        "+3",
        "1e3",
        "1_000",
        "٢٧",
        "²7",
        "NaN",
        "12345678901",
        "12 345 678 901",
        "27 , 60",
        "27,60\n28",
    ],
)
def test_parse_french_refuses_what_is_not_an_amount(typed: str) -> None:
    with pytest.raises(NotAnAmount) as caught:
        parse_french(typed)
    assert caught.value.code == "not_an_amount"
    assert typed.strip()[:40] in caught.value.messages[0]


def test_a_very_long_text_is_not_printed_back_whole() -> None:
    with pytest.raises(NotAnAmount) as caught:
        parse_french("9" * 5000)
    assert len(caught.value.messages[0]) < 140


@given(CENTS)
def test_what_we_print_can_be_typed_again(cents: int) -> None:
    assert parse_french(french(from_cents(cents))) == from_cents(cents)


@given(CENTS)
def test_a_narrow_decimal_context_elsewhere_does_not_change_amounts(cents: int) -> None:
    plain = french(from_cents(cents))
    with localcontext() as context:
        context.rounding = "ROUND_DOWN"
        assert french(from_cents(cents)) == plain
