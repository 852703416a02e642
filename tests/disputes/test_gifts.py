"""The giver's payment is disputed: the gift's copies are held wherever they are served."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from payments.audit import balance_of
from payments.disputing import apply
from payments.models import Refund
from payments.refunds import left_of
from subscriptions.gifts.claiming import claim
from subscriptions.models import CarriedTerm, Gift, Notice, Subscription
from subscriptions.stopping.reading import contract_of
from subscriptions.stopping.terminating import RECOGNISED, CannotEnd, end_now
from tests.choice.people import noon, time_passes, wrong
from tests.choice.people import reader as subscribed
from tests.disputes.people import BANK, disputed, says
from tests.gifts.conftest import clock, offers, standin
from tests.gifts.people import give, told
from tests.makers import READER, TODAY
from tests.stopping.people import credit_notes, states

__all__ = ["clock", "offers", "standin"]
pytestmark = pytest.mark.django_db
GROUND = sorted(RECOGNISED)[0]
BEFORE, AFTER = date(2027, 12, 1), date(2028, 3, 20)


@pytest.fixture
def carried(offers) -> tuple[Gift, Subscription]:
    """The gift became n° 29 to 32 of what Élodie reads already."""
    gift = give(start=26)
    own = subscribed()
    claim(gift.pk, own.payer, onto=own.pk, actor=READER, at=noon(TODAY))
    time_passes(BEFORE)
    return gift, own


def payment_of(gift: Gift):
    return gift.subscription.terms.get().payment


def numbers() -> list[int | None]:
    copies = CarriedTerm.objects.get().served.entitlements.select_related("issue").order_by("rank")
    return [copy.issue.number if copy.issue else None for copy in copies]


def test_held_at_the_recipients_own_subscription_and_released_later(carried):
    gift, own = carried
    disputed(payment_of(gift), at=noon(BEFORE))
    assert states(own) == "served served served served held held held held"
    assert states(gift.subscription) == "void void void void"
    time_passes(AFTER)
    disputed(payment_of(gift), "won", at=noon(AFTER))
    assert (states(own), numbers()) == ("served served served served owed owed owed owed", [31, 32, 33, 34])
    assert wrong(noon(AFTER)) == []


def test_lost_the_gift_ends_and_its_readers_own_year_does_not(carried):
    gift, own = carried
    disputed(payment_of(gift), at=noon(BEFORE))
    disputed(payment_of(gift), "lost", at=noon(AFTER))
    assert states(own) == "served served served served credited credited credited credited"
    gift.refresh_from_db()
    own.refresh_from_db()
    assert (gift.state, gift.subscription.state, own.state) == ("void", "ended", "active")
    [letter] = Notice.objects.filter(kind="gift_taken_back")
    assert (letter.customer_id, letter.to_email) == (own.payer_id, own.payer.email)
    assert credit_notes() == [(Decimal("27.60"), Decimal("27.03"), Decimal("0.57"))]
    assert (balance_of("487100"), balance_of("467000")) == (0, 0)
    assert wrong(noon(AFTER)) == []


def test_a_gift_that_is_disputed_by_its_giver_is_not_given_back_with_its_readers_own_year(carried):
    """Their own year is over; what is left is the giver's, and the bank asks for it already."""
    gift, own = carried
    disputed(payment_of(gift), at=noon(BEFORE))
    with pytest.raises(CannotEnd) as refused:
        end_now(own.pk, GROUND, actor=READER, at=noon(BEFORE), reason="")
    assert refused.value.code == "disputed"
    disputed(payment_of(gift), "won", at=noon(BEFORE))
    given = end_now(own.pk, GROUND, actor=READER, at=noon(BEFORE), reason="")
    assert [one.amount for one in given] == [Decimal("27.60")]
    assert Refund.objects.get().payment == payment_of(gift)


def test_what_the_bank_has_taken_is_not_given_back_once_more(carried):
    """It took ten euros of a disputed year for good, and gave the copies free again: 17,60 € are left to give."""
    gift, own = carried
    payment = payment_of(gift)
    kept = replace(says(payment, "won", cents=1000), returned_cents=0)
    apply(kept, payment_id=payment.pk, actor=BANK, at=noon(BEFORE))
    given = end_now(own.pk, GROUND, actor=READER, at=noon(BEFORE), reason="")
    assert [one.amount for one in given] == [Decimal("17.60")]
    assert left_of(payment) == 0


def test_a_gift_year_and_the_payment_of_its_giver_are_locked_together(carried):
    """A dispute is heard of under the lock of the payment: whoever gives back holds it."""
    gift, own = carried
    contract = contract_of(subscription=own.pk, lock=True)
    assert [one.pk for one in contract.givers] == [payment_of(gift).pk]
    assert payment_of(gift) not in contract.payments


@pytest.mark.parametrize(("ends", "letters"), [("won", 1), ("lost", 0)])
def test_nobody_is_promised_a_gift_before_the_bank_has_decided(offers, ends, letters):
    gift = give(start=26)
    christmas = date(2026, 12, 25)
    disputed(payment_of(gift), at=noon(TODAY))
    assert told(christmas) == 0
    disputed(payment_of(gift), ends, at=noon(christmas))
    assert told(christmas) == letters
    assert wrong(noon(christmas)) == []
