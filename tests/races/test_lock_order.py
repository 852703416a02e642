"""Settling, refunding and placing in any mixture: nobody ever waits for each other in a circle."""

from __future__ import annotations

import os
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import OperationalError, transaction

from payments import parked
from payments.actors import Actor, job
from payments.gateway import IntentSeen, MethodSeen, Outcome
from payments.models import DeskItem, Payment
from payments.settling import News, apply
from shop.watch.audit import breaches
from subscriptions.models import Order, Term
from subscriptions.orders.placing import AlreadyPaid, StillOpen, place
from subscriptions.refunding import CannotRefund, refund_in_full
from tests import servers
from tests.makers import NOW, READER, make_wish, place_order
from tests.races.crowd import Meeting, together, troubles

ACTS, PEOPLE = 500, 6
SEED = int(os.environ.get("RACES_SEED", "20261123"))
STRIPE = Actor("stripe", "evt_test")


def news(payment: Payment, outcome: Outcome = Outcome.SUCCEEDED) -> News:
    """What Stripe would say of a payment made with a card that nobody else uses."""
    paid = outcome == Outcome.SUCCEEDED
    intent = IntentSeen(
        id=f"pi_{payment.pk}",
        outcome=outcome,
        status="succeeded" if paid else "requires_payment_method",
        amount_cents=2760,
        currency="eur",
        amount_received=2760 if paid else 0,
        customer="cus_1",
        payment_method=f"pm_{payment.pk}",
        charge=f"ch_{payment.pk}" if paid else "",
        decline=None,
        metadata={},
        created=datetime(2026, 11, 23, 9, 1, tzinfo=UTC),
        livemode=False,
        method_kind="card",
    )
    method = MethodSeen(
        id=f"pm_{payment.pk}", kind="card", brand="visa", last4="4242", exp_month=12, exp_year=2040,
        fingerprint="f", customer="cus_1", mandate="",
    )  # fmt: skip
    return News(payment.pk, outcome, intent=intent, method=method if paid else None, closed=paid)


def deadlocks() -> int:
    """Deadlocks that PostgreSQL has broken up in this database so far; exact once all its connections are closed."""
    with psycopg.connect(servers.superuser_url(), autocommit=True) as observer:
        row = observer.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return int(row[0]) if row else 0


def test_five_hundred_acts_of_six_people_never_wait_in_a_circle(offers):
    before = deadlocks()
    tokens = [uuid.UUID(int=number + 1) for number in range(40)]
    wishes = [
        replace(make_wish(offers[name]), typed={"street": f"{number} rue {name}"}, email=f"r{number % 12}@example.fr")
        for number, name in enumerate(["fixed", "automatic"] * 6)
    ]
    for token in tokens[:20]:
        place_order(wishes[0], token=token)
    done: Counter[str] = Counter()

    def person(name: int) -> Callable[[], None]:
        chance = random.Random(SEED + name)

        def settle() -> None:
            payments = list(Payment.objects.order_by("pk"))
            chosen = chance.sample(payments, k=min(len(payments), chance.randint(1, 6)))
            outcome = Outcome.DECLINED if chance.random() < 0.15 else Outcome.SUCCEEDED
            apply([news(payment, outcome) for payment in chosen], actor=STRIPE, at=NOW)

        def refund() -> None:
            orders = list(Order.objects.filter(state=Order.State.PAID))
            if orders:
                refund_in_full(chance.choice(orders), reason="au hasard", actor=job("test"), at=NOW)

        def order() -> None:
            place(chance.choice(wishes), form_token=chance.choice(tokens), actor=READER, at=NOW)

        def live() -> None:
            for _turn in range(ACTS // PEOPLE + 1):
                act = chance.choices([settle, refund, order], weights=[5, 2, 4])[0]
                try:
                    act()
                    done[act.__name__] += 1
                except (CannotRefund, AlreadyPaid, StillOpen) as refused:
                    done[type(refused).__name__] += 1

        return live

    results = together([person(name) for name in range(PEOPLE)])
    assert troubles(results) == [], f"RACES_SEED={SEED}"
    assert sum(done.values()) >= ACTS
    assert min(done[kind] for kind in ("settle", "refund", "order")) > 20, done
    assert deadlocks() == before
    # Money for an order whose form became another one in the very same instant: kept, and on the next round it goes back.
    parked.retry(actor=job("parked-effects"), at=NOW)
    assert not DeskItem.objects.filter(kind="effect_parked", closed_at=None).exists()
    assert Term.objects.count() == Payment.objects.filter(effect="done").count() > 20
    assert breaches(NOW) == []


@pytest.mark.parametrize("agreed", [True, False], ids=["in the agreed order", "each in its own"])
def test_the_agreed_order_is_what_keeps_them_apart(offers, agreed):
    """The control: the same two rows, taken in two orders, do end in a circle, and it is seen."""
    first = place_order(make_wish(offers["fixed"]))
    payment = Payment.objects.get()
    before = deadlocks()
    meeting = Meeting(2)

    def take(*locks: Callable[[], object]) -> Callable[[], None]:
        def act() -> None:
            with transaction.atomic():
                locks[0]()
                meeting()
                locks[1]()

        return act

    def order() -> object:
        return Order.objects.select_for_update().get(pk=first.pk)

    def money() -> object:
        return Payment.objects.select_for_update().get(pk=payment.pk)

    results = together([take(money, order), take(*((money, order) if agreed else (order, money)))], meeting=meeting)
    if agreed:
        assert troubles(results) == []
        assert deadlocks() == before
    else:
        [broken] = troubles(results)
        assert isinstance(broken, OperationalError)
        assert "deadlock detected" in str(broken)
        assert deadlocks() == before + 1
