"""The books, Stripe and the bank on the evening of a day: every difference has its name, and the remainder is there at 0,00."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments import fees, gateway
from payments.models import BalanceMovement, Discrepancy, Payment, Payout
from payments.reconciliation import moving
from payments.reconciliation.at_bank import match_arrivals
from payments.reconciliation.discrepancies import book as book_discrepancy
from payments.sandbox import paying_out
from payments.three_ways.standing import Thing, standing, things
from payments.three_ways.things import KINDS, Kind, Side
from subscriptions.bank.explaining import not_ours
from subscriptions.models import Offer
from tests.backoffice.sold import sell
from tests.bank.coming import come
from tests.bank.files import Said
from tests.closing.conftest import book
from tests.institutions.papers import take, transfer
from tests.makers import CLERK, NOW, TODAY
from tests.reconciliation.account import CLOCK, bought, later, looked, paid_out, world_of

pytestmark = pytest.mark.django_db(transaction=True)
#: Long after everything that these stories tell.
EVER = TODAY + timedelta(days=60)


def named(side: Side, *, on: date = EVER) -> list[tuple[str, int, str]]:
    """The differences of a side: kind, how many, by how much the books hold more. No side has a remainder."""
    found = standing(on).sides
    assert [one.remainder for one in found.values()] == [0, 0, 0]
    assert found[side].difference == sum((one.amount for one in found[side].named), Decimal(0))
    return [(str(one.kind), one.count, str(one.amount)) for one in found[side].named]


def positions(on: date) -> list[tuple[str, str]]:
    """What the books hold and what the other side says, side by side."""
    found = standing(on).sides.values()
    assert [one.remainder for one in found] == [0, 0, 0]
    return [(f"{one.books:.2f}", f"{one.said:.2f}") for one in found]


def test_nothing_was_ever_sold(db):
    assert positions(TODAY) == [("0.00", "0.00")] * 3
    assert standing(TODAY).known_until is None


def test_two_years_sold_on_their_way_from_the_card_to_the_bank(offers, till):
    """27,60 twice, less 0,66 each: at Stripe, then travelling, then at the bank; on each evening all three agree."""
    bought(till)
    bought(till)
    paid_out(till)
    looked()
    assert positions(TODAY - timedelta(days=1)) == [("0.00", "0.00")] * 3
    assert positions(TODAY) == [("53.88", "53.88"), ("0.00", "0.00"), ("0.00", "0.00")]
    payout = Payout.objects.get()
    left = payout.created.date()
    assert positions(left) == [("0.00", "0.00"), ("53.88", "53.88"), ("0.00", "0.00")]
    [line] = come(Said("53.88", "STRIPE PAYOUT", "Stripe", payout.arrives_on), at=later())
    assert named(Side.BANK) == [("unexplained", 1, "-53.88"), ("opening", 1, "-1000.00")]
    match_arrivals(actor=CLOCK, at=later())
    assert positions(EVER) == [("0.00", "0.00"), ("0.00", "0.00"), ("53.88", "1053.88")]
    assert named(Side.BANK) == [("opening", 1, "-1000.00")]
    # The evening before the bank showed it, it was still travelling; of the day itself the statement tells.
    assert positions(line.booked_on - timedelta(days=1))[1] == ("53.88", "53.88")
    assert standing(EVER).known_until == line.booked_on
    assert standing(EVER).books == Decimal("53.88")


def test_two_statements_and_a_hole_between_them(offers, till):
    """The second begins with 40,00 more than the first left: one line is missing, and it is seen."""
    come(Said("5.00", "A"), at=NOW)
    second = TODAY + timedelta(days=3)
    come(Said("-2.00", "B", on=second), opening="1045.00", ident="R2", sequence="233", on=second, at=later())
    assert named(Side.BANK) == [("unexplained", 2, "-3.00"), ("gap", 1, "-40.00"), ("opening", 1, "-1000.00")]
    assert positions(TODAY)[2] == ("0.00", "1005.00")
    assert positions(EVER)[2] == ("0.00", "1043.00")


# --- one story for each row of the table ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """How a difference comes about, and what is read of it."""

    side: Side
    kind: Kind
    amount: str
    story: Callable[[World], None]


@dataclass
class World:
    """A shop with one year sold, its fee known and its payout travelling; and what may be done to it."""

    till: object
    payment: Payment
    payout: Payout
    superuser: psycopg.Connection

    def plant(self, *statements: str) -> None:
        """What no role of the shop may do."""
        with self.superuser.transaction():
            self.superuser.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                assert self.superuser.execute(statement).rowcount == 1, statement

    def line(self, kind: str, cents: int, *, explained: bool = True) -> None:
        """A line of Stripe's own, read, and explained unless told otherwise."""
        world = world_of(self.till)
        with world.lock:
            paying_out.own_line(world, kind, cents)
        if explained:
            looked(later(20))
        else:
            fees.read_movements(actor=CLOCK, at=later(20))


