"""A payout from Stripe's balance to the bank, and one story for each kind of discrepancy: planted once, found once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from payments import refunds
from payments.audit import balance_of
from payments.models import BalanceMovement, DeskItem, Discrepancy, LedgerEntry, Payment, Payout, PayoutEvent
from payments.reconciliation import arriving, discrepancies
from payments.reconciliation.sums import made_of
from payments.sandbox import disputing, movements, paying_out, refunding
from subscriptions.models import Order
from subscriptions.refunding import refund_in_full
from tests.makers import CLERK, TODAY
from tests.mirror.nights import night
from tests.reconciliation.account import (
    CLOCK,
    bought,
    breached,
    charge_by_hand,
    found,
    later,
    looked,
    paid_out,
    payments,
    the_payout,
    world_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
A_YEAR, FEE = Decimal("27.60"), Decimal("0.66")


def meanings() -> dict[str, int]:
    rows = BalanceMovement.objects.order_by("pk").values_list("meaning", flat=True)
    return {name: list(rows).count(name) for name in sorted(set(rows))}


def test_from_the_card_to_the_bank(offers, till):
    """Two years at 27,60 €, fees 0,66 €: 53,88 € leave 517 for the transit account, and that for 512 (law.md 6.3)."""
    bought(till)
    bought(till)
    paid_out(till)
    assert looked().found == 0
    payout = the_payout()
    assert (payout.state, payout.amount, payout.itemised) == ("paid", Decimal("53.88"), True)
    assert meanings() == {"payment": 2, "payout": 1}
    (part,) = made_of([payout])[payout.pk].parts
    assert (part.meaning, part.count, part.amount, part.fee, part.net) == (
        "payment", 2, Decimal("55.20"), Decimal("1.32"), Decimal("53.88"),
    )  # fmt: skip
    assert made_of([payout])[payout.pk].remainder == 0
    assert (balance_of("517000"), balance_of("580000"), balance_of("512000")) == (0, Decimal("53.88"), 0)
    assert list(arriving.waiting_for_bank()) == [payout]
    for _twice in range(2):
        arriving.arrived(payout.pk, bank_reference="REL-1", on=TODAY, actor=CLERK, at=later())
    assert (balance_of("580000"), balance_of("512000")) == (0, Decimal("53.88"))
    with pytest.raises(ValidationError):
        arriving.arrived(payout.pk, bank_reference="REL-2", on=TODAY, actor=CLERK, at=later())
    assert (list(arriving.waiting_for_bank()), found(), breached()) == ([], [], [])


def test_twice_changes_nothing(offers, till):
    bought(till)
    paid_out(till)
    looked()
    before = (LedgerEntry.objects.count(), BalanceMovement.objects.count(), PayoutEvent.objects.count())
    assert (looked().movements, looked().explained) == (0, 0)
    assert (LedgerEntry.objects.count(), BalanceMovement.objects.count(), PayoutEvent.objects.count()) == before


def test_refunds_and_disputes_are_ours_too(offers, till, hear):
    """One given back, one given back and returned by the bank, one disputed and won: nothing is left to explain."""
    first, second, third = bought(till), bought(till), bought(till)
    for payment in (first, second):
        order = Order.objects.get(pk=int(payment.subject.removeprefix("order:")))
        made = refund_in_full(order, reason="rétractation", actor=CLOCK, at=timezone.now())
        refunds.send(made.pk, actor=CLOCK, at=timezone.now())
    world = world_of(till)
    with world.lock:
        refunding.fail(world, made.__class__.objects.get(pk=made.pk).stripe_refund)
        opened = disputing.dispute(world, third.stripe_charge)
        disputing.close(world, opened["id"], won=True)
    while hear():
        pass
    paid_out(till)
    looked()
    assert meanings() == {
        "dispute": 1, "dispute_returned": 1, "payment": 3, "payout": 1, "refund": 2, "refund_failed": 1,
    }  # fmt: skip
    payout = the_payout()
    assert payout.amount == 2 * A_YEAR - 3 * FEE - 20
    assert (found(), breached(), balance_of("580000")) == ([], [], payout.amount)


@pytest.mark.parametrize(
    ("kind", "category", "amount", "meaning", "account"),
    [
        ("stripe_fee", "fee", -250, "stripe_fee", "627800"),
        ("stripe_fx_fee", "fee", -30, "stripe_fee", "627800"),
        ("tax_fee", "tax", -20, "stripe_fee", "627800"),
        ("adjustment", "other_adjustment", 120, "adjustment", "658000"),
        ("fee_credit_funding", "", 100, "adjustment", "658000"),
        ("reserve_hold", "risk_reserved_funds", -500, "reserve", "517100"),
        ("topup", "topup", 4000, "topup", "580000"),
    ],
)
def test_what_is_stripes_own_is_booked_to_its_account(offers, till, kind, category, amount, meaning, account):
    bought(till)
    with world_of(till).lock:
        paying_out.own_line(world_of(till), kind, amount, category=category)
    paid_out(till)
    looked()
    line = BalanceMovement.objects.get(kind=kind)
    assert (line.meaning, line.payout) == (meaning, the_payout())
    lines = LedgerEntry.objects.get(source=f"movement:{line.pk}").lines
    assert lines.get(account=account).credit - lines.get(account=account).debit == Decimal(amount) / 100
    assert (found(), breached(), balance_of("517000")) == ([], [], 0)


# --- one story per kind ----------------------------------------------------------------------------------------------


def one_only(kind: str, subject: str) -> Discrepancy:
    """Exactly this discrepancy is open, in words, with its step; looking again finds nothing more; every invariant holds."""
    assert found() == [(kind, subject)]
    looked(later(14))
    assert found() == [(kind, subject)]
    assert breached() == []
    one = Discrepancy.objects.get()
    assert list(one.events.values_list("step", flat=True)) == ["found"]
    assert DeskItem.objects.filter(kind="discrepancies", closed_at=None).count() == 1
    return one


def test_missing_line(offers, till):
    """Stripe's balance shows no line of a payment that the books hold; it comes at last, and the matter ends by itself."""
    till.settings(fee_seconds=86_400 * 30)
    payment = bought(till)
    till.advance(days=10)
    looked()
    one = one_only("missing_line", f"payment:{payment.pk}")
    assert (one.at_stripe, one.in_books) == (None, A_YEAR)
    till.settle()
    looked(later(15))
    one.refresh_from_db()
    assert (found(), one.end, one.ended_by) == ([], "matched", "job:payouts")
    assert DeskItem.objects.filter(kind="discrepancies", closed_at=None).count() == 0


