"""What finance books by hand, what of it stands once a line finds its owner, and that 517 is Stripe's balance throughout."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from payments.audit import balance_of
from payments.mirroring.taking_over import take_over
from payments.models import Account, AccountMap, BalanceMovement, Discrepancy, LedgerEntry, MirrorCharge
from payments.reconciliation import discrepancies
from payments.reconciliation.sentences import sentence
from payments.sandbox import movements, paying_out
from subscriptions.models import Order
from subscriptions.refunding import refund_in_full
from tests.makers import CLERK, TODAY
from tests.mirror.nights import customer_of, night
from tests.reconciliation.account import (
    CLOCK,
    bought,
    breached,
    charge_by_hand,
    found,
    later,
    looked,
    paid_out,
    world_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
A_YEAR, FEE = Decimal("27.60"), Decimal("0.66")


def booked(to: str, *, days: int = 13) -> Discrepancy:
    """The one open discrepancy is booked."""
    one = Discrepancy.objects.get(ended_at=None)
    return discrepancies.book(one.pk, to=to, reason="vu avec Stripe", actor=CLERK, at=later(days))


def accounts(*codes: str) -> list[Decimal]:
    return [balance_of(code) for code in codes]


# --- a line finds its owner ------------------------------------------------------------------------------------------


def test_a_second_charge_that_is_taken_over_costs_its_fee_once(offers, till):
    """It waits on 471 with its fee; taken over, 471 is empty, and its fee of 0,66 € is that of its payment."""
    payment = bought(till)
    charge_by_hand(till, customer=customer_of(payment), metadata={"reference": payment.reference})
    night()
    paid_out(till)
    looked()
    assert [kind for kind, _subject in found()] == ["doubled"]
    assert accounts("471000", "627800", "517000") == [-A_YEAR, 2 * FEE, 0]
    charge = MirrorCharge.objects.exclude(stripe_charge=payment.stripe_charge).get()
    with time_machine.travel(later(14), tick=False):
        take_over(charge, reason="doublon", actor=CLERK, at=later(14))
    looked(later(15))
    assert (found(), accounts("471000", "627800", "517000"), breached(later(15))) == ([], [0, 2 * FEE, 0], [])


def test_what_was_mirrored_goes_back_to_the_account_it_was_booked_on(offers, till):
    """Finance has given what is to be explained another account since; the first is emptied."""
    payment = bought(till, heard=False)
    paid_out(till)
    looked()
    Account.objects.create(code="471900", label="Stripe, à expliquer")
    AccountMap.objects.create(key="UNEXPLAINED", account_id="471900", valid_from=TODAY + timedelta(days=13))
    night(TODAY + timedelta(days=13))
    payment.refresh_from_db()
    looked(later(15))
    assert (payment.state, accounts("471000", "471900", "517000")) == ("succeeded", [0, 0, 0])


def test_what_was_booked_by_hand_goes_back_once_its_payment_is_known(offers, till):
    """An unknown charge is booked as another product's; then the mirror settles its payment, which books it: once, and said."""
    payment = bought(till, heard=False)
    paid_out(till)
    looked()
    one = booked("FOREIGN")
    assert accounts("471000", "467100", "627800", "517000") == [0, -A_YEAR, FEE, 0]
    night(TODAY + timedelta(days=14))
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    for _twice in range(2):
        looked(later(16))
        assert accounts("471000", "467100", "627800", "517000") == [0, 0, FEE, 0]
    line = BalanceMovement.objects.get(kind="charge")
    assert (line.meaning, found(), breached(later(16))) == ("payment", [("unbooked", f"movement:{line.pk}")], [])
    assert "27,60" in sentence(Discrepancy.objects.get(ended_at=None))
    assert LedgerEntry.objects.filter(source=f"discrepancy_back:{one.pk}").count() == 1
    again = Discrepancy.objects.get(ended_at=None)
    discrepancies.explain_away(again.pk, reason="vu", actor=CLERK, at=later(16))
    looked(later(17))
    assert found() == []


