"""Each fault that a payout may have is one discrepancy, by its name, and none hides another: planted in the till or the bank alone.

The shop lives on meanwhile: Stripe pays out every banking day, the nightly jobs read, number and match, finance hands the bank's
statements in on Mondays and ends what it finds. What was found is counted whether it has ended since or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from django.db.models import Count

from payments.bank.writing import UNEXPLAINED
from payments.models import BalanceMovement, BankLine, BankMatch, DeskItem, Discrepancy, Payout
from payments.reconciliation.overdue import MATTERS
from payments.sandbox import movements, paying_out
from payments.sandbox.store import Obj
from payments.sandbox.world import World
from shop.watch.audit import breaches
from subscriptions.losses.stock import enter
from subscriptions.models import Issue, SoldIssue
from tests.simulation.acts.singles import buys
from tests.simulation.acts.staff import FULFILMENT
from tests.simulation.clock import paris
from tests.simulation.faults.stripe_account import (
    below_zero,
    by_hand,
    failed,
    foreign,
    own_line,
    unknown,
)
from tests.simulation.faults.stripe_account import failed_after_paid as comes_back
from tests.simulation.plan import Plan
from tests.simulation.run import fill, opened, settle, simulate
from tests.simulation.shop import Shop

pytestmark = pytest.mark.usefixtures("transactional_db")

#: What is planted is found by then: a payment waits a week for its line, a payout for its statement, quiet days for a Monday.
FOUND_WITHIN = timedelta(days=18)
Plant = Callable[[Shop], None]
Price = Callable[[World, str], None]


def names() -> Counter[str]:
    """Everything that was ever found: discrepancies with Stripe, and the bank's."""
    found = Counter(Discrepancy.objects.values_list("kind", flat=True))
    found.update(DeskItem.objects.filter(kind__in=MATTERS).values_list("kind", flat=True))
    stripes = [line.subject for line in BankLine.objects.filter(text__contains="STRIPE")]
    found.update(DeskItem.objects.filter(kind=UNEXPLAINED, subject__in=stripes).values_list("kind", flat=True))
    return found


def lives(shop: Shop, pause: timedelta = FOUND_WITHIN) -> None:
    """So much time goes by."""
    for _step in shop.until(shop.clock.now + pause):
        pass
    assert shop.failures == []


# --- in the till ------------------------------------------------------------------------------------------------------


class Prices:
    """Puts charges on Stripe's balance; what is `waiting` is done to the next ones instead, one each."""

    def __init__(self, price: Price) -> None:
        self.price, self.waiting = price, []

    def __call__(self, world: World, charge: str) -> None:
        ours = "product" not in world.need("charge", charge)["metadata"]
        (self.waiting.pop(0) if ours and self.waiting else self.price)(world, charge)


def _next_price(shop: Shop, instead: Callable[[Price, World, str], None]) -> None:
    """The next charge is put on Stripe's balance so."""
    doings = shop.till.world.doings
    prices = doings["price"]
    if not isinstance(prices, Prices):
        doings["price"] = prices = Prices(prices)
    prices.waiting.append(partial(instead, prices.price))


def missing_charge(shop: Shop) -> None:
    """Stripe's balance never shows a charge that the books know."""
    _next_price(shop, lambda price, world, charge: None)


def doubled_charge(shop: Shop) -> None:
    """It shows one twice."""

    def twice(price: Price, world: World, charge: str) -> None:
        price(world, charge)
        source = world.need("charge", charge)
        line = world.need("balance_transaction", source["balance_transaction"])
        movements.book(
            world, amount=line["amount"], fee=line["fee"], source=source, kind=line["type"], category="charge"
        )

    _next_price(shop, twice)


def wrong_amount(shop: Shop) -> None:
    """It shows two euros less than was paid."""

    def less(price: Price, world: World, charge: str) -> None:
        price(world, charge)
        line = world.need("balance_transaction", world.need("charge", charge)["balance_transaction"])
        world.change(line, amount=line["amount"] - 200, net=line["net"] - 200)

    _next_price(shop, less)


def changed_fee(shop: Shop) -> None:
    """A fee is another one in the payout than it was when it was booked."""
    known = set(BalanceMovement.objects.filter(payment__isnull=False).values_list("stripe_id", flat=True))

    def change() -> None:
        world = shop.till.world
        waiting = world.store.newest("balance_transaction", _waiting="yes")
        line = next((one for one in waiting if one["id"] in known or _is_read(one)), None)
        if line is None:
            shop.agenda.add(shop.clock.now + timedelta(hours=5), change)
            return
        world.change(line, fee=line["fee"] + 100, net=line["net"] - 100)

    change()


def _is_read(line: Obj) -> bool:
    return BalanceMovement.objects.filter(stripe_id=line["id"], payment__isnull=False).exists()


def foreign_charge(shop: Shop) -> None:
    """Another product of the account has sold something."""
    foreign(shop, shop.plan.chance("mugs", shop.clock.now))


def unknown_type(shop: Shop) -> None:
    """A line of a type that nobody has heard of."""
    with shop.till.world.lock:
        paying_out.own_line(shop.till.world, "moon_rent", -300)


