"""Which issue: the first one an order reaches, those of a term, the one a change of address still reaches.

Everything that must be in the mailing file is in before the day of the cut-off: `on < cutoff_on`. On the cut-off day
itself the file may be closed at any hour, so an order, a payment or an address of that day goes to the next issue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments.working_days import add_banking_days, add_working_days
from subscriptions.calendar.rules import RULES


def printed(number: int, last_number: int | None = None) -> str:
    """« 26 », or « 26-27 » for an issue that bears two numbers: the one place that knows how an issue is numbered."""
    return str(number) if last_number is None else f"{number}-{last_number}"


class Numbered(Protocol):
    """Anything that bears the number, or the two numbers, of an issue."""

    @property
    def number(self) -> int: ...
    @property
    def printed(self) -> str: ...
    @property
    def ends(self) -> int: ...


@dataclass(frozen=True, slots=True)
class IssueDates:
    """What the calendar knows of one issue. `post_on` is planned, `posted_on` is what happened.

    `closed_on`: the day its mailing file was closed, if ahead of the cut-off; nothing reaches it afterwards. `last_number`:
    the second number of a double issue, which is one copy all the same; None for a single one.
    """

    number: int
    cover_month: int
    cover_year: int
    cutoff_on: date
    post_on: date
    posted_on: date | None = None
    closed_on: date | None = None
    last_number: int | None = None

    @property
    def printed(self) -> str:
        """Its number as readers see it."""
        return printed(self.number, self.last_number)

    @property
    def ends(self) -> int:
        """The last number it bears; the next issue takes the one after."""
        return self.last_number or self.number


class CalendarTooShort(ValidationError):
    """No planned issue can be promised; the message is a sentence for staff."""


def is_open(issue: IssueDates, *, on: date) -> bool:
    """Whether what is settled on day `on` still gets into the issue's mailing file."""
    return on < issue.cutoff_on and issue.closed_on is None and issue.posted_on is None


def first_issue(issues: Iterable[IssueDates], *, on: date) -> IssueDates:
    """The issue a subscription paid on day `on` begins with: the lowest number that is still open.

    `issues` in any order. Raises CalendarTooShort if no issue planned so far is open.
    """
    found = reached_by_address_change(issues, on=on)
    if found is None:
        raise CalendarTooShort(
            _("No planned issue can still be reached on %(day)s. Plan the coming issues, then sell again."),
            code="calendar_too_short",
            params={"day": on.strftime("%d/%m/%Y")},
        )
    return found


def first_of_year(issues: Iterable[IssueDates], *, year: int) -> IssueDates:
    """No. 1 of a civil year: the lowest number whose cover bears it. A term from January to December begins with it.

    `issues` in any order. Raises CalendarTooShort if none is planned, or if it is posted: its copies are gone.
    """
    first = min((issue for issue in issues if issue.cover_year == year), key=lambda issue: issue.number, default=None)
    if first is None:
        raise CalendarTooShort(
            _("No issue of %(year)s is planned yet. Plan the coming issues, then take the order."),
            code="year_not_planned",
            params={"year": year},
        )
    if first.posted_on is not None:
        raise CalendarTooShort(
            _("The first issue of %(year)s is posted: take the order from the next issue on, or for the year after."),
            code="year_begun",
            params={"year": year},
        )
    return first


def reached_by_address_change(issues: Iterable[IssueDates], *, on: date) -> IssueDates | None:
    """The first issue that goes to an address given on day `on`; None if it is not planned yet."""
    return min((issue for issue in issues if is_open(issue, on=on)), key=lambda issue: issue.number, default=None)


def issues_of_term(issues: Iterable[IssueDates], first: IssueDates, copies: int) -> tuple[IssueDates, ...]:
    """The issues of a term of `copies` that begins with `first`: as many as are known, in order of number."""
    following = sorted((issue for issue in issues if issue.number >= first.number), key=lambda issue: issue.number)
    return tuple(following[:copies])


def numbers_from(first: int, planned: Iterable[Numbered], copies: int) -> Sequence[str]:
    """The numbers of the issues that `copies` copies come with from number `first` on, as they are printed.

    `planned`: issues in any order. What is not planned yet is counted on, as single issues: « 25 », « 26-27 », « 28 », « 29 ».
    """
    following = sorted((one for one in planned if one.number >= first), key=lambda one: one.number)[:copies]
    last = following[-1].ends if following else first - 1
    rest = copies - len(following)
    return [*(one.printed for one in following), *(printed(last + step) for step in range(1, rest + 1))]


def last_of(first: int, planned: Iterable[Numbered], copies: int) -> int:
    """The last number that `copies` copies come with from number `first` on, counted on where it is not planned yet."""
    following = sorted((one for one in planned if one.number >= first), key=lambda one: one.number)[:copies]
    return (following[-1].ends if following else first - 1) + copies - len(following)


def cutoff_for(post_on: date, *, working_days: int = RULES.cutoff_working_days) -> date:
    """The usual cut-off of an issue posted on `post_on`: ten working days before (law.md 7.5)."""
    return add_working_days(post_on, -working_days)


def expected_sepa_settlement(on: date, *, banking_days: int = RULES.sepa_settlement_banking_days) -> date:
    """The day by which a direct debit handed in on day `on` is expected to be paid; promises count from it."""
    return add_banking_days(on, banking_days)
