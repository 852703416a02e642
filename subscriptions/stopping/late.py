"""What is owed on top of a refund that came late: the table of C. conso L242-4 (withdrawal), the legal rate of L241-3. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from payments.money import round_cents

#: (days late at most, percent on top of the sum); up to ten days it is the legal rate itself.
STEPS: tuple[tuple[int, Decimal], ...] = (
    (20, Decimal(5)),
    (30, Decimal(10)),
    (60, Decimal(20)),
    (90, Decimal(50)),
)
LEGAL_RATE_DAYS = 10
LAST_STEP_DAYS, LAST_PERCENT = STEPS[-1]
#: Beyond ninety days: five points for each further month begun, until the price itself is reached.
POINTS_A_MONTH, MONTH_DAYS, CEILING = Decimal(5), 30, Decimal(100)
_CAPPED_AFTER = LAST_STEP_DAYS + MONTH_DAYS * int((CEILING - LAST_PERCENT) / POINTS_A_MONTH)


def uplift(amount: Decimal, *, due_on: date, paid_on: date, legal_rate: Decimal) -> Decimal:
    """What L242-4 adds to `amount` euros due on `due_on` and given back on `paid_on`; 0.00 if it was in time.

    `legal_rate` in percent a year. Up to 10 days late the sum is raised by that rate; 5 % beyond 10 days, 10 % beyond
    20, 20 % beyond 30, 50 % beyond 60, 5 points more for each further month begun beyond 90, up to the price; after
    that the legal rate runs by the day.
    """
    days = (paid_on - due_on).days
    if days <= 0:
        return Decimal("0.00")
    if days <= LEGAL_RATE_DAYS:
        return round_cents(amount * legal_rate / 100)
    for most, percent in STEPS:
        if days <= most:
            return round_cents(amount * percent / 100)
    months = -(-(days - LAST_STEP_DAYS) // MONTH_DAYS)
    percent = min(LAST_PERCENT + POINTS_A_MONTH * months, CEILING)
    beyond = max(days - _CAPPED_AFTER, 0)
    return round_cents(amount * percent / 100 + interest_of(amount, days=beyond, legal_rate=legal_rate))


def interest(amount: Decimal, *, due_on: date, paid_on: date, legal_rate: Decimal) -> Decimal:
    """Interest at the legal rate on a refund of L215-1 that came late (C. conso L241-3), by the day; 0.00 if in time."""
    return round_cents(interest_of(amount, days=max((paid_on - due_on).days, 0), legal_rate=legal_rate))


def interest_of(amount: Decimal, *, days: int, legal_rate: Decimal) -> Decimal:
    """Simple interest of some days, not rounded."""
    return amount * legal_rate * days / 36500
