"""The one calculator of dates (design 6; law.md 4.4, 4.7, 7.5).

Pure: days come in and go out as Europe/Paris dates, nothing reads a clock or a table. Checkout, account, letters and
staff pages all ask here, so that they all say the same day. Every number is a field of `Rules`, data the publisher can
change; the sentences around the dates are written elsewhere.
"""

from subscriptions.calendar.delivery import (
    ClaimWindow,
    DeliveryZone,
    claim_window,
    delivery_zone_of,
    withdraw_until,
)
from subscriptions.calendar.issues import (
    CalendarTooShort,
    IssueDates,
    Numbered,
    cutoff_for,
    expected_sepa_settlement,
    first_issue,
    first_of_year,
    is_open,
    issues_of_term,
    last_of,
    numbers_from,
    printed,
    reached_by_address_change,
)
from subscriptions.calendar.pausing import MOST_OF_A_TERM, put_off, taken_back
from subscriptions.calendar.rules import RULES, Rules
from subscriptions.calendar.terms import (
    NoticeWindow,
    TermDates,
    add_months,
    last_day_to_refuse,
    legal_notice_window,
    term_after,
    term_dates,
    year_dates,
)

__all__ = [
    "MOST_OF_A_TERM",
    "RULES",
    "CalendarTooShort",
    "ClaimWindow",
    "DeliveryZone",
    "IssueDates",
    "NoticeWindow",
    "Numbered",
    "Rules",
    "TermDates",
    "add_months",
    "claim_window",
    "cutoff_for",
    "delivery_zone_of",
    "expected_sepa_settlement",
    "first_issue",
    "first_of_year",
    "is_open",
    "issues_of_term",
    "last_day_to_refuse",
    "last_of",
    "legal_notice_window",
    "numbers_from",
    "printed",
    "put_off",
    "reached_by_address_change",
    "taken_back",
    "term_after",
    "term_dates",
    "withdraw_until",
    "year_dates",
]