def _sold_and_not_read(world: World) -> None:
    sell(Offer.objects.get(renewal="fixed"), number=2)


def _heard_of_only(world: World) -> None:
    """A payout that Stripe told of, whose line of the balance was not read yet."""
    world.line("adjustment", 2694)
    name = paid_out(world.till)
    moving.apply([gateway.fetch_payout(name)], actor=CLOCK, at=later(30))


def _shown_and_not_said(world: World) -> None:
    come(Said("5.00", "VIREMENT", on=TODAY), opening="0.00")


def _not_the_shops(world: World) -> None:
    [line] = come(Said("-900.00", "SALAIRES", on=TODAY), opening="0.00")
    not_ours(line.pk, reason="salaires", actor=CLERK, at=NOW)


def _noted_by_hand(world: World) -> None:
    transfer(take().invoice, "27.60")


def _arrived(world: World) -> None:
    come(Said("26.94", "STRIPE PAYOUT", "Stripe", world.payout.arrives_on), opening="0.00", at=later())
    match_arrivals(actor=CLOCK, at=later())


def _booked_by_hand(world: World) -> None:
    world.line("moon_rent", -300)
    one = Discrepancy.objects.get(kind="unknown_type")
    book_discrepancy(one.pk, to="TRANSIT", reason="c’était un virement", actor=CLERK, at=later(20))


def _missing_and_booked(world: World) -> None:
    """A payment that the books hold and Stripe never shows: finance books the difference as a loss."""
    _sold_and_not_read(world)
    looked(later(20))
    one = Discrepancy.objects.get(kind="missing_line")
    book_discrepancy(one.pk, to="BAD_DEBT", reason="jamais encaissé", actor=CLERK, at=later(20))


def _on_another_day(thing: str) -> str:
    return f"UPDATE payments_ledgerentry SET booked_on = '{EVER + timedelta(days=1)}' WHERE source = '{thing}'"