def test_a_line_may_change_its_meaning_more_than_once(offers, till):
    """Another product's at first, then a refund of ours that nobody knows, then the refund: 471 and 467 are empty at the end."""
    payment = bought(till)
    till.client().v1.refunds.create({"charge": payment.stripe_charge, "amount": 500})
    looked(later(11))
    line = BalanceMovement.objects.get(kind="refund")
    assert (line.meaning, balance_of("467100")) == ("foreign", 5)
    bought(till)
    paid_out(till)
    looked(later(13))
    assert (found(), accounts("467100", "471000")) == ([("unknown_refund", f"movement:{line.pk}")], [0, 5])
    # The books hear of it after all: it was given back by ours.
    order = Order.objects.get(pk=int(payment.subject.removeprefix("order:")))
    made = refund_in_full(order, reason="x", actor=CLOCK, at=timezone.now())
    made.__class__.objects.filter(pk=made.pk).update(stripe_refund=line.source)
    looked(later(14))
    line.refresh_from_db()
    assert (line.meaning, accounts("467100", "471000")) == ("other_amount", [0, 0])
    sources = LedgerEntry.objects.filter(source__contains=f":{line.pk}", source__startswith="movement")
    assert sorted(sources.values_list("source", flat=True)) == [
        f"movement:{line.pk}", f"movement_again:{line.pk}", f"movement_back:{line.pk}", f"movement_back:{line.pk}:2",
    ]  # fmt: skip


def test_a_refund_from_stripe_s_own_pages_is_ours_once_its_payout_says_so(offers, till):
    """For ten days nobody could tell whose it is; its payout names the charge. No money of another product is opened, or stays."""
    payment = bought(till)
    till.client().v1.refunds.create({"charge": payment.stripe_charge, "amount": 500})
    bought(till)
    looked(later(11))
    assert list(BalanceMovement.objects.filter(kind="refund").values_list("meaning", flat=True)) == ["foreign"]
    paid_out(till)
    looked(later(14))
    line = BalanceMovement.objects.get(kind="refund")
    assert (found(), line.names_us, balance_of("467100")) == ([("unknown_refund", f"movement:{line.pk}")], True, 0)
    assert breached(later(14)) == []
    one = Discrepancy.objects.get(ended_at=None)
    assert not Discrepancy.objects.filter(kind="foreign").exists()
    assert "a remboursé 5,00" in sentence(one).replace("\u00a0", " ")


def test_money_of_another_product_that_turns_out_to_be_ours_is_less_and_then_none(offers, till):
    """Two charges of nobody's in one payout: 53,88 €; one is ours after all: 26,94 €; then the other: nothing to say any more."""
    charges = [charge_by_hand(till, metadata={"product": "mugs"}) for _each in range(2)]
    paid_out(till)
    looked()
    payout = Discrepancy.objects.get().subject
    assert Discrepancy.objects.get().at_stripe == 2 * (A_YEAR - FEE)
    for number, charge in enumerate(charges):
        BalanceMovement.objects.filter(source=charge.latest_charge).update(names_us=True)
        looked(later(14 + number))
        left = list(Discrepancy.objects.filter(kind="foreign", ended_at=None).values_list("subject", "at_stripe"))
        assert left == ([(payout, A_YEAR - FEE)] if number == 0 else [])
    assert list(Discrepancy.objects.filter(kind="foreign").order_by("pk").values_list("end", flat=True)) == ["gone"] * 2
    assert breached(later(16)) == []


# --- what may be booked, and where --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["AR", "SURPLUS", "DISPUTES", "PSP"])
def test_accounts_that_documents_and_payments_explain_are_nobody_s_to_book_on(offers, till, key):
    bought(till)
    with world_of(till).lock:
        paying_out.own_line(world_of(till), "moon_rent", -300)
    paid_out(till)
    looked()
    with pytest.raises(ValidationError):
        booked(key)
    booked("FEES")
    assert breached() == []


def test_one_movement_is_booked_once_and_its_change_by_itself(offers, till):
    """A rent of 3,00 € that becomes 4,00 €: 3,00 € leave 471, 1,00 € more is booked on 517, and 471 is empty."""
    bought(till)
    world = world_of(till)
    with world.lock:
        rent = paying_out.own_line(world, "moon_rent", -300)
    looked(later(0))
    with world.lock:
        world.change(rent, amount=-400, net=-400)
    paid_out(till)
    looked()
    unknown, changed = Discrepancy.objects.order_by("kind")[1], Discrepancy.objects.order_by("kind")[0]
    assert [discrepancies.bookable(one) for one in (unknown, changed)] == [-3, -1]
    for one in (unknown, changed):
        discrepancies.book(one.pk, to="FEES", reason="loyer", actor=CLERK, at=later())
    assert accounts("471000", "517000") == [0, 0]
    assert balance_of("627800") == FEE + 4
    line = BalanceMovement.objects.get(kind="moon_rent")
    again = Discrepancy(kind="unknown_type", subject=f"movement:{line.pk}", movement=line)
    assert discrepancies.bookable(again) is None
    looked(later(14))
    assert (found(), breached(later(14))) == ([], [])


