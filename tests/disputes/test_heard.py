"""From the bank to the promise: Stripe's events, in any order, or none of them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from payments import fees
from payments.actors import job
from payments.audit import balance_of
from payments.disputing import due, look_up
from payments.models import Dispute, Payment, StripeEvent
from payments.sandbox.disputing import close, dispute
from shop.watch.audit import breaches
from subscriptions.models import Entitlement
from tests.makers import make_wish, open_page, place_order
from tests.purchase.conftest import hear, offers, till
from tests.sandbox.fixtures import standin

__all__ = ["hear", "offers", "standin", "till"]


@pytest.fixture
def charge(offers, till, hear) -> str:
    """A year paid by card."""
    order = place_order(make_wish(offers["automatic"]), at=timezone.now())
    till.pay(open_page(order, at=timezone.now()).checkout_url, card="4242424242424242")
    while hear():
        pass
    return Payment.objects.get().stripe_charge


def states() -> set[str]:
    return set(Entitlement.objects.values_list("state", flat=True))


@pytest.mark.parametrize("won", [True, False])
def test_each_event_is_applied_and_asking_again_changes_nothing(charge, till, hear, won):
    opened = dispute(till.application.world, charge)
    hear()
    assert (states(), Dispute.objects.get().state) == ({"held"}, "open")
    close(till.application.world, opened["id"], won=won)
    hear()
    payment = Payment.objects.get()
    look_up(opened["id"], payment.pk, actor=job("disputes"), at=timezone.now())
    assert states() == ({"owed"} if won else {"credited"})
    assert (balance_of("467000"), balance_of("517000")) == (0, Decimal("27.60") if won else 0)
    events = StripeEvent.objects.filter(type__startswith="charge.dispute")
    assert set(events.values_list("state", flat=True)) == {"applied"}
    assert breaches(timezone.now()) == []


def test_without_the_last_events_it_is_asked_once_a_day(charge, till, hear):
    opened = dispute(till.application.world, charge)
    hear()
    close(till.application.world, opened["id"], won=True)
    now = timezone.now()
    assert due(at=now, limit=10) == []
    tomorrow = now + timedelta(days=1, minutes=1)
    for one in itertools.chain(due(at=tomorrow, limit=10), due(at=tomorrow, limit=10)):
        look_up(*one, actor=job("disputes"), at=tomorrow)
    assert (states(), due(at=tomorrow + timedelta(days=2), limit=10)) == ({"owed"}, [])


@pytest.mark.parametrize("early", [True, False])
def test_stripes_fee_for_a_dispute_is_booked_from_its_line(charge, till, hear, early):
    """20,00 €, whether its line is read before the dispute is heard of or after."""
    fees.read_movements(actor=job("fees"), at=timezone.now())
    before = balance_of("627800")
    dispute(till.application.world, charge)
    if not early:
        hear()
    for _twice in range(2):
        fees.read_movements(actor=job("fees"), at=timezone.now())
    hear()
    for _twice in range(2):
        fees.read_movements(actor=job("fees"), at=timezone.now())
    assert balance_of("627800") - before == Decimal("20.00")
