"""From when to when a term runs, and when its renewal must be announced."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.calendar import (
    RULES,
    TermDates,
    add_months,
    first_issue,
    issues_of_term,
    last_day_to_refuse,
    legal_notice_window,
    term_after,
    term_dates,
)
from tests.pure.calendars import quarterly

DAY = timedelta(days=1)
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2060, 12, 31))


@pytest.mark.parametrize(
    ("on", "months", "result"),
    [
        (date(2027, 3, 15), 12, date(2028, 3, 15)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 5, 30), -3, date(2027, 2, 28)),
        (date(2027, 5, 30), -1, date(2027, 4, 30)),
        (date(2027, 5, 31), -1, date(2027, 4, 30)),
        (date(2027, 1, 15), -1, date(2026, 12, 15)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2027, 12, 1), 0, date(2027, 12, 1)),
        (date(2027, 12, 1), 1, date(2028, 1, 1)),
        (date(2027, 1, 1), -12, date(2026, 1, 1)),
    ],
)
def test_add_months_clamps_at_the_month_end(on: date, months: int, result: date) -> None:
    assert add_months(on, months) == result


@given(DAYS, st.integers(min_value=-120, max_value=120))
def test_months_are_counted_exactly(on: date, months: int) -> None:
    found = add_months(on, months)
    assert (found.year * 12 + found.month) - (on.year * 12 + on.month) == months
    # Either the same day, or the last day of a month that is too short for it.
    assert found.day == on.day or (found.day < on.day and (found + DAY).day == 1)


def test_a_term_starts_45_days_before_its_first_issue_is_posted() -> None:
    march = quarterly()[0]
    assert term_dates(march, ordered_on=date(2027, 1, 20)) == TermDates(
        starts_on=date(2027, 1, 29), ends_on=date(2028, 1, 28), renews_on=date(2028, 1, 29)
    )


def test_but_never_before_the_order() -> None:
    march = quarterly()[0]
    assert term_dates(march, ordered_on=date(2027, 2, 10)) == TermDates(
        starts_on=date(2027, 2, 10), ends_on=date(2028, 2, 9), renews_on=date(2028, 2, 10)
    )
    assert term_dates(march, ordered_on=date(2027, 1, 29)).starts_on == date(2027, 1, 29)
    assert term_dates(march, ordered_on=date(2027, 1, 30)).starts_on == date(2027, 1, 30)


def test_the_planned_post_date_fixes_the_term_and_the_real_one_moves_nothing() -> None:
    march = quarterly()[0]
    posted_late = replace(march, posted_on=date(2027, 3, 29))
    on = date(2027, 1, 20)
    assert term_dates(posted_late, ordered_on=on) == term_dates(march, ordered_on=on)


def test_the_lead_is_data() -> None:
    march = quarterly()[0]
    rules = replace(RULES, start_days_before_post=30, term_months=6)
    assert term_dates(march, ordered_on=date(2027, 1, 20), rules=rules) == TermDates(
        starts_on=date(2027, 2, 13), ends_on=date(2027, 8, 12), renews_on=date(2027, 8, 13)
    )


def test_later_terms_count_from_the_first_start_whatever_issue_and_order() -> None:
    later = quarterly()[4]
    assert term_dates(later, ordered_on=date(2028, 1, 5), number=2, first_start=date(2027, 1, 29)) == TermDates(
        starts_on=date(2028, 1, 29), ends_on=date(2029, 1, 28), renews_on=date(2029, 1, 29)
    )
    with pytest.raises(ValueError, match="first start"):
        term_dates(later, ordered_on=date(2028, 1, 5), number=2)
    with pytest.raises(ValueError, match="from 1"):
        term_after(date(2027, 1, 29), 0)


def test_29_february_and_31_january_do_not_drift() -> None:
    leap = [term_after(date(2028, 2, 29), number).renews_on.isoformat() for number in range(1, 6)]
    assert leap == ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29", "2033-02-28"]
    assert term_after(date(2028, 2, 29), 1).ends_on == date(2029, 2, 27)
    assert term_after(date(2028, 2, 29), 4).ends_on == date(2032, 2, 28)
    rules = replace(RULES, term_months=1)
    monthly = [term_after(date(2027, 1, 31), number, rules=rules).renews_on.isoformat() for number in range(1, 5)]
    assert monthly == ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]


@given(DAYS, st.integers(min_value=1, max_value=30))
def test_terms_touch_without_gap_or_overlap(first_start: date, number: int) -> None:
    term, following = term_after(first_start, number), term_after(first_start, number + 1)
    assert term.renews_on == following.starts_on == term.ends_on + DAY
    assert 365 <= (term.renews_on - term.starts_on).days <= 366
    assert last_day_to_refuse(term.renews_on) == term.ends_on


def test_ten_years_of_orders_get_four_issues_and_renew_before_the_fifth_is_closed() -> None:
    issues = quarterly(start=2026, years=13)
    on, late = date(2026, 1, 1), 0
    while on < date(2036, 1, 1):
        first = first_issue(issues, on=on)
        term = term_dates(first, ordered_on=on)
        *four, fifth = issues_of_term(issues, first, 5)
        assert on <= term.starts_on < first.post_on
        assert len(four) == 4
        assert four[-1].post_on + timedelta(days=30) <= term.renews_on
        assert term.renews_on <= fifth.cutoff_on + DAY
        if term.renews_on >= fifth.cutoff_on:
            # Weekends move next year's cut-off: only the last two days before this one can miss it, and such readers
            # are in the list of renewals still in hand that goes to the complement.
            assert first.cutoff_on - on <= 2 * DAY
            late += 1
        on += DAY
    assert late == 17


def test_orders_before_the_lead_renew_weeks_before_the_next_post() -> None:
    issues = quarterly()
    term = term_dates(issues[0], ordered_on=date(2026, 12, 20))
    assert issues[4].post_on - term.renews_on == timedelta(days=46)
    assert issues[4].cutoff_on - term.renews_on == timedelta(days=32)


@pytest.mark.parametrize(
    ("renews_on", "last_day", "opens_on", "closes_on", "target_on"),
    [
        ("2027-03-15", "2027-03-14", "2026-12-14", "2027-02-14", "2027-01-13"),
        ("2027-05-31", "2027-05-30", "2027-02-28", "2027-04-30", "2027-03-31"),
        ("2028-05-31", "2028-05-30", "2028-02-29", "2028-04-30", "2028-03-31"),
        ("2027-06-01", "2027-05-31", "2027-02-28", "2027-04-30", "2027-04-01"),
        ("2028-03-01", "2028-02-29", "2027-11-29", "2028-01-29", "2027-12-31"),
        ("2029-03-01", "2029-02-28", "2028-11-28", "2029-01-28", "2028-12-30"),
        ("2027-01-01", "2026-12-31", "2026-09-30", "2026-11-30", "2026-11-01"),
    ],
)
def test_the_window_of_the_legal_notice(
    renews_on: str, last_day: str, opens_on: str, closes_on: str, target_on: str
) -> None:
    day = date.fromisoformat(renews_on)
    window = legal_notice_window(day)
    assert last_day_to_refuse(day).isoformat() == last_day
    assert (window.opens_on.isoformat(), window.closes_on.isoformat()) == (opens_on, closes_on)
    assert window.target_on.isoformat() == target_on


def test_two_days_are_guarded_at_each_end() -> None:
    window = legal_notice_window(date(2027, 3, 15))
    assert (window.send_from, window.send_until) == (date(2026, 12, 16), date(2027, 2, 12))
    bare = legal_notice_window(date(2027, 3, 15), guard_days=0)
    assert (bare.send_from, bare.send_until) == (bare.opens_on, bare.closes_on)
    wider = legal_notice_window(date(2027, 3, 15), rules=replace(RULES, notice_guard_days=5))
    assert (wider.send_from, wider.send_until) == (date(2026, 12, 19), date(2027, 2, 9))


def test_ten_years_of_renewals_have_a_target_inside_their_window() -> None:
    renews_on = date(2026, 1, 1)
    while renews_on < date(2037, 1, 1):
        window = legal_notice_window(renews_on)
        last_day = last_day_to_refuse(renews_on)
        assert window.opens_on < window.send_from < window.target_on < window.send_until < window.closes_on
        assert window.target_on == renews_on - timedelta(days=61)
        assert 89 <= (last_day - window.opens_on).days <= 92
        assert 28 <= (last_day - window.closes_on).days <= 31
        # As the law counts: a month from the close, and three from the opening, do not lie beyond the last day.
        assert add_months(window.closes_on, 1) <= last_day
        assert add_months(window.opens_on, 3) <= last_day
        renews_on += DAY
