"""Events come in any order, once to three times, or not at all: the end is the same."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import permutations

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.models import BalanceMovement, Invoice, LedgerLine, Payment, StripeEvent
from payments.webhooks import processing, receiving
from shop.watch.audit import breaches
from subscriptions.models import Entitlement, EntitlementMovement, Notice, Order, Subscription, Term
from tests import servers, template
from tests.makers import make_magazine, make_offers, make_wish, open_page, place_order
from tests.purchase.clockwork import let_time_pass, turn

TYPES = {"payment_intent.succeeded", "checkout.session.completed", "charge.updated"}


def buy(till):
    """A paid purchase of which the shop has heard nothing yet; returns its signed events."""
    template.restore(servers.superuser_url())
    till.reset()
    offers = make_offers(make_magazine())
    payment = open_page(place_order(make_wish(offers["automatic"]), at=timezone.now()), at=timezone.now())
    till.pay(payment.checkout_url)
    till.settle()
    events = []

    def keep(body, headers):
        events.append((json.loads(body)["type"], body, dict(headers)))
        return 200

    till.deliver(keep)
    heard = [event for event in events if event[0] in TYPES]
    assert {event[0] for event in heard} == TYPES
    return heard


def bring(event):
    _type, body, headers = event
    signature = {name.lower(): value for name, value in headers.items()}["stripe-signature"]
    receiving.receive(body, signature, at=timezone.now())


def facts():
    """Everything that matters, in words and figures that do not depend on the order of events."""
    return {
        "orders": list(Order.objects.values_list("state", flat=True)),
        "payments": list(Payment.objects.values_list("state", "effect", "surplus", "saved_method__last4")),
        "subscriptions": list(Subscription.objects.values_list("state", "saved_method__last4")),
        "terms": list(Term.objects.values_list("number", "starts_on", "ends_on", "amount")),
        "copies": list(Entitlement.objects.values_list("rank", "issue__number", "value_ht", "state")),
        "movements": list(EntitlementMovement.objects.values_list("kind", flat=True)),
        "invoices": list(Invoice.objects.values_list("reference", "total_ht", "total_vat")),
        "books": sorted(LedgerLine.objects.values_list("entry__journal", "account", "debit", "credit")),
        "fees": list(BalanceMovement.objects.values_list("amount", "fee", "net")),
        "letters": sorted(Notice.objects.values_list("kind", flat=True)),
    }


@pytest.fixture
def expected(transactional_db, till):
    """The end of a purchase whose events come once, in Stripe's order."""
    for event in buy(till):
        bring(event)
    turn()
    found = facts()
    assert ("ST", "627800", Decimal("0.66"), 0) in found["books"]
    assert found["orders"] == ["paid"]
    assert found["letters"] == ["order_confirmation"]
    return found


def test_every_order_of_the_events_ends_the_same(expected, till):
    for order in permutations(range(len(TYPES))):
        events = buy(till)
        for position in order:
            bring(events[position])
            processing.process(at=timezone.now())
        turn()
        assert facts() == expected, order
        assert breaches(timezone.now()) == []


def test_repeated_missing_and_shuffled_events_end_the_same(expected, till):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        brought=st.lists(st.sampled_from(range(len(TYPES))), max_size=3 * len(TYPES)).filter(
            lambda positions: all(positions.count(position) <= 3 for position in positions)
        ),
        process_between=st.booleans(),
    )
    def story(brought, process_between):
        events = buy(till)
        for position in brought:
            bring(events[position])
            if process_between:
                processing.process(at=timezone.now())
        let_time_pass()
        assert facts() == expected
        assert breaches(timezone.now()) == []
        assert not StripeEvent.objects.filter(state=StripeEvent.State.STORED).exists()

    story()
