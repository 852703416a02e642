"""The days of a renewal: the table of the design, and what holds on every day of every year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateway import Family
from subscriptions.calendar import add_months
from subscriptions.renewals.calendar import (
    charge_on,
    lapses_on,
    may_charge,
    next_term,
    next_try,
    renewal_days,
    renews_on,
)

R = date(2027, 3, 15)
DAYS = st.dates(date(2024, 1, 1), date(2060, 12, 31))


def test_the_year_of_a_card():
    days = renewal_days(R, method_kind="card")
    assert days.plan_on == date(2026, 12, 30)
    assert (days.legal.opens_on, days.legal.target_on, days.legal.closes_on) == (
        date(2026, 12, 14), date(2027, 1, 13), date(2027, 2, 14),
    )  # fmt: skip
    assert days.ask_card_on == (date(2027, 1, 14), date(2027, 2, 13))
    assert days.pre_debit_on == date(2027, 3, 1)
    assert (days.charge_on, days.lapses_on) == (R, date(2027, 4, 5))


def test_a_debit_is_told_of_two_days_earlier():
    assert renewal_days(R, method_kind="sepa_debit").pre_debit_on == date(2027, 2, 27)


def try_again(tries: int, family: Family = Family.INSUFFICIENT_FUNDS, kind: str = "card", **changes):
    facts = {
        "renews_on": R, "first_charged_on": R, "tries": tries, "family": family, "method_kind": kind,
        "pre_debit_sent_on": R - timedelta(days=16 if kind == "sepa_debit" else 14),
    }  # fmt: skip
    return next_try(**(facts | changes))


def test_a_card_is_tried_again_after_3_7_and_14_days():
    assert [try_again(tries) for tries in (1, 2, 3, 4)] == [
        date(2027, 3, 18), date(2027, 3, 22), date(2027, 3, 29), None,
    ]  # fmt: skip


def test_a_debit_twice_and_for_want_of_funds_only():
    assert [try_again(tries, kind="sepa_debit") for tries in (1, 2, 3)] == [
        date(2027, 3, 20), date(2027, 3, 27), None,
    ]  # fmt: skip
    assert try_again(1, Family.TRY_LATER, "sepa_debit") is None


@pytest.mark.parametrize("family", list(Family))
def test_the_closed_table_of_retries(family):
    times = {"insufficient_funds": 3, "try_later": 3, "do_not_honour": 1}.get(family, 0)
    assert [try_again(tries, family) is not None for tries in (1, 2, 3, 4)] == [
        tries <= times for tries in (1, 2, 3, 4)
    ]
    assert try_again(1, family, retry=False) is None


@pytest.mark.parametrize("family", list(Family))
def test_the_closed_table_of_retries_of_a_debit(family):
    times = 2 if family == "insufficient_funds" else 0
    found = [try_again(tries, family, "sepa_debit") for tries in (1, 2, 3)]
    assert [day is not None for day in found] == [tries <= times for tries in (1, 2, 3)]
    assert try_again(1, family, "sepa_debit", retry=False) is None


def test_a_late_notice_moves_the_charge_and_what_follows():
    sent = date(2027, 3, 12)
    first = charge_on(R, pre_debit_sent_on=sent)
    assert first == date(2027, 3, 19)
    assert try_again(1, first_charged_on=first, pre_debit_sent_on=sent) == date(2027, 3, 22)
    assert lapses_on(R, first_charged_on=first) == date(2027, 4, 9)


@given(renewal=DAYS, before=st.integers(0, 40), tries=st.integers(1, 6), family=st.sampled_from(list(Family)))
def test_no_try_lies_outside_the_thirty_days_of_its_notice_or_after_the_end(renewal, before, tries, family):
    sent = renewal - timedelta(days=before)
    first = charge_on(renewal, pre_debit_sent_on=sent)
    day = next_try(
        renews_on=renewal,
        first_charged_on=first,
        tries=tries,
        family=family,
        method_kind="card",
        pre_debit_sent_on=sent,
    )
    if day is not None:
        assert may_charge(day, renews_on=renewal, pre_debit_sent_on=sent)
        assert first < day < lapses_on(renewal, first_charged_on=first)


def test_copies_still_owed_move_r_to_the_day_after_the_last_is_posted():
    assert renews_on(term_ends_on=date(2027, 3, 14), last_owed_post=None) == R
    assert renews_on(term_ends_on=date(2027, 3, 14), last_owed_post=date(2027, 3, 20)) == date(2027, 3, 21)


def test_a_29_february_comes_back():
    first = date(2028, 2, 29)
    starts = [first]
    for _year in range(4):
        following = next_term(starts, renews_on=add_months(first, 12 * len(starts)))
        starts.append(following.starts_on)
    assert starts == [date(2028, 2, 29), date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28), date(2032, 2, 29)]


def test_after_r_has_moved_the_count_begins_anew():
    moved = next_term([date(2026, 3, 31)], date(2027, 4, 10))
    assert (moved.starts_on, moved.ends_on) == (date(2027, 4, 10), date(2028, 4, 9))
    assert next_term([date(2026, 3, 31), date(2027, 4, 10)], date(2028, 4, 10)).ends_on == date(2029, 4, 9)


@given(first=DAYS, years=st.integers(1, 30))
def test_terms_follow_each_other_without_drift(first, years):
    starts = [add_months(first, 12 * year) for year in range(years)]
    dates = next_term(starts, add_months(first, 12 * years))
    assert dates.renews_on == add_months(first, 12 * (years + 1))
    assert dates.ends_on == dates.renews_on - timedelta(days=1)
