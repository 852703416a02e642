"""The books, Stripe and the bank on the evening of a day: every difference has its name, and the remainder is there at 0,00."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.days import paris_day
from payments.models import BalanceMovement, BankLine, Payout
from payments.reconciliation.at_bank import match_arrivals
from payments.sandbox import paying_out
from payments.three_ways.standing import Named, standing, things
from payments.three_ways.things import KINDS, Kind, Side
from tests.bank.coming import come
from tests.bank.files import Said
from tests.makers import TODAY
from tests.reconciliation.account import CLOCK, bought, later, looked, paid_out, payments, world_of

pytestmark = pytest.mark.django_db(transaction=True)
EVER = TODAY + timedelta(days=60)


def at(side: Side, *, on: date = EVER):
    return standing(on).sides[side]


def named(side: Side, *, on: date = EVER) -> list[tuple[str, int, str]]:
    """The differences of a side: kind, how many, by how much the books hold more. The remainder is 0,00 each time."""
    found = at(side, on=on)
    assert found.remainder == 0
    assert found.difference == sum(one.amount for one in found.named)
    return [(str(one.kind), one.count, str(one.amount)) for one in found.named]


def test_nothing_was_ever_sold(db):
    found = standing(TODAY)
    assert [(one.books, one.said, one.named, one.remainder) for one in found.sides.values()] == [(0, 0, (), 0)] * 3
    assert found.known_until is None


def test_what(offers, till):
    bought(till)
    bought(till)
    print(named(Side.STRIPE), named(Side.TRAVELLING), named(Side.BANK))
    paid_out(till)
    looked()
    for day in range(0, 14):
        on = TODAY + timedelta(days=day)
        f = standing(on)
        print(on, [(str(s), c.books, c.said, c.remainder, [(str(n.kind), n.count, n.amount) for n in c.named]) for s, c in f.sides.items()])
    payout = Payout.objects.get()
    print(payout.arrives_on, payout.created)
    come(Said("53.88", "STRIPE PAYOUT", "Stripe", payout.arrives_on), at=later())
    f = standing(EVER)
    print([(str(s), c.books, c.said, c.remainder, [(str(n.kind), n.count, n.amount) for n in c.named]) for s, c in f.sides.items()])
    match_arrivals(actor=CLOCK, at=later())
    f = standing(EVER)
    print([(str(s), c.books, c.said, c.remainder, [(str(n.kind), n.count, n.amount) for n in c.named]) for s, c in f.sides.items()], f.known_until)
    assert 0