def test_missing_refund(offers, till):
    """The books hold a refund as done, and Stripe's balance shows none of it."""
    payment = bought(till)
    order = Order.objects.get(pk=int(payment.subject.removeprefix("order:")))
    made = refund_in_full(order, reason="rétractation", actor=CLOCK, at=timezone.now())
    refunds.send(made.pk, actor=CLOCK, at=timezone.now())
    made.refresh_from_db()
    till.advance(days=1)
    world = world_of(till)
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=made.stripe_refund)
        world.store.remove(line)
    looked()
    assert one_only("missing_refund", f"refund:{made.pk}").in_books == -A_YEAR


def test_other_currency(offers, till):
    """A payment of ours came in as dollars, on a balance of its own: no euro of it is booked from its line."""
    payment = bought(till)
    till.settle()
    world = world_of(till)
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=payment.stripe_charge)
        world.change(line, currency="usd")
    till.advance(days=6)
    looked(later(3))
    kept = BalanceMovement.objects.get(kind="charge")
    assert found() == [("other_currency", f"movement:{kept.pk}")]
    looked(later(4))
    kept.refresh_from_db()
    assert (found(), kept.meaning) == ([("other_currency", f"movement:{kept.pk}")], "other_currency")
    assert balance_of("627800") == 0, "its fee is no euro either"


