"""A quarterly magazine's calendar for the tests, from no. 24 (March 2027) on unless said otherwise."""

from datetime import date

from payments.working_days import next_working_day
from subscriptions.calendar import IssueDates, cutoff_for


def quarterly(*, first: int = 24, start: int = 2027, years: int = 3) -> list[IssueDates]:
    """Issues posted on the first working day from the 15th of March, June, September and December."""
    issues = []
    for count in range(4 * years):
        year, month = start + count // 4, 3 * (count % 4 + 1)
        post_on = next_working_day(date(year, month, 15))
        issues.append(IssueDates(first + count, month, year, cutoff_for(post_on), post_on))
    return issues
