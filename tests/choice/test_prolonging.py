"""The core of prolonging, whatever the reader does when: no day and no copy twice, none lost, month ends never drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from subscriptions.calendar import IssueDates, add_months, term_dates
from subscriptions.prolonging import Promised, next_dates, next_issue

DAY = timedelta(days=1)


def calendar_of(first: date, count: int = 60) -> list[IssueDates]:
    """Quarterly issues from number 1 on, files closed 14 days before."""
    posts = [add_months(first, 3 * index) for index in range(count)]
    return [
        IssueDates(
            number=number, cover_month=on.month, cover_year=on.year, cutoff_on=on - timedelta(days=14), post_on=on
        )
        for number, on in enumerate(posts, start=1)
    ]


def seen_on(issues: list[IssueDates], on: date) -> list[IssueDates]:
    """The same calendar as it stands on a day: what was planned until then has been posted."""
    return [replace(one, posted_on=one.post_on if one.post_on <= on else None) for one in issues]


@given(
    started=st.dates(date(2026, 1, 1), date(2032, 12, 31)),
    waits=st.lists(st.integers(0, 500), min_size=1, max_size=6),
)
def test_any_sequence_of_purchases(started, waits):
    """Each purchase comes some days after the one before: early, late, or again on the same day."""
    issues = calendar_of(add_months(started.replace(day=15), -2))
    first = next(one for one in issues if started < one.cutoff_on)
    dates = term_dates(first, ordered_on=started)
    promised = Promised((dates.starts_on,), 1, dates.ends_on, first.number + 3, dates.ends_on, open_end=False)
    terms, numbers, on = [(dates.starts_on, dates.ends_on)], list(range(first.number, first.number + 4)), started
    for wait in waits:
        on += timedelta(days=wait)
        known = seen_on(issues, on)
        goes_on = promised.goes_on(on)
        number = next_issue(promised, known, on=on, goes_on=goes_on)
        assert number is not None
        added = next_dates(promised, next(one for one in known if one.number == number), ordered_on=on)
        if on <= promised.ends_on:
            # From the end: not a day lost, not one twice, and the copies follow.
            assert added.starts_on == promised.ends_on + DAY
        else:
            assert added.starts_on >= max(on, promised.ends_on + DAY)
        assert number > promised.last_number
        assert added.renews_on == added.ends_on + DAY
        # Twelve months, to the day; a month end counts from the first start and may lie a day or three further.
        assert 0 <= (added.renews_on - add_months(added.starts_on, 12)).days <= 3
        assert next(one for one in known if one.number == number).posted_on is None
        promised = promised.and_then(added, first=number, copies=4)
        # All those copies are sent, in the end.
        promised = Promised(
            promised.starts, promised.term, promised.ends_on, promised.last_number, promised.ends_on, open_end=False
        )
        terms.append((added.starts_on, added.ends_on))
        numbers += range(number, number + 4)
    assert all(before[1] < after[0] for before, after in pairwise(terms))
    assert numbers == sorted(set(numbers))
    assert promised.term == len(waits) + 1


@given(day=st.sampled_from([date(2028, 2, 29), date(2027, 1, 31), date(2027, 3, 28), date(2027, 10, 31)]), years=st.integers(1, 9))  # fmt: skip
def test_early_renewals_never_drift(day, years):
    dates = [day]
    promised = Promised((day,), 1, add_months(day, 12) - DAY, 4, add_months(day, 12) - DAY, open_end=True)
    for _year in range(years):
        added = next_dates(promised, None, ordered_on=day)
        dates.append(added.starts_on)
        promised = promised.and_then(added, first=promised.last_number + 1, copies=4)
    assert dates == [add_months(day, 12 * year) for year in range(years + 1)]
    assert promised.ends_on == add_months(day, 12 * (years + 1)) - DAY


def test_a_numbering_that_skips_is_followed():
    issues = [one for one in calendar_of(date(2027, 3, 15), 8) if one.number != 5]
    promised = Promised((date(2027, 1, 1),), 1, date(2027, 12, 31), 4, date(2027, 12, 31), open_end=True)
    assert next_issue(promised, issues, on=date(2027, 2, 1), goes_on=True) == 6


def test_where_nothing_is_planned_a_lapsed_one_cannot_begin_again_and_a_living_one_waits():
    promised = Promised((date(2027, 1, 1),), 1, date(2027, 12, 31), 8, date(2027, 12, 31), open_end=False)
    issues = calendar_of(date(2027, 3, 15), 8)
    assert next_issue(promised, issues, on=date(2029, 6, 1), goes_on=False) is None
    assert next_issue(promised, issues, on=date(2027, 6, 1), goes_on=True) == 9