def test_unknown_charge_and_matched_once_it_has_settled(offers, till):
    """The reader paid, nobody heard: booked to be explained, taken back once the mirror has settled it."""
    payment = bought(till, heard=False)
    paid_out(till)
    looked()
    line = BalanceMovement.objects.get(kind="charge")
    one_only("unknown_charge", f"movement:{line.pk}")
    assert (balance_of("471000"), balance_of("517000")) == (-A_YEAR, 0)
    night(TODAY + timedelta(days=13))
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    looked(later(15))
    assert (found(), balance_of("471000"), balance_of("627800"), balance_of("517000")) == ([], 0, FEE, 0)
    assert (Discrepancy.objects.get().end, breached()) == ("matched", [])


def test_doubled(offers, till):
    """A second charge under the reference of a payment that has succeeded."""
    payment = bought(till)
    charge_by_hand(till, metadata={"reference": payment.reference})
    paid_out(till)
    looked()
    line = BalanceMovement.objects.exclude(source=payment.stripe_charge).get(kind="charge")
    assert one_only("doubled", f"movement:{line.pk}").at_stripe == A_YEAR


def test_doubled_line_of_one_charge(offers, till):
    payment = bought(till)
    world = world_of(till)
    with world.lock:
        charge = world.need("charge", payment.stripe_charge)
        movements.book(world, amount=2760, fee=66, source=charge, kind="charge", category="charge")
    paid_out(till)
    looked()
    line = BalanceMovement.objects.filter(kind="charge").order_by("pk").get(meaning="doubled")
    one_only("doubled", f"movement:{line.pk}")
    assert (balance_of("471000"), balance_of("517000")) == (-A_YEAR, 0)


def test_other_amount(offers, till):
    """Stripe's line says 20,00 € of a payment of 27,60 €, from the first reading on."""
    payment = bought(till)
    world = world_of(till)
    till.settle()
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=payment.stripe_charge)
        world.change(line, amount=2000, net=2000 - line["fee"])
    paid_out(till)
    looked()
    kept = BalanceMovement.objects.get(kind="charge")
    one = one_only("other_amount", f"movement:{kept.pk}")
    assert (one.at_stripe, one.in_books) == (Decimal("20.00"), A_YEAR)


def test_changed_fee(offers, till):
    """The fee was 0,66 € when it was read first; the payout shows 1,66 €."""
    payment = bought(till)
    till.settle()
    looked(later(0))
    world = world_of(till)
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=payment.stripe_charge)
        world.change(line, fee=166, net=2760 - 166)
    paid_out(till)
    looked()
    kept = BalanceMovement.objects.get(kind="charge")
    one = one_only("changed", f"movement:{kept.pk}")
    assert (one.at_stripe, one.in_books) == (Decimal("25.94"), Decimal("26.94"))
    made = made_of([the_payout()])[the_payout().pk]
    assert (made.changed, made.remainder) == (Decimal("-1.00"), 0)
    # 517 holds a euro that Stripe does not: finance books it, and then it is Stripe's balance again.
    assert balance_of("517000") == 1
    discrepancies.book(one.pk, to="FEES", reason="frais revus par Stripe", actor=CLERK, at=later())
    assert (balance_of("517000"), balance_of("627800")) == (0, Decimal("1.66"))
    looked(later(16))
    made = made_of([the_payout()])[the_payout().pk]
    assert (found(), made.changed, made.remainder, breached(later(16))) == ([], Decimal("-1.00"), 0, [])


def test_unknown_type(offers, till):
    bought(till)
    with world_of(till).lock:
        paying_out.own_line(world_of(till), "moon_rent", -300)
    paid_out(till)
    looked()
    line = BalanceMovement.objects.get(kind="moon_rent")
    one = one_only("unknown_type", f"movement:{line.pk}")
    assert balance_of("471000") == 3
    discrepancies.book(one.pk, to="FEES", reason="loyer de la lune", actor=CLERK, at=later())
    assert (balance_of("471000"), balance_of("627800")) == (0, FEE + 3)
    looked(later(15))
    one.refresh_from_db()
    assert (found(), one.end, one.ended_because, breached()) == ([], "booked", "loyer de la lune", [])


