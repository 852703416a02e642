"""How amounts split: the tables of law.md 1.6 and 6.3 exactly, and what holds for any amount."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.vat import SplitLine, copies_value, ht_left, split, split_lines, ttc_left

PRESS = Decimal("2.10")
OVERSEAS = Decimal("1.05")
RATES = st.sampled_from([Decimal(rate) for rate in ("0", "1.05", "2.10", "5.50", "8.50", "10.00", "20.00", "25.50")])
CENTS = st.integers(min_value=0, max_value=10_000_000)
SIGNED = st.integers(min_value=-10_000_000, max_value=10_000_000)


def euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2).quantize(Decimal("0.01"))


def within_its_total(line: SplitLine) -> bool:
    """HT and VAT have the sign of TTC, or are nothing."""
    return line.ht * line.ttc >= 0 and line.vat * line.ttc >= 0 and abs(line.ht) <= abs(line.ttc)


@pytest.mark.parametrize(
    ("ttc", "rate", "ht", "vat"),
    [
        ("27.60", "2.10", "27.03", "0.57"),
        ("27.60", "1.05", "27.31", "0.29"),
        ("27.60", "0", "27.60", "0.00"),
        ("27.60", "20", "23.00", "4.60"),
        ("6.90", "2.10", "6.76", "0.14"),
        ("13.80", "2.10", "13.52", "0.28"),
        ("20.70", "2.10", "20.27", "0.43"),
        ("55.20", "2.10", "54.06", "1.14"),
        ("82.80", "2.10", "81.10", "1.70"),
        ("276.00", "2.10", "270.32", "5.68"),
        ("2760.00", "2.10", "2703.23", "56.77"),
        ("-27.60", "2.10", "-27.03", "-0.57"),
        ("0.00", "2.10", "0.00", "0.00"),
    ],
)
def test_the_table_of_the_law_page(ttc: str, rate: str, ht: str, vat: str) -> None:
    assert tuple(map(str, split(Decimal(ttc), Decimal(rate)))) == (ht, vat)


@given(SIGNED, RATES)
def test_ht_is_the_exact_quotient_rounded_half_up(cents: int, rate: Decimal) -> None:
    ht, vat = split(euros(cents), rate)
    exact = Fraction(abs(cents) * 100) / (100 + Fraction(rate))
    nearest = int(exact + Fraction(1, 2))
    assert ht == euros(nearest if cents >= 0 else -nearest)
    assert ht + vat == euros(cents)
    assert abs(vat) <= abs(euros(cents))


@given(CENTS, RATES)
def test_a_credit_note_mirrors_its_invoice(cents: int, rate: Decimal) -> None:
    ht, vat = split(euros(cents), rate)
    assert split(-euros(cents), rate) == (-ht, -vat)


def test_a_split_refuses_floats_fractions_of_cents_and_negative_rates() -> None:
    with pytest.raises(TypeError):
        split(27.60, PRESS)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        split(Decimal("27.60"), 2.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        split(Decimal("27.60"), 20)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="whole cents"):
        split(Decimal("27.605"), PRESS)
    with pytest.raises(ValueError, match="negative"):
        split(Decimal("27.60"), Decimal("-2.10"))


def test_three_subscriptions_on_three_lines_are_81_10_and_not_81_09() -> None:
    lines = split_lines([Decimal("27.60")] * 3, PRESS)
    assert [str(line.ht) for line in lines] == ["27.04", "27.03", "27.03"]
    assert [str(line.vat) for line in lines] == ["0.56", "0.57", "0.57"]


def test_the_missing_cent_goes_to_the_largest_line() -> None:
    # Alone: 27.03, 81.10 and 6.76 make 114.89; the group of 117.30 is 114.89 too.
    assert [str(line.ht) for line in split_lines([Decimal("27.60"), Decimal("82.80"), Decimal("6.90")], PRESS)] == [
        "27.03",
        "81.10",
        "6.76",
    ]
    # Alone 54.06 + 27.03 = 81.09; the group of 82.80 is 81.10: the cent goes to 55.20, wherever it stands.
    assert [str(line.ht) for line in split_lines([Decimal("27.60"), Decimal("55.20")], PRESS)] == ["27.03", "54.07"]
    assert [str(line.ht) for line in split_lines([Decimal("55.20"), Decimal("27.60")], PRESS)] == ["54.07", "27.03"]


def test_ten_lines_share_the_missing_cents_one_each() -> None:
    lines = split_lines([Decimal("27.60")] * 10, PRESS)
    assert [str(line.ht) for line in lines] == ["27.04"] * 2 + ["27.03"] * 8
    assert sum(line.ht for line in lines) == Decimal("270.32")


def test_a_line_never_gets_a_cent_that_would_exceed_its_own_total() -> None:
    # The discount of 0.24 is the largest line, and already all HT: a cent more would make its VAT change sign.
    lines = split_lines([Decimal("-0.24"), Decimal("0.23"), Decimal("0.23"), Decimal("0.23")], PRESS)
    assert [str(line.ht) for line in lines] == ["-0.24", "0.22", "0.23", "0.23"]
    assert [str(line.vat) for line in lines] == ["0.00", "0.01", "0.00", "0.00"]


def test_a_line_may_give_its_whole_vat_to_the_missing_cent() -> None:
    # Alone three times 0.24; the group of 0.75 is 0.73.
    lines = split_lines([Decimal("0.25")] * 3, PRESS)
    assert [str(line.ht) for line in lines] == ["0.25", "0.24", "0.24"]
    assert [str(line.vat) for line in lines] == ["0.00", "0.01", "0.01"]


def test_no_lines_split_into_nothing() -> None:
    assert split_lines([], PRESS) == ()


@given(st.lists(SIGNED, max_size=40), RATES)
def test_lines_add_up_to_their_group(cents: list[int], rate: Decimal) -> None:
    ttcs = [euros(value) for value in cents]
    lines = split_lines(ttcs, rate)
    ht, vat = split(sum(ttcs, Decimal("0.00")), rate)
    assert sum(line.ht for line in lines) == ht
    assert sum(line.vat for line in lines) == vat
    for ttc, line in zip(ttcs, lines, strict=True):
        assert line.ttc == ttc == line.ht + line.vat
        assert abs(line.ht - split(ttc, rate)[0]) <= Decimal("0.01")
        assert within_its_total(line)


@given(st.lists(st.integers(min_value=-60, max_value=60), max_size=60), RATES)
def test_many_tiny_lines_add_up_too(cents: list[int], rate: Decimal) -> None:
    ttcs = [euros(value) for value in cents]
    lines = split_lines(ttcs, rate)
    assert sum(line.ht for line in lines) == split(sum(ttcs, Decimal("0.00")), rate)[0]
    assert all(within_its_total(line) for line in lines)


def test_the_price_and_value_left_after_each_copy() -> None:
    price = [str(ttc_left(Decimal("27.60"), copies=4, served=served)) for served in range(5)]
    value = [str(ht_left(Decimal("27.60"), copies=4, served=served, rate=PRESS)) for served in range(5)]
    assert price == ["27.60", "20.70", "13.80", "6.90", "0.00"]
    assert value == ["27.03", "20.27", "13.52", "6.76", "0.00"]


@pytest.mark.parametrize(
    ("rate", "values"),
    [
        (PRESS, ["6.76", "6.75", "6.76", "6.76"]),
        (OVERSEAS, ["6.83", "6.82", "6.83", "6.83"]),
        (Decimal(0), ["6.90", "6.90", "6.90", "6.90"]),
    ],
)
def test_what_each_of_four_copies_is_worth(rate: Decimal, values: list[str]) -> None:
    assert [str(value) for value in copies_value(Decimal("27.60"), 4, rate)] == values


def test_a_price_that_does_not_divide_by_four_loses_no_cent() -> None:
    values = copies_value(Decimal("27.61"), 4, PRESS)
    assert sum(values) == Decimal("27.04") == split(Decimal("27.61"), PRESS)[0]
    assert ttc_left(Decimal("27.61"), copies=4, served=1) == Decimal("20.71")


def test_free_copies_are_worth_nothing() -> None:
    assert [str(value) for value in copies_value(Decimal("0.00"), 4, PRESS)] == ["0.00"] * 4


@given(CENTS, st.integers(min_value=1, max_value=48), RATES)
def test_copies_add_up_to_the_ht_of_the_term(cents: int, copies: int, rate: Decimal) -> None:
    values = copies_value(euros(cents), copies, rate)
    assert len(values) == copies
    assert sum(values) == split(euros(cents), rate)[0]
    assert all(value >= 0 for value in values)


@given(CENTS, st.integers(min_value=1, max_value=48), RATES, st.data())
def test_a_partial_credit_takes_exactly_what_is_still_deferred(
    cents: int, copies: int, rate: Decimal, data: st.DataObject
) -> None:
    served = data.draw(st.integers(min_value=0, max_value=copies))
    deferred = sum(copies_value(euros(cents), copies, rate)[served:], Decimal(0))
    assert deferred == ht_left(euros(cents), copies=copies, served=served, rate=rate)


@pytest.mark.parametrize(("copies", "served"), [(0, 0), (4, 5), (4, -1), (-1, 0)])
def test_impossible_counts_of_copies_are_refused(copies: int, served: int) -> None:
    with pytest.raises(ValueError, match="copies"):
        ttc_left(Decimal("27.60"), copies=copies, served=served)


def test_a_term_has_at_least_one_copy() -> None:
    with pytest.raises(ValueError, match="copies"):
        copies_value(Decimal("27.60"), 0, PRESS)
