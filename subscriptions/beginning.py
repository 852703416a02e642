"""With which issue does a paid order begin: the promised one, as long as that promise can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from payments.days import paris_day
from payments.models import Payment
from subscriptions.calendar import CalendarTooShort, expected_sepa_settlement, first_issue
from subscriptions.models import Issue, Order
from subscriptions.offers.catalogue import dates_of

SEPA = "sepa_debit"


def calendars(magazines: set[int]) -> Mapping[int, list[Issue]]:
    """Every issue of each magazine, in order of number. One query."""
    issues: dict[int, list[Issue]] = {magazine: [] for magazine in magazines}
    for row in Issue.objects.filter(magazine__in=magazines).order_by("number"):
        issues[row.magazine_id].append(row)
    return issues


def first_of(order: Order, payment: Payment | None, issues: Sequence[Issue], *, on: date) -> Issue | None:
    """The promised issue as long as it is not posted (late payers are in the complement), else the first one still open.

    A debit takes days: what was promised then counts from the day it was expected to be paid (design, section 6). An order
    that prolongs a subscription never begins before the issue promised to it: the ones before are its already. Nor does a
    gift, whose giver chose its first issue.
    """
    if order.renews_id is not None or order.is_gift:
        issues = [row for row in issues if row.number >= order.first_issue.number]
    ordered_on = paris_day(order.placed_at)
    known = {row.number: row for row in issues}
    unposted = [dates_of(row) for row in issues if row.posted_on is None]
    if payment is not None and payment.method_kind == SEPA:
        promised_on = max(ordered_on, min(on, expected_sepa_settlement(ordered_on)))
        reached = [row for row in unposted if promised_on < row.cutoff_on]
        if reached:
            return known[min(row.number for row in reached)]
    promised = known.get(order.first_issue.number)
    if promised is not None and promised.posted_on is None:
        return promised
    try:
        return known[first_issue([dates_of(row) for row in issues], on=on).number]
    except CalendarTooShort:
        return None