def test_unknown_refund(offers, till):
    """Somebody gave money back from Stripe's own pages."""
    payment = bought(till)
    till.client().v1.refunds.create({"charge": payment.stripe_charge, "amount": 500})
    bought(till)
    paid_out(till)
    looked()
    line = BalanceMovement.objects.get(kind="refund")
    assert one_only("unknown_refund", f"movement:{line.pk}").at_stripe == -5


def test_unknown_dispute(offers, till):
    payment = bought(till)
    bought(till)
    bought(till)
    world = world_of(till)
    with world.lock:
        disputing.dispute(world, payment.stripe_charge)
    paid_out(till)
    looked()
    line = BalanceMovement.objects.get(kind="adjustment")
    one_only("unknown_dispute", f"movement:{line.pk}")


def test_foreign_is_shown_for_what_it_is_once_for_each_payout(offers, till):
    """Two charges of another product, one of them in dollars: owed to it net, one matter for the payout."""
    bought(till)
    charge_by_hand(till, metadata={"product": "mugs"})
    dollars = charge_by_hand(till, metadata={"product": "mugs"}).latest_charge
    world = world_of(till)
    with world.lock:
        world.change(world.need("charge", dollars), currency="usd")
    paid_out(till)
    looked()
    assert meanings() == {"converted": 1, "foreign": 1, "payment": 1, "payout": 1}
    one = one_only("foreign", f"payout:{the_payout().pk}")
    assert -balance_of("467100") == A_YEAR - FEE
    assert one.at_stripe == -balance_of("467100") - balance_of("467200")
    discrepancies.explain_away(one.pk, reason="reversé aux mugs", actor=CLERK, at=later())
    looked(later(16))
    assert found() == []


def test_another_currency_stays_where_it_is(offers, till):
    """A balance in dollars has its own payout; no euro of it is booked, and it is nobody's fault."""
    bought(till)
    with world_of(till).lock:
        paying_out.own_line(world_of(till), "adjustment", 500, currency="usd")
    paid_out(till)
    looked()
    dollars = Payout.objects.get(currency="usd")
    assert (dollars.amount, made_of([dollars])[dollars.pk].remainder) == (5, 0)
    assert meanings() == {"elsewhere": 2, "payment": 1, "payout": 1}
    assert (found(), breached()) == ([], [])


def test_remainder(offers, till):
    """Stripe's list is a movement short: 26,94 € stay unexplained on a line of their own."""
    first = bought(till)
    bought(till)
    paid_out(till)
    world = world_of(till)
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=first.stripe_charge)
        world.change(line, _payout=None)
    looked()
    one = one_only("remainder", f"payout:{the_payout().pk}")
    assert (one.at_stripe, one.in_books) == (Decimal("53.88"), Decimal("26.94"))
    assert made_of([the_payout()])[the_payout().pk].remainder == Decimal("26.94")


@pytest.mark.parametrize(("paid", "kind"), [(False, "payout_failed"), (True, "failed_after_paid")])
def test_a_payout_that_comes_back(offers, till, paid, kind):
    """Heard of while it travels (or has arrived), it fails: 517 holds the money again, and the next payout carries it."""
    bought(till)
    till.advance(days=7)
    world = world_of(till)
    with world.lock:
        (made,) = paying_out.pay_out(world)
    if paid:
        till.advance(days=3)
    looked(later(11))
    payout = the_payout()
    assert payout.state == ("paid" if paid else "in_transit")
    with world.lock:
        paying_out.fail(world, made["id"], code="account_closed")
    till.advance(days=1)
    looked(later(12))
    one = one_only(kind, f"payout:{payout.pk}")
    assert list(payout.events.values_list("from_state", "to_state", "reason"))[-1] == (
        "paid" if paid else "in_transit", "failed", "account_closed",
    )  # fmt: skip
    assert (balance_of("517000"), balance_of("580000")) == (A_YEAR - FEE, 0)
    paid_out(till, after=1)
    looked(later(25))
    assert found() == [(kind, f"payout:{payout.pk}")]
    assert (balance_of("517000"), balance_of("580000"), one.at_stripe) == (0, A_YEAR - FEE, A_YEAR - FEE)
    assert breached(later(25)) == []


