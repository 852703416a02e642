"""The giver's payment is disputed: the gift's copies are held wherever they are served."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from payments.audit import balance_of
from subscriptions.gifts.claiming import claim
from subscriptions.models import CarriedTerm, Gift, Subscription
from tests.choice.people import noon, time_passes, wrong
from tests.choice.people import reader as subscribed
from tests.disputes.people import disputed
from tests.gifts.conftest import clock, offers, standin
from tests.gifts.people import give
from tests.makers import READER, TODAY
from tests.stopping.people import credit_notes, states

__all__ = ["clock", "offers", "standin"]
pytestmark = pytest.mark.django_db
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
    assert credit_notes() == [(Decimal("27.60"), Decimal("27.03"), Decimal("0.57"))]
    assert (balance_of("487100"), balance_of("467000")) == (0, 0)
    assert wrong(noon(AFTER)) == []
