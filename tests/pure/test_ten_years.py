"""Ten years of start dates × offers × means × zones, and a clock that stands still: no charge without both notices, in time.

The law's own days are reckoned here by another calendar than ours (dateutil's): the legal notice lies three months to one
month before the last day to refuse (C. conso L215-1), the word of the debit 7 to 30 days before the charge (law.md 5.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from payments.days import PARIS, paris_day
from payments.gateway import Family
from subscriptions.calendar import DeliveryZone, IssueDates, first_issue, issues_of_term, term_dates, withdraw_until
from subscriptions.renewals.calendar import (
    RenewalDays,
    charge_on,
    lapses_on,
    may_charge,
    next_term,
    next_try,
    renewal_days,
    renews_on,
)
from subscriptions.renewals.charging import charging_hours
from tests.pure.calendars import quarterly

FROM, TO = date(2026, 12, 1), date(2036, 12, 31)
DAY = timedelta(days=1)
#: How long the clock stands still over the very day on which something should have been done.
OUTAGES = (0, 1, 3, 40)
CALENDAR = quarterly(first=25, start=2026, years=13)
EVERY_DAY = [FROM + timedelta(days=days) for days in range((TO - FROM).days + 1)]


@cache
def law(r: date) -> tuple[date, date]:
    """From when to when the law wants the notice of a renewal on R, by another calendar than ours."""
    refuse_until = r - DAY
    return refuse_until - relativedelta(months=3), refuse_until - relativedelta(months=1)


@cache
def bought(on: date) -> tuple[date, date, tuple[IssueDates, ...]]:
    """Start and R of what is bought on a day, and its four issues."""
    first = first_issue(CALENDAR, on=on)
    issues = tuple(issues_of_term(CALENDAR, first, copies=4))
    term = term_dates(first, ordered_on=on)
    return term.starts_on, renews_on(term_ends_on=term.ends_on, last_owed_post=issues[-1].post_on), issues


def test_there_are_ten_years_of_days():
    assert len(EVERY_DAY) == 3684
    assert {date(2028, 2, 29), date(2032, 2, 29), date(2036, 2, 29), date(2027, 3, 28), date(2027, 10, 31)} <= set(
        EVERY_DAY
    )


@pytest.mark.parametrize("kind", ["card", "sepa_debit"])
@pytest.mark.parametrize("outage", OUTAGES)
def test_automatic_every_start(kind, outage):
    """Each start: what is sent after the outage lies in the law's window or is not sent; without both, nothing is charged."""
    charged = by_choice = 0
    for start in EVERY_DAY:
        r = bought(start)[1]
        days = renewal_days(r, method_kind=kind)
        legal = legal_sent(days, outage)
        opens, closes = law(r)
        assert days.plan_on < days.legal.target_on
        if legal is None:
            # Not sent in time: by choice only. It takes an outage of weeks.
            assert outage == 40
            by_choice += 1
            continue
        assert opens <= legal <= closes, start
        told = max(days.pre_debit_on, legal + DAY) + timedelta(days=outage)
        charge = first_charge(r, told, outage)
        if charge is None:
            by_choice += 1
            continue
        charged += 1
        assert charge >= r
        assert 7 <= (charge - told).days <= 30, start
        for tried in tries(r, charge, told, kind):
            assert charge < tried < lapses_on(r, first_charged_on=charge)
            assert 7 <= (tried - told).days <= 30, start
    assert charged + by_choice == len(EVERY_DAY)
    assert by_choice == 0 if outage < 40 else charged == 0


def legal_sent(days: RenewalDays, outage: int) -> date | None:
    """The day on which the sweep sends it: the planned one, or the first on which the clock goes again, if it may."""
    day = max(days.legal.target_on, days.legal.send_from) + timedelta(days=outage)
    return day if day <= days.legal.send_until else None