def test_called_off_negative_instant_and_by_hand(offers, till):
    """What is asked for at Stripe's own pages is shown whole, and no discrepancy of anybody's."""
    bought(till)
    till.advance(days=7)
    world = world_of(till)
    with world.lock:
        instant = paying_out.by_hand(world, 1000, instant=True)
        by_hand = paying_out.by_hand(world, 500)
        paying_out.cancel(world, by_hand["id"])
        paying_out.own_line(world, "stripe_fee", -5000)
        (below,) = paying_out.pay_out(world)
    assert below["amount"] < 0
    till.advance(days=5)
    looked()
    states = dict(Payout.objects.values_list("stripe_payout", "state"))
    assert states == {instant["id"]: "paid", by_hand["id"]: "cancelled", below["id"]: "paid"}
    shown = Payout.objects.get(stripe_payout=instant["id"])
    made = made_of([shown])[shown.pk]
    assert (shown.instant, shown.automatic, made.not_itemised, made.remainder) == (True, False, 10, 0)
    assert (found(), breached(), balance_of("517000")) == ([], [], 0)
    collected = Payout.objects.get(stripe_payout=below["id"])
    arriving.arrived(collected.pk, bank_reference="REL-9", on=TODAY, actor=CLERK, at=later())
    assert balance_of("512000") == collected.amount
    assert breached() == []


# --- owner and end ---------------------------------------------------------------------------------------------------


def test_none_hides_another(offers, till):
    """A foreign charge, an unknown type and a changed fee in one payout are three things."""
    payment = bought(till)
    till.settle()
    looked(later(0))
    charge_by_hand(till, metadata={"product": "mugs"})
    world = world_of(till)
    with world.lock:
        paying_out.own_line(world, "moon_rent", -300)
        (line,) = world.store.newest("balance_transaction", source=payment.stripe_charge)
        world.change(line, fee=166, net=2760 - 166)
    paid_out(till)
    looked()
    assert sorted(kind for kind, _subject in found()) == ["changed", "foreign", "unknown_type"]
    assert breached() == []


def test_taken_in_hand_and_explained_once(offers, till, django_user_model):
    bought(till)
    with world_of(till).lock:
        paying_out.own_line(world_of(till), "moon_rent", -300)
    paid_out(till)
    looked()
    one = Discrepancy.objects.get()
    clerk = django_user_model.objects.create(email="finance@exemple.fr")
    discrepancies.take(one.pk, by=clerk.pk, reason="je regarde", actor=CLERK, at=later())
    discrepancies.explain_away(one.pk, reason="vu avec Stripe", actor=CLERK, at=later())
    for act in (
        lambda: discrepancies.explain_away(one.pk, reason="encore", actor=CLERK, at=later()),
        lambda: discrepancies.take(one.pk, by=clerk.pk, reason="encore", actor=CLERK, at=later()),
        lambda: discrepancies.book(one.pk, to="FEES", reason="encore", actor=CLERK, at=later()),
    ):
        with pytest.raises(ValidationError):
            act()
    one.refresh_from_db()
    assert (one.owner, one.end, one.ended_by) == (clerk, "explained", str(CLERK))
    assert list(one.events.values_list("step", "reason")) == [
        ("found", ""),
        ("taken", "je regarde"),
        ("explained", "vu avec Stripe"),
    ]
    looked(later(20))
    assert found() == []


def test_what_waits_on_no_account_is_explained_not_booked(offers, till):
    bought(till)
    charge_by_hand(till, metadata={"product": "mugs"})
    paid_out(till)
    looked()
    with pytest.raises(ValidationError):
        discrepancies.book(Discrepancy.objects.get().pk, to="FEES", reason="non", actor=CLERK, at=later())
    assert len(payments()) == Payment.objects.count() == 1