def failed_after_paid(shop: Shop) -> None:
    """The next payout is given for paid, and comes back two days later."""
    known = {one["id"] for one in shop.till.world.store.all("payout")}

    def fail() -> None:
        fresh = [
            one for one in shop.till.world.store.all("payout") if one["id"] not in known and one["status"] == "paid"
        ]
        if fresh and Payout.objects.filter(stripe_payout=fresh[0]["id"], state="paid").exists():
            paying_out.fail(shop.till.world, fresh[0]["id"])
        else:
            shop.agenda.add(shop.clock.now + timedelta(hours=11), fail)

    fail()


# --- at the bank ------------------------------------------------------------------------------------------------------


def missing_bank_line(shop: Shop) -> None:
    """The next payout is on no statement."""
    shop.bank.moods.append("missing")


def wrong_bank_line(shop: Shop) -> None:
    """The next one is ten cents less there."""
    shop.bank.moods.append("wrong for good")


#: The eight of the issue; « wrong amount » on both sides of Stripe.
FAULTS: dict[str, Plant] = {
    "missing_line": missing_charge,
    "doubled": doubled_charge,
    "changed": changed_fee,
    "foreign": foreign_charge,
    "payout_not_at_bank": missing_bank_line,
    "payout_other_at_bank": wrong_bank_line,
    "other_amount": wrong_amount,
    "unknown_type": unknown_type,
    "failed_after_paid": failed_after_paid,
}


@pytest.mark.long
def test_each_planted_fault_is_one_discrepancy_and_none_hides_another():
    """One after the other, then all of them in the same days."""
    plan = Plan(begins=date(2027, 2, 1), years=1, readers=0, bulk=230, bulk_days=230, seed=12)
    seen: dict[str, Counter[str]] = {}
    with opened(plan) as shop:
        fill(shop)
        lives(shop, timedelta(days=18))
        assert names() == Counter(), "nothing was planted yet"
        before = names()
        for name, plant in FAULTS.items():
            plant(shop)
            lives(shop)
            seen[name], before = names() - before, names()
        for plant in FAULTS.values():
            plant(shop)
        lives(shop, timedelta(days=25))
        settle(shop)
        together = names() - before
        found = [
            breach
            for breach in breaches(shop.clock.now)
            if breach[0] in ("PAYOUT", "BALANCED", "NUMBERED", "VAT", "MIRROR")
        ]
    wanted = {name: Counter({name: 1}) for name in FAULTS} | {"all": Counter(dict.fromkeys(FAULTS, 1))}
    assert seen | {"all": together} == wanted
    assert found == []


# --- and without a fault ----------------------------------------------------------------------------------------------


def _everything_odd(shop: Shop) -> None:
    """What a bank does to payouts, what Stripe does by itself, past issues to be had, and two readers who want some."""
    shop.bank.moods += ["split", "untraced", "wrong", "late", "reversed"]
    chance = shop.plan.chance("odd")
    for day, strike in enumerate((own_line, by_hand, foreign, unknown, below_zero, failed, comes_back), start=2):
        at = paris(shop.plan.begins + timedelta(days=6 * day), 12)
        shop.agenda.add(at, lambda strike=strike: strike(shop, chance))  # type: ignore[misc]
    shop.agenda.add(paris(shop.plan.begins + timedelta(days=50), 9), lambda: _in_stock(shop))
    for number, reader in enumerate(shop.readers):
        at = paris(shop.plan.begins + timedelta(days=51 + number), 18)
        shop.tell(reader.name, "buys past issues", lambda reader=reader: buys(shop, reader), at=at)  # type: ignore[misc]


def _in_stock(shop: Shop) -> None:
    issue = Issue.objects.get(state=Issue.State.POSTED)
    enter(issue.pk, "received", 9, actor=FULFILMENT, at=shop.clock.now, reason="passe du routage")


def test_three_months_of_an_odd_bank_leave_nothing():
    """Through finance's pages: statements in, lines explained, discrepancies ended, February and March closed at 0,00 €."""
    plan = Plan(begins=date(2027, 2, 1), years=0.2, readers=2, bulk=12, bulk_days=50, seed=5, audit_months=3)
    report = simulate(plan, meddle=_everything_odd)
    assert report.clean, (report.failures[:3], report.found[:5])
    assert report.remainders == {"2027-02": "0.00", "2027-03": "0.00"}
    kinds = set(BankMatch.objects.values_list("kind", flat=True))
    assert kinds >= {"payout", "rule", "booked", "not_ours"}
    assert {row.automatic for row in BankMatch.objects.filter(kind="rule")} == {True}
    assert Payout.objects.filter(amount__lt=0, arrived_on__isnull=False).exists(), "below zero, collected by the bank"
    cut = BankMatch.objects.filter(kind="payout").values("source").annotate(lines=Count("pk")).filter(lines=2)
    assert cut.exists(), "cut in two, put together by hand"
    assert set(Discrepancy.objects.values_list("kind", flat=True)) >= {"foreign", "unknown_type"}
    assert not Discrepancy.objects.filter(ended_at=None).exists()
    assert not DeskItem.objects.filter(kind__in=MATTERS, closed_at=None).exists()
    assert SoldIssue.objects.exists()
    assert not SoldIssue.objects.filter(state="reserved", order__state="paid").exists()