ROWS = [
    Row(Side.STRIPE, Kind.OTHER_DAY, "-27.60", lambda world: world.plant(_on_another_day(f"payment:{world.payment.pk}"))),
    Row(Side.STRIPE, Kind.NOT_THERE, "27.60", _sold_and_not_read),
    Row(Side.STRIPE, Kind.NOT_IN_BOOKS, "2.50", lambda world: world.line("charge", -250, explained=False)),
    Row(
        Side.STRIPE, Kind.OTHER_AMOUNT, "0.60",
        lambda world: world.plant(
            f"UPDATE payments_balancemovement SET amount = 27, net = 27 - fee WHERE payment_id = {world.payment.pk}"
        ),
    ),
    Row(
        Side.STRIPE, Kind.FEE, "0.34",
        lambda world: world.plant(
            f"UPDATE payments_balancemovement SET fee = 1, net = amount - 1 WHERE payment_id = {world.payment.pk}"
        ),
    ),
    Row(Side.STRIPE, Kind.BY_HAND, "-27.60", _missing_and_booked),
    Row(Side.STRIPE, Kind.OTHER_ENTRY, "8.00", lambda world: book("odd:1", on=TODAY, amount="8.00")),
    Row(
        Side.TRAVELLING, Kind.OTHER_DAY, "-26.94",
        lambda world: world.plant(
            _on_another_day(f"movement:{BalanceMovement.objects.get(stripe_id=world.payout.movement).pk}")
        ),
    ),
    Row(
        Side.TRAVELLING, Kind.NOT_THERE, "26.94",
        lambda world: world.plant("UPDATE payments_payout SET state = 'failed', state_since = created"),
    ),
    Row(Side.TRAVELLING, Kind.NOT_IN_BOOKS, "-26.94", _heard_of_only),
    Row(Side.TRAVELLING, Kind.OTHER_AMOUNT, "-0.06", lambda world: world.plant("UPDATE payments_payout SET amount = 27")),
    Row(Side.TRAVELLING, Kind.TOPUP, "-100.00", lambda world: world.line("topup", 10000)),
    Row(Side.TRAVELLING, Kind.BY_HAND, "3.00", _booked_by_hand),
    Row(Side.TRAVELLING, Kind.OTHER_ENTRY, "8.00", lambda world: book("odd:1", on=TODAY, amount="8.00", debit="TRANSIT")),
    Row(
        Side.BANK, Kind.OTHER_DAY, "-26.94",
        lambda world: (_arrived(world), world.plant(_on_another_day(f"payout_arrived:{world.payout.pk}"))),
    ),
    Row(Side.BANK, Kind.NOT_THERE, "27.60", _noted_by_hand),
    Row(
        Side.BANK, Kind.NOT_IN_BOOKS, "-26.94",
        lambda world: (
            _arrived(world), world.plant(f"UPDATE payments_ledgerentry SET source = 'x' WHERE source = 'payout_arrived:{world.payout.pk}'")
        ),
    ),
    Row(
        Side.BANK, Kind.OTHER_AMOUNT, "-0.06",
        lambda world: (
            _arrived(world), world.plant("UPDATE payments_bankmatch SET amount = 27", "UPDATE payments_bankline SET amount = 27", "UPDATE payments_bankstatement SET closing = 27")
        ),
    ),
    Row(Side.BANK, Kind.UNEXPLAINED, "-5.00", _shown_and_not_said),
    Row(Side.BANK, Kind.NOT_OURS, "900.00", _not_the_shops),
    Row(
        Side.BANK, Kind.GAP, "-40.00",
        lambda world: (
            come(opening="0.00"), come(opening="40.00", ident="R2", sequence="233", on=TODAY + timedelta(days=3), at=later())
        ),
    ),
    Row(Side.BANK, Kind.OPENING, "-1000.00", lambda world: come()),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.side} {row.kind}")
def test_row(offers, till, superuser, row):
    bought(till)
    paid_out(till)
    looked()
    assert [named(side) for side in Side] == [[], [], []]
    row.story(World(till, Payment.objects.get(), Payout.objects.get(), superuser))
    assert (str(row.kind), row.amount) in [(kind, amount) for kind, _count, amount in named(row.side)]
    found = things(row.side, row.kind, on=EVER)
    assert sum(one.booked - one.said for one in found) == Decimal(row.amount)
    assert all((isinstance(one, Thing) and ":" in one.name) or one.name == "x" for one in found)


def test_every_kind_of_every_side_has_its_story():
    assert {(row.side, row.kind) for row in ROWS} == {(side, kind) for side, kinds in KINDS.items() for kind in kinds}


def test_as_many_queries_for_many_things_as_for_one(offers, till):
    bought(till)
    with CaptureQueriesContext(connection) as one:
        standing(EVER)
    bought(till)
    bought(till)
    with CaptureQueriesContext(connection) as three:
        standing(EVER)
    assert len(one) == len(three) == 7
