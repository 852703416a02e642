"""From when to when: the dates of each term, the last day to refuse, the window of the legal notice."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from subscriptions.calendar.issues import IssueDates
from subscriptions.calendar.rules import RULES, Rules

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TermDates:
    """A term runs from `starts_on` to `ends_on`, both included; `renews_on` (R) is the day after."""

    starts_on: date
    ends_on: date
    renews_on: date


@dataclass(frozen=True, slots=True)
class NoticeWindow:
    """When the legal notice may go out (both days included), and when we send it.

    `opens_on` to `closes_on` is the law's window; `send_from` to `send_until` leaves a guard at each end; `target_on`
    is the planned day.
    """

    opens_on: date
    closes_on: date
    send_from: date
    send_until: date
    target_on: date


def add_months(on: date, months: int) -> date:
    """The same day `months` later (earlier, if negative), or the month's last day where that day does not exist."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def term_after(first_start: date, number: int, *, rules: Rules = RULES) -> TermDates:
    """Dates of term `number` (1, 2, 3…), counted from the first start so that month ends never drift.

    From 29 February 2028: R is 28 February in common years and 29 February again in 2032. After a lapse the count
    begins anew: pass the start and the ordinal of the new stretch. Raises ValueError for a number below 1.
    """
    if number < 1:
        raise ValueError("terms are numbered from 1")
    renews_on = add_months(first_start, rules.term_months * number)
    return TermDates(add_months(first_start, rules.term_months * (number - 1)), renews_on - _DAY, renews_on)


def term_dates(
    first: IssueDates,
    *,
    ordered_on: date,
    number: int = 1,
    first_start: date | None = None,
    rules: Rules = RULES,
) -> TermDates:
    """Dates of a term, fixed at the sale (law.md 4.7).

    Term 1 starts 45 days before the planned post date of its `first` issue, never before `ordered_on`; a later term
    follows from `first_start`, which it then needs (ValueError otherwise).
    """
    if first_start is None:
        if number != 1:
            raise ValueError("a later term is counted from the first start")
        first_start = max(first.post_on - timedelta(days=rules.start_days_before_post), ordered_on)
    return term_after(first_start, number, rules=rules)


def year_dates(year: int) -> TermDates:
    """Dates of the term of a civil year, as institutions order them (law.md 7.6): January to December."""
    return TermDates(date(year, 1, 1), date(year, 12, 31), date(year + 1, 1, 1))


def last_day_to_refuse(renews_on: date) -> date:
    """D: the day before the renewal, to its last minute (law.md 4.7)."""
    return renews_on - _DAY


def legal_notice_window(
    renews_on: date, *, guard_days: int | None = None, by_post: bool = False, rules: Rules = RULES
) -> NoticeWindow:
    """When the notice of renewal must reach the reader: three months to one month before D (C. conso L215-1).

    R 15/03/2027 gives 14/12/2026 to 14/02/2027, sent on 13/01/2027; R 31/05/2027 gives 28/02/2027 to 30/04/2027. `by_post`: planned earlier, by the days that posting takes.
    """
    guard = timedelta(days=rules.notice_guard_days if guard_days is None else guard_days)
    last_day = last_day_to_refuse(renews_on)
    opens_on = add_months(last_day, -rules.notice_opens_months)
    closes_on = add_months(last_day, -rules.notice_closes_months)
    return NoticeWindow(
        opens_on=opens_on,
        closes_on=closes_on,
        send_from=opens_on + guard,
        send_until=closes_on - guard,
        target_on=last_day - timedelta(days=rules.notice_target_days_paper if by_post else rules.notice_target_days),
    )
