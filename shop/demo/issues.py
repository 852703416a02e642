"""Which nine issues a demo shows on a given day: the last three that were posted and the next six, one a quarter.

Three past issues are less than a year of history: the crowd of readers came after the order that went to the oldest of
them, and their first year is not over. Before it lie three older issues, for the few first readers whose year is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from payments.working_days import next_working_day
from shop.demo.contents import DOSSIERS, OLDER_DOSSIERS, Dossier
from subscriptions.calendar import cutoff_for

PAST, COMING = 3, 6
QUARTERS = 4
NUMBER_25 = 2026 * QUARTERS + 3  # December 2026
EARLIEST = date(2022, 1, 1)


@dataclass(frozen=True, slots=True)
class MadeUpIssue:
    """One issue of the calendar, with its dates and what is in it."""

    number: int
    cover_month: int
    cover_year: int
    cutoff_on: date
    post_on: date
    dossier: Dossier


def made_up_issues(on: date) -> tuple[MadeUpIssue, ...]:
    """The nine issues around day `on`, oldest first; an issue posted on `on` itself is a past one. Pure."""
    coming = on.year * QUARTERS - 1
    while post_day(coming) <= on:
        coming += 1
    quarters = range(coming - PAST, coming + COMING)
    return tuple(_issue(quarter, dossier) for quarter, dossier in zip(quarters, DOSSIERS, strict=True))


def older_issues(on: date) -> tuple[MadeUpIssue, ...]:
    """The three issues before the nine, oldest first. Pure."""
    oldest = _quarter(made_up_issues(on)[0])
    quarters = range(oldest - len(OLDER_DOSSIERS), oldest)
    return tuple(_issue(quarter, dossier) for quarter, dossier in zip(quarters, OLDER_DOSSIERS, strict=True))


def first_day(on: date) -> date:
    """The day on which the shop began to sell: from here on an order goes to the oldest of the older issues."""
    return cutoff_for(post_day(_quarter(older_issues(on)[0]) - 1))


def opened_on(on: date) -> date:
    """The day from which readers came in numbers: from here on an order goes to the oldest issue of the nine."""
    oldest = made_up_issues(on)[0]
    return cutoff_for(post_day(_quarter(oldest) - 1))


def post_day(quarter: int) -> date:
    """When an issue goes to the post: in the middle of its cover month, on a working day."""
    year, rank = divmod(quarter, QUARTERS)
    return next_working_day(date(year, 3 * rank + 3, 15))


def _quarter(issue: MadeUpIssue) -> int:
    return issue.cover_year * QUARTERS + issue.cover_month // 3 - 1


def _issue(quarter: int, dossier: Dossier) -> MadeUpIssue:
    year, rank = divmod(quarter, QUARTERS)
    posted = post_day(quarter)
    return MadeUpIssue(
        number=25 + quarter - NUMBER_25,
        cover_month=3 * rank + 3,
        cover_year=year,
        cutoff_on=cutoff_for(posted),
        post_on=posted,
        dossier=dossier,
    )
