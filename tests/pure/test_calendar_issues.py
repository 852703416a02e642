"""Which issue an order, a debit or a new address reaches."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.calendar import (
    CalendarTooShort,
    cutoff_for,
    expected_sepa_settlement,
    first_issue,
    is_open,
    issues_of_term,
    reached_by_address_change,
)
from tests.pure.calendars import quarterly

DAY = timedelta(days=1)


def test_the_calendar_of_2027() -> None:
    assert [(issue.number, issue.cutoff_on.isoformat(), issue.post_on.isoformat()) for issue in quarterly(years=1)] == [
        (24, "2027-03-01", "2027-03-15"),
        (25, "2027-06-01", "2027-06-15"),
        (26, "2027-09-01", "2027-09-15"),
        (27, "2027-12-01", "2027-12-15"),
    ]


def test_paid_before_the_cut_off_gets_that_issue_paid_on_it_the_next() -> None:
    issues = quarterly()
    assert first_issue(issues, on=date(2027, 1, 1)).number == 24
    assert first_issue(issues, on=date(2027, 2, 28)).number == 24
    assert first_issue(issues, on=date(2027, 3, 1)).number == 25
    assert first_issue(issues, on=date(2027, 3, 2)).number == 25
    assert first_issue(issues, on=date(2027, 5, 31)).number == 25


def test_a_closed_or_posted_issue_is_passed_over_even_before_its_cut_off() -> None:
    march, *others = quarterly()
    on = date(2027, 2, 20)
    assert first_issue([replace(march, closed_on=date(2027, 2, 19)), *others], on=on).number == 25
    assert first_issue([replace(march, posted_on=date(2027, 2, 19)), *others], on=on).number == 25
    assert is_open(march, on=on)
    assert not is_open(replace(march, closed_on=on), on=on)


def test_a_late_posting_does_not_reopen_an_issue() -> None:
    march, *others = quarterly()
    late = replace(march, post_on=date(2027, 4, 15))
    assert first_issue([late, *others], on=date(2027, 3, 20)).number == 25


def test_a_calendar_that_ends_too_early_says_so() -> None:
    issues = quarterly(years=1)
    assert first_issue(issues, on=date(2027, 11, 30)).number == 27
    with pytest.raises(CalendarTooShort) as caught:
        first_issue(issues, on=date(2027, 12, 1))
    assert "01/12/2027" in caught.value.messages[0]
    with pytest.raises(CalendarTooShort):
        first_issue([], on=date(2027, 1, 1))


def test_a_new_address_reaches_the_same_issue_as_a_payment_of_that_day() -> None:
    issues = quarterly(years=1)
    reached = reached_by_address_change(issues, on=date(2027, 3, 1))
    assert reached is not None
    assert reached.number == 25
    # A move is always taken, even when the issue it will reach is not planned yet.
    assert reached_by_address_change(issues, on=date(2027, 12, 1)) is None


def test_a_term_has_its_copies_as_far_as_they_are_planned() -> None:
    issues = quarterly(years=1)
    numbers = [issue.number for issue in issues_of_term(reversed(issues), issues[0], 4)]
    assert numbers == [24, 25, 26, 27]
    assert [issue.number for issue in issues_of_term(issues, issues[2], 4)] == [26, 27]
    assert issues_of_term(issues, issues[2], 0) == ()


def test_the_cut_off_is_ten_working_days_before_the_post() -> None:
    assert cutoff_for(date(2027, 3, 15)) == date(2027, 3, 1)
    assert cutoff_for(date(2027, 6, 15)) == date(2027, 6, 1)
    assert cutoff_for(date(2027, 5, 24)) == date(2027, 5, 7)  # over Whit Monday
    assert cutoff_for(date(2027, 6, 15), working_days=5) == date(2027, 6, 8)


def test_a_direct_debit_is_expected_after_seven_banking_days() -> None:
    assert expected_sepa_settlement(date(2026, 11, 23)) == date(2026, 12, 2)
    assert expected_sepa_settlement(date(2027, 3, 22)) == date(2027, 4, 2)  # over Good Friday and Easter Monday
    assert expected_sepa_settlement(date(2027, 7, 12)) == date(2027, 7, 21)  # banks work on 14 July
    assert expected_sepa_settlement(date(2027, 2, 18)) == date(2027, 3, 1)
    # Ordered on 18 February by debit: the promise is the June issue, though a card would have reached March.
    issues = quarterly()
    assert first_issue(issues, on=date(2027, 2, 18)).number == 24
    assert first_issue(issues, on=expected_sepa_settlement(date(2027, 2, 18))).number == 25


def test_ten_years_of_days_each_reach_the_right_issue() -> None:
    issues = quarterly(years=11)
    shuffled = Random(3).sample(issues, len(issues))
    on, reached = date(2027, 1, 1), []
    while on < date(2037, 1, 1):
        found = first_issue(shuffled, on=on)
        assert on < found.cutoff_on
        assert all(issue.cutoff_on <= on for issue in issues if issue.number < found.number)
        reached.append(found.number)
        on += DAY
    assert all(after - before in {0, 1} for before, after in pairwise(reached))
    assert reached[-1] - reached[0] == 40


@given(st.dates(min_value=date(2027, 1, 1), max_value=date(2029, 6, 1)), st.integers(min_value=1, max_value=8))
def test_a_term_begins_with_its_first_issue_and_never_skips(on: date, copies: int) -> None:
    issues = quarterly(years=6)
    first = first_issue(issues, on=on)
    numbers = [issue.number for issue in issues_of_term(issues, first, copies)]
    assert numbers == list(range(first.number, first.number + copies))