def test_a_fee_that_changed_is_booked_and_517_is_stripe_s_balance(offers, till):
    """0,66 € when it was read first, 1,66 € in the payout: words alone would leave a euro on 517 that Stripe does not hold."""
    payment = bought(till)
    till.settle()
    looked(later(0))
    world = world_of(till)
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=payment.stripe_charge)
        world.change(line, fee=166, net=2760 - 166)
    paid_out(till)
    looked()
    one = Discrepancy.objects.get()
    assert (one.kind, balance_of("517000"), discrepancies.bookable(one)) == ("changed", 1, -1)
    with pytest.raises(ValidationError):
        discrepancies.explain_away(one.pk, reason="bah", actor=CLERK, at=later())
    booked("FEES")
    assert accounts("517000", "627800") == [0, FEE + 1]
    looked(later(14))
    assert (found(), breached(later(14))) == ([], [])


def test_another_amount_is_booked_and_517_is_stripe_s_balance(offers, till):
    """20,00 € at Stripe of a payment of 27,60 €."""
    payment = bought(till)
    world = world_of(till)
    till.settle()
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=payment.stripe_charge)
        world.change(line, amount=2000, net=2000 - line["fee"])
    paid_out(till)
    looked()
    assert balance_of("517000") == Decimal("7.60")
    booked("BAD_DEBT")
    assert accounts("517000", "654000") == [0, Decimal("7.60")]
    looked(later(14))
    assert (found(), breached(later(14))) == ([], [])


def test_a_missing_line_is_booked_and_taken_back_when_it_comes(offers, till):
    till.settings(fee_seconds=86_400 * 30)
    payment = bought(till)
    till.advance(days=10)
    looked()
    assert (found(), balance_of("517000")) == ([("missing_line", f"payment:{payment.pk}")], A_YEAR)
    booked("BAD_DEBT")
    assert (balance_of("517000"), breached()) == (0, [])
    till.settle()
    looked(later(15))
    line = BalanceMovement.objects.get(kind="charge")
    assert (found(), balance_of("517000")) == ([("unbooked", f"movement:{line.pk}")], A_YEAR - FEE)
    assert (balance_of("654000"), breached(later(15))) == (0, [])


def test_a_payment_on_a_balance_in_dollars_leaves_no_fee_in_euros(offers, till):
    """27,60 of them with a fee of 0,66: no euro is booked from the line; finance books what 517 holds too much."""
    payment = bought(till)
    till.settle()
    world = world_of(till)
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=payment.stripe_charge)
        world.change(line, currency="usd")
    till.advance(days=6)
    looked(later(3))
    kept = BalanceMovement.objects.get(kind="charge")
    assert (found(), kept.meaning) == ([("other_currency", f"movement:{kept.pk}")], "other_currency")
    assert (accounts("627800", "517000"), breached(later(3))) == ([0, A_YEAR], [])
    one = Discrepancy.objects.get()
    assert (one.in_books, discrepancies.bookable(one)) == (A_YEAR, -A_YEAR)
    assert "27,60 USD" in sentence(one).replace("\u00a0", " ")
    booked("BAD_DEBT", days=3)
    assert balance_of("517000") == 0
    looked(later(4))
    assert (found(), breached(later(4))) == ([], [])


# --- the audit -------------------------------------------------------------------------------------------------------------


def test_a_line_that_is_ours_by_its_source_and_not_by_its_type_is_no_breach(offers, till):
    """An unknown type about a charge of ours: booked to be explained, and the audit counts it as that."""
    payment = bought(till)
    world = world_of(till)
    with world.lock:
        charge = world.need("charge", payment.stripe_charge)
        movements.book(world, amount=-100, fee=5, source=charge, kind="moon_rent", category="moon")
    paid_out(till)
    looked()
    line = BalanceMovement.objects.get(kind="moon_rent")
    assert (line.payment, line.meaning) == (payment, "unknown_type")
    assert (accounts("471000", "517000"), breached()) == ([1, 0], [])
    booked("FEES")
    assert breached() == []


def test_an_entry_on_517_that_no_line_of_stripe_s_says_is_a_breach(offers, till):
    """The amount of what was booked by hand is that of its row."""
    payment = bought(till)
    till.settle()
    looked(later(0))
    world = world_of(till)
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=payment.stripe_charge)
        world.change(line, fee=166, net=2760 - 166)
    paid_out(till)
    looked()
    with pytest.MonkeyPatch.context() as wrong:
        wrong.setattr(discrepancies, "bookable", lambda _one: Decimal("-0.40"))
        booked("FEES")
    [(name, subject, said)] = breached()
    assert (name, subject) == ("BALANCED", "account:PSP")
    assert said == "holds -27.00 beside readers' money, Stripe's lines say -27.60"
