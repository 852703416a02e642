"""The uplift of a late refund, row by row of C. conso L242-4."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.stopping.late import interest, uplift

DUE = date(2027, 1, 3)
RATE = Decimal("6.65")
WHOLE = Decimal("27.60")


@pytest.mark.parametrize(
    ("days", "owed"),
    [
        (-1, "0.00"),
        (0, "0.00"),
        (1, "1.84"),
        (10, "1.84"),
        (11, "1.38"),
        (20, "1.38"),
        (21, "2.76"),
        (30, "2.76"),
        (31, "5.52"),
        (60, "5.52"),
        (61, "13.80"),
        (90, "13.80"),
        (91, "15.18"),
        (120, "15.18"),
        (121, "16.56"),
        (390, "27.60"),
        (755, "29.44"),
    ],
)
def test_row(days, owed):
    assert uplift(WHOLE, due_on=DUE, paid_on=DUE + timedelta(days=days), legal_rate=RATE) == Decimal(owed)


@given(st.integers(11, 3000), st.decimals("0.01", "500", places=2))
def test_beyond_ten_days_a_later_refund_never_owes_less(days, amount):
    one, next_day = (
        uplift(amount, due_on=DUE, paid_on=DUE + timedelta(days=late), legal_rate=RATE) for late in (days, days + 1)
    )
    assert Decimal(0) <= one <= next_day


def test_interest_of_a_renewal_without_notice():
    assert interest(WHOLE, due_on=DUE, paid_on=DUE + timedelta(days=365), legal_rate=RATE) == Decimal("1.84")
    assert interest(WHOLE, due_on=DUE, paid_on=DUE, legal_rate=RATE) == 0
