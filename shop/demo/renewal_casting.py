"""The first readers of the demo: one for every way a renewal may go, so placed that each stands there on the day it is seen.

A year begins 45 days before its first issue is posted, or with the order: so R falls into four spans of a month a year.
Where none of them is near enough, the reader asked for a later day, as readers do, and the notices were given anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from payments.days import PARIS
from shop.demo import renewal_stories as stories
from shop.demo.issues import MadeUpIssue
from shop.demo.people import Person, make_passers_by
from shop.demo.renewal_stories import Year, begins
from shop.demo.stage import Stage
from shop.demo.stories import Story
from shop.demo.till import ACCOUNT, VISA
from subscriptions.calendar import RULES, add_months

SEED = 27
#: Nobody else of the demo has an address there.
DOMAIN = "lecture.example"
DAY = timedelta(days=1)
#: A charge is put off after it was announced: a day that comes sooner than this after R is R itself.
SOONEST = 4
#: Before a file is closed, for a debit that is handed in: seven banking days and a margin.
SETTLED = timedelta(days=13)


@dataclass(frozen=True, slots=True)
class First:
    """One first reader: when the story begins, who plays it, and why it is worth a look."""

    begins: datetime
    person: Person
    tale: partial[Story]
    star: str


#: Days from the present to R, the story, why it is worth a look.
YEARS = (
    (-24, partial(stories.renews), "renewed last month: the next year, its invoice and its receipt"),
    (-24, partial(stories.renews, becomes=stories.LOST), "lapsed for want of payment, with a way back in the letter"),
    (-2, partial(stories.renews, becomes=stories.NO_FUNDS), "renewal refused by the bank, to be tried again"),
    (-2, partial(stories.renews, becomes=stories.LOST), "renewal waiting for another card"),
    (-2, partial(stories.renews, becomes=stories.ASKS_AGAIN), "renewal waiting for a yes at the bank"),
    (-2, partial(stories.renews, means=ACCOUNT), "renewal by direct debit, on its way"),
    (20, partial(stories.renews, means=VISA), "renewal announced: the legal notice has left"),
    (20, partial(stories.is_left_to_choose), "renewal left to the reader's choice"),
    (20, partial(stories.says_no), "automatic renewal turned off in the account"),
    (20, partial(stories.terminates), "terminated by the public function, runs to its end"),
    (-24, partial(stories.is_a_year_in_arrears), "a fixed year that is over, and was reminded of it"),
)
#: Days from the present to the beginning of stories that are about stopping only.
STOPPING = (
    (-6, stories.withdraws_by_the_function, "withdrew by the public function, given back"),
    (-1, stories.declares_without_a_number, ""),
)


def cast_first_readers(
    stage: Stage, *, but: Sequence[Person], issues: Sequence[MadeUpIssue], until: datetime
) -> tuple[list[First], set[date]]:
    """Who plays, and the days on which the clockwork turns for them, none after `until`."""
    random = Random(SEED)  # noqa: S311 - a plan, no secret
    strangers = make_passers_by(len(YEARS) + len(STOPPING), random, but=but)
    people = iter([one.with_email_at(DOMAIN) for one in strangers])
    on = until.astimezone(PARIS).date()
    found: list[First] = []
    # Before ten o'clock today's turn has not come yet.
    days: set[date] = {on - DAY, on}
    booked: set[date] = set()
    for away, tale, star in YEARS:
        debit = tale.keywords.get("means") is ACCOUNT
        year, person = year_for(on + away * DAY, issues, debit=debit), next(people)
        year = replace(year, books=debit or year.ordered_on not in booked)
        booked.add(year.ordered_on)
        days |= year.days() | ({year.renews_on - 15 * DAY} if debit else set())
        found.append(First(begins(year), person, partial(tale, stage, person, year), star))
    for away, told, star in STOPPING:
        person = next(people)
        found.append(First(until + away * DAY, person, partial(told, stage, person), star))
    return found, {day for day in days if day <= on}


def year_for(renews_on: date, issues: Sequence[MadeUpIssue], *, debit: bool = False) -> Year:
    """The year whose R comes last before a day, or on it; put off to that day where the two are not the same. Pure.

    `debit`: paid by direct debit, so ordered in time for the bank to answer before the file is closed.
    """
    spare = SETTLED if debit else DAY
    wanted = add_months(renews_on, -RULES.term_months)
    starts = []
    for before, issue in itertools.pairwise(issues):
        first = max(issue.post_on - timedelta(days=RULES.start_days_before_post), before.cutoff_on)
        if first <= wanted:
            starts.append(min(issue.cutoff_on - spare, wanted))
    start = max(starts)
    first = add_months(start, RULES.term_months)
    return Year(start, first, renews_on if (renews_on - first).days >= SOONEST else first)
