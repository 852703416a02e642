"""Public holidays and working days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.working_days import (
    add_banking_days,
    add_working_days,
    banking_holidays,
    french_holidays,
    is_banking_day,
    is_working_day,
    next_working_day,
)

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 12, 31))


def test_the_eleven_holidays_of_2026() -> None:
    assert [day.isoformat() for day in sorted(french_holidays(2026))] == [
        "2026-01-01",
        "2026-04-06",  # Easter Monday
        "2026-05-01",
        "2026-05-08",
        "2026-05-14",  # Ascension
        "2026-05-25",  # Whit Monday
        "2026-07-14",
        "2026-08-15",
        "2026-11-01",
        "2026-11-11",
        "2026-12-25",
    ]


def test_two_holidays_may_fall_on_one_day() -> None:
    # In 2008 Ascension was on 1 May.
    assert len(french_holidays(2008)) == 10
    assert date(2008, 5, 1) in french_holidays(2008)


def test_banks_close_on_good_friday_and_not_on_14_july() -> None:
    assert [day.isoformat() for day in sorted(banking_holidays(2027))] == [
        "2027-01-01",
        "2027-03-26",
        "2027-03-29",
        "2027-05-01",
        "2027-12-25",
        "2027-12-26",
    ]
    assert not is_banking_day(date(2027, 3, 26))
    assert is_working_day(date(2027, 3, 26))
    assert is_banking_day(date(2027, 7, 14))
    assert not is_working_day(date(2027, 7, 14))


@pytest.mark.parametrize(
    ("on", "following"),
    [
        (date(2026, 11, 23), date(2026, 11, 23)),  # a Monday stays
        (date(2026, 11, 27), date(2026, 11, 27)),  # a Friday stays
        (date(2026, 11, 28), date(2026, 11, 30)),  # Saturday
        (date(2026, 11, 29), date(2026, 11, 30)),  # Sunday
        (date(2026, 11, 11), date(2026, 11, 12)),  # a Wednesday holiday
        (date(2027, 3, 27), date(2027, 3, 30)),  # the Saturday before Easter
        (date(2026, 12, 25), date(2026, 12, 28)),  # Friday holiday, then a weekend
        (date(2027, 12, 31), date(2027, 12, 31)),
        (date(2028, 1, 1), date(2028, 1, 3)),
    ],
)
def test_next_working_day(on: date, following: date) -> None:
    assert next_working_day(on) == following


@pytest.mark.parametrize(
    ("on", "days", "result"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 28), 0, date(2026, 11, 28)),
        (date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
        (date(2026, 11, 30), -1, date(2026, 11, 27)),
        (date(2026, 11, 28), -1, date(2026, 11, 27)),
        (date(2027, 3, 15), -10, date(2027, 3, 1)),
        (date(2027, 1, 4), -10, date(2026, 12, 17)),  # over two holidays, both on Fridays
    ],
)
def test_add_working_days(on: date, days: int, result: date) -> None:
    assert add_working_days(on, days) == result


@given(DAYS, st.integers(min_value=1, max_value=60))
def test_adding_counts_exactly_the_working_days_in_between(on: date, days: int) -> None:
    for add, counts in ((add_working_days, is_working_day), (add_banking_days, is_banking_day)):
        after, before = add(on, days), add(on, -days)
        assert counts(after)
        assert counts(before)
        assert sum(counts(on + timedelta(n)) for n in range(1, (after - on).days + 1)) == days
        assert sum(counts(before + timedelta(n)) for n in range((on - before).days)) == days


@given(DAYS)
def test_the_next_working_day_is_near_and_nothing_is_passed_over(on: date) -> None:
    found = next_working_day(on)
    assert is_working_day(found)
    assert timedelta(0) <= found - on <= timedelta(days=4)
    assert not any(is_working_day(on + timedelta(n)) for n in range((found - on).days))
    assert next_working_day(found) == found
