"""Renewing from 400 days before the end to 800 days after it, each day twice: which days, which copies (issue 3, done when 5).

The table is written by hand from the calendar of the small world, and nothing in it is computed by the code under test:
issues come out on the 15th of March, June, September and December, their files are closed on the 1st, a new stretch
begins 45 days before its first issue and never before the order. Élodie holds two years, n° 25 to 32, until 22 November
2028.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from subscriptions.calendar import IssueDates
from subscriptions.models import Entitlement, EntitlementMovement, Subscription
from subscriptions.prolonging import Promised, next_dates, next_issue
from tests.choice.people import noon, reader, renews, story, time_passes, world, wrong

DAY = timedelta(days=1)
BOUGHT, END = date(2026, 11, 23), date(2028, 11, 22)
FIRST, LAST = date(2027, 10, 19), date(2031, 1, 31)
HELD = [
    (1, "2026-11-23", "2027-11-22", [25, 26, 27, 28]),
    (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32]),
]
#: From day to day: the first issue, and the day on which the term starts; None: the very day of the order.
TABLE: tuple[tuple[date, date, int, date | None], ...] = (
    # However early: from the end, and the copies follow.
    (date(2027, 10, 19), date(2028, 11, 22), 33, date(2028, 11, 23)),
    # It is over: the first issue whose file is still open.
    (date(2028, 11, 23), date(2028, 11, 30), 33, None),
    (date(2028, 12, 1), date(2029, 1, 29), 34, date(2029, 1, 29)),
    (date(2029, 1, 30), date(2029, 2, 28), 34, None),
    (date(2029, 3, 1), date(2029, 5, 1), 35, date(2029, 5, 1)),
    (date(2029, 5, 2), date(2029, 5, 31), 35, None),
    (date(2029, 6, 1), date(2029, 8, 1), 36, date(2029, 8, 1)),
    (date(2029, 8, 2), date(2029, 8, 31), 36, None),
    (date(2029, 9, 1), date(2029, 10, 31), 37, date(2029, 10, 31)),
    (date(2029, 11, 1), date(2029, 11, 30), 37, None),
    (date(2029, 12, 1), date(2030, 1, 29), 38, date(2030, 1, 29)),
    (date(2030, 1, 30), date(2030, 2, 28), 38, None),
    (date(2030, 3, 1), date(2030, 5, 1), 39, date(2030, 5, 1)),
    (date(2030, 5, 2), date(2030, 5, 31), 39, None),
    (date(2030, 6, 1), date(2030, 8, 1), 40, date(2030, 8, 1)),
    (date(2030, 8, 2), date(2030, 8, 31), 40, None),
    (date(2030, 9, 1), date(2030, 10, 31), 41, date(2030, 10, 31)),
    (date(2030, 11, 1), date(2030, 11, 30), 41, None),
    (date(2030, 12, 1), date(2031, 1, 29), 42, date(2031, 1, 29)),
    (date(2031, 1, 30), date(2031, 1, 31), 42, None),
)
#: One that renews itself is prolonged from its end until it lapses, 21 days after it; late payers are in the complement
#: of n° 33, be its file closed. Until a sweep has said that it is over, its copies follow.
AUTOMATIC: tuple[tuple[date, date, int, date | None], ...] = (
    (date(2027, 10, 19), date(2028, 12, 13), 33, date(2028, 11, 23)),
    (date(2028, 12, 14), date(2028, 12, 14), 33, None),
    (date(2028, 12, 15), date(2029, 1, 29), 34, date(2029, 1, 29)),
    *TABLE[3:],
)


def year_after(on: date) -> date:
    """The same day a year later; none of this table is a 29 February."""
    return on.replace(year=on.year + 1)


def expected(
    table: tuple[tuple[date, date, int, date | None], ...], on: date
) -> list[tuple[int, date, date, list[int]]]:
    """The two terms that two orders of one day add: number, first day, last day, issues."""
    [(first, starts)] = [(first, starts or on) for begins, ends, first, starts in table if begins <= on <= ends]
    second = year_after(starts)
    return [
        (3, starts, second - DAY, list(range(first, first + 4))),
        (4, second, year_after(second) - DAY, list(range(first + 4, first + 8))),
    ]


def every_day() -> list[date]:
    return [FIRST + timedelta(days=days) for days in range((LAST - FIRST).days + 1)]


def issues_on(on: date) -> list[IssueDates]:
    """The calendar of the small world as it stands in the evening of a day."""
    found = []
    for number in range(25, 61):
        years, quarter = divmod(number - 26, 4)
        month = 3 * (quarter + 1)
        post = date(2027 + years, month, 15)
        found.append(
            IssueDates(
                number=number, cover_month=month, cover_year=post.year, cutoff_on=post.replace(day=1), post_on=post,
                posted_on=post if post <= on else None,
            )
        )  # fmt: skip
    return found


def test_the_table_has_every_day_once():
    assert (END - FIRST).days == 400
    assert (LAST - END).days == 800
    for table in (TABLE, AUTOMATIC):
        assert Counter(
            begins + timedelta(days=days) for begins, ends, *_rest in table for days in range((ends - begins).days + 1)
        ) == Counter(every_day())


@pytest.mark.parametrize("automatic", [False, True], ids=["fixed", "automatic"])
def test_every_day_twice(automatic):
    """All 1,201 days, by the function that the order page and the settling share."""
    for on in every_day():
        issues = issues_on(on)
        owed = on < date(2028, 9, 15)
        promised = Promised(
            starts=(BOUGHT, date(2027, 11, 23)), term=2, ends_on=END, last_number=32,
            from_end_until=date(2028, 12, 13) if automatic else END, open_end=automatic or owed,
        )  # fmt: skip
        added = []
        for _twice in range(2):
            number = next_issue(promised, issues, on=on, goes_on=promised.goes_on(on))
            first = next(issue for issue in issues if issue.number == number)
            dates = next_dates(promised, first, ordered_on=on)
            added.append((promised.term + 1, dates.starts_on, dates.ends_on, list(range(number, number + 4))))
            promised = promised.and_then(dates, first=number, copies=4)
        assert added == expected(AUTOMATIC if automatic else TABLE, on), on


def sampled() -> list[date]:
    """Every edge of the table, the days around them, and those between that people complain about."""
    edges = {day for begins, ends, *_rest in TABLE for day in (begins, ends)}
    awkward = {END - timedelta(days=days) for days in (366, 365, 364, 75, 61, 30, 14, 1)} | {
        END + timedelta(days=days) for days in (20, 21, 22, 365, 366, 730)
    }
    months = {date(2027, 12, 31), date(2028, 2, 29), date(2028, 3, 26), date(2028, 10, 29), date(2030, 3, 31)}
    return sorted(edges | awkward | months)


# Committed step by step, as it is: thousands of steps inside one transaction lock the same rows ever more slowly.
@pytest.mark.django_db(transaction=True)
def test_the_sampled_days_twice_by_order_and_settling():
    """The same by real orders, paid and settled, while issues are posted: nothing is sold twice, served twice or lost."""
    world(until=60)
    people: dict[date, Subscription] = {on: reader() for on in sampled()}
    for subscription in people.values():
        renews(subscription, on=date(2026, 11, 24))
    assert story(people[FIRST]) == HELD
    for on, subscription in people.items():
        time_passes(on)
        renews(subscription, on=on)
        renews(subscription, on=on)
        added = [(n, first.isoformat(), last.isoformat(), copies) for n, first, last, copies in expected(TABLE, on)]
        assert story(subscription) == [*HELD, *added], on
    assert Subscription.objects.count() == len(people)
    assert wrong(noon(LAST)) == []
    time_passes(date(2035, 12, 31))
    # Read once: within one transaction PostgreSQL knows nothing of the size of these tables and joins them row by row.
    moved: dict[int, list[str]] = defaultdict(list)
    for entitlement, kind in EntitlementMovement.objects.values_list("entitlement", "kind"):
        moved[entitlement].append(kind)
    copies: dict[int, list[Entitlement]] = defaultdict(list)
    for copy in Entitlement.objects.select_related("term"):
        copies[copy.term.subscription_id].append(copy)
    for subscription in people.values():
        theirs = copies[subscription.pk]
        assert Counter(copy.state for copy in theirs) == {"served": 16}
        assert len({copy.issue_id for copy in theirs}) == 16
        assert Counter(kind for copy in theirs for kind in moved[copy.pk]) == {"grant": 16, "assign": 16, "serve": 16}


@pytest.mark.django_db
def test_the_edges_of_one_that_renews_itself_twice_by_order_and_settling():
    """Nobody charges it and no sweep runs: the reader is first, every time."""
    world(until=60)
    days = [END + timedelta(days=days) for days in (-400, -75, -14, 0, 1, 20, 21, 22, 23)]
    people = {on: reader(renewal="automatic") for on in days}
    for subscription in people.values():
        renews(subscription, on=date(2026, 11, 24), renewal="automatic")
    for on, subscription in people.items():
        time_passes(on)
        for _twice in range(2):
            renews(subscription, on=on, renewal="automatic")
        added = [(n, first.isoformat(), last.isoformat(), copies) for n, first, last, copies in expected(AUTOMATIC, on)]
        assert story(subscription) == [*HELD, *added], on
        subscription.refresh_from_db()
        assert (subscription.renewal, subscription.state) == ("automatic", "active")