def first_charge(r: date, told: date, outage: int) -> date | None:
    """The day of the charge when the clock stands still over it, too."""
    day = charge_on(r, pre_debit_sent_on=told) + timedelta(days=outage)
    return day if may_charge(day, renews_on=r, pre_debit_sent_on=told) else None


def tries(r: date, charge: date, told: date, kind: str) -> Iterator[date]:
    """Every later day on which the same means is charged again, whatever the bank says."""
    for family in Family:
        for number in range(1, 6):
            day = next_try(
                renews_on=r,
                first_charged_on=charge,
                tries=number,
                family=family,
                method_kind=kind,
                pre_debit_sent_on=told,
            )
            if day is not None:
                yield day


def test_fixed_every_start():
    """A fixed term has an end and no renewal: the year is whole, and its copies lie in it or move nothing."""
    for start in EVERY_DAY:
        starts_on, r, issues = bought(start)
        assert starts_on >= start
        assert starts_on + relativedelta(years=1) <= r
        assert len({issue.number for issue in issues}) == 4
        assert issues[0].cutoff_on > start


@pytest.mark.parametrize("zone", list(DeliveryZone), ids=str)
def test_every_start_and_zone_may_still_withdraw_before_anything_is_announced(zone):
    """Nobody is announced a further year while the first may still be given back, however slow the post."""
    for start in EVERY_DAY:
        _starts, r, issues = bought(start)
        until = withdraw_until(posted_on=issues[0].post_on, zone=zone)
        assert until is not None
        days = renewal_days(r, method_kind="card")
        assert start + timedelta(days=14) < until < days.plan_on < days.legal.opens_on + timedelta(days=31)


def test_ten_years_on_end_from_every_start_never_drift():
    """R comes back on its day each year, on the last of February where there is no 29th, and each has its own window."""
    for start in [*EVERY_DAY[::7], date(2028, 2, 29), date(2032, 2, 29), date(2027, 1, 31)]:
        first = bought(start)[0]
        starts = [first]
        for year in range(1, 11):
            r = first + relativedelta(years=year)
            dates = next_term(starts, r)
            assert (dates.starts_on, dates.renews_on) == (r, first + relativedelta(years=year + 1)), start
            opens, closes = law(r)
            window = renewal_days(r, method_kind="card").legal
            assert opens <= window.send_from <= window.target_on <= window.send_until <= closes
            starts.append(r)


def test_every_day_has_its_hours_of_charging_and_no_night_is_two_days():
    """Ten o'clock exists on each day; the hour before a day in Paris is the day before, both nights of the clock included."""
    for day in EVERY_DAY:
        ten = datetime.combine(day, time(10), tzinfo=PARIS).astimezone(UTC)
        assert charging_hours(ten)
        assert paris_day(ten) == day
        assert not charging_hours(ten - timedelta(minutes=1))
        midnight = datetime.combine(day, time(0), tzinfo=PARIS).astimezone(UTC)
        assert paris_day(midnight) == day
        assert paris_day(midnight - timedelta(seconds=1)) == day - DAY


@given(
    start=st.dates(FROM, TO),
    kind=st.sampled_from(["card", "sepa_debit"]),
    late=st.integers(0, 60),
    moved=st.integers(0, 200),
    waits=st.integers(0, 40),
)
def test_r_that_moves_later_with_any_delay(start, kind, late, moved, waits):
    """An issue that is late moves R; notices given again for the new R lie in its windows, or nothing is charged."""
    _starts, r, issues = bought(start)
    later = renews_on(term_ends_on=r - DAY, last_owed_post=issues[-1].post_on + timedelta(days=moved))
    assert later >= r
    days = renewal_days(later, method_kind=kind)
    legal = legal_sent(days, late)
    if legal is None:
        return
    opens, closes = law(later)
    assert opens <= legal <= closes
    told = max(days.pre_debit_on, legal + DAY) + timedelta(days=waits)
    charge = first_charge(later, told, late)
    if charge is not None:
        assert 7 <= (charge - told).days <= 30
        assert charge >= later
