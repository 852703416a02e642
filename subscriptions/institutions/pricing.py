"""What an institution pays: the price list times the copies of each issue, less what its agency is granted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from payments.money import round_cents
from subscriptions.models import Agency

ZERO = Decimal("0.00")


def discounted(price: Decimal, *, quantity: int, percent: Decimal) -> Decimal:
    """The total incl. VAT of `quantity` copies of each issue at `price` euros: line total first, then the discount, rounded
    once (law.md 1.6). 27,60 × 3 less 5 % is 78,66."""
    return round_cents(price * quantity * (100 - percent) / 100)


def discount_of(agency: Agency | None, *, on: date) -> Decimal:
    """What an agency is granted on day `on`, in percent; 0 where nobody passes the order on. One query."""
    if agency is None:
        return ZERO
    granted = agency.discounts.filter(valid_from__lte=on).order_by("-valid_from").first()
    return granted.percent if granted else ZERO
