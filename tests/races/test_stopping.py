"""A reader stops in the very instant in which they pay, are refunded, press twice or turn their renewal on again."""

from __future__ import annotations

import random
import threading
import uuid
from decimal import Decimal

import pytest
from django.db import transaction

from payments.actors import job
from payments.audit import balance_of
from payments.gateway import Outcome
from payments.models import Payment, Refund
from payments.settling import apply
from shop.watch.audit import breaches
from subscriptions.models import Declaration, Notice, Order, RenewalChoice, Subscription, Term
from subscriptions.orders import settling
from subscriptions.orders.placing import payment_of
from subscriptions.refunding import CannotRefund, refund_in_full
from subscriptions.stopping import declaring, reading
from subscriptions.stopping.choosing import turn_off
from subscriptions.stopping.terminating import CannotEnd, end_now
from tests.makers import NOW, READER, make_wish, place_order
from tests.races.crowd import Meeting, together, troubles
from tests.races.test_lock_order import SEED, STRIPE, deadlocks, news
from tests.stopping.people import EMAIL, JOB, said


@pytest.fixture
def order(offers) -> Order:
    """An order that is not paid yet."""
    return place_order(make_wish(offers["automatic"], email=EMAIL))


def withdraw(contract: str, form: uuid.UUID | None = None) -> Declaration:
    return declaring.declare(
        said("withdrawal", contract), form=form or uuid.uuid4(), ip=None, shown="", actor=READER, at=NOW
    )


def settle(payment: Payment) -> None:
    apply([news(payment, Outcome.SUCCEEDED)], actor=STRIPE, at=NOW)


def everything_went_back_once() -> None:
    assert Refund.objects.count() == 1
    assert Refund.objects.get().amount.amount == Decimal("27.60")
    assert balance_of("487100") == 0
    assert breaches(NOW) == []


def test_a_double_click_from_four_tabs_is_one_declaration(order):
    settle(payment_of(order))
    form = uuid.uuid4()
    results = together([lambda: withdraw(order.reference, form).pk] * 4)
    assert troubles(results) == []
    assert len(set(results)) == Declaration.objects.count() == 1
    assert Notice.objects.filter(kind="withdrawal_acknowledged").count() == 1
    everything_went_back_once()


def test_two_forms_at_once_give_everything_back_once(order):
    settle(payment_of(order))
    results = together([lambda: withdraw(order.reference).effect for _form in range(3)])
    assert troubles(results) == []
    assert sorted(results) == ["already_over", "already_over", "withdrawn"]
    everything_went_back_once()


@pytest.mark.parametrize("first", ["the money", "the reader"])
def test_paid_and_given_up_in_the_same_instant_the_money_goes_back(order, monkeypatch, first):
    """Whoever takes the lock first: the term never begins, or begins and is undone."""
    payment, meeting, held = payment_of(order), Meeting(2), threading.Event()

    def holding(act):
        """`act`, begun with the locks in hand and ended when the other one waits for them."""

        def held_then_met(*given, **named):
            held.set()
            meeting()
            return act(*given, **named)

        return held_then_met

    def after(act):
        """`act`, begun once the other one holds the locks."""
        return lambda: held.wait(30) and act()

    if first == "the reader":
        monkeypatch.setattr(declaring, "carry_out", holding(declaring.carry_out))
        acts = [lambda: withdraw(order.reference), after(lambda: settle(payment))]
    else:
        # The declaration has found an unpaid order, and waits for its lock until the term has begun.
        monkeypatch.setattr(settling, "open_paid", holding(settling.open_paid))
        acts = [lambda: settle(payment), after(lambda: withdraw(order.reference))]
    results = together(acts, meeting=meeting)
    assert troubles(results) == []
    declared = Declaration.objects.get()
    assert declared.effect == ("withdrawn" if first == "the money" else "withdrawn_unpaid")
    assert Term.objects.count() == (1 if declared.effect == "withdrawn" else 0)
    assert not Subscription.objects.filter(state="active").exists()
    everything_went_back_once()


def test_two_hundred_acts_of_five_people_end_every_contract_once(offers):
    before = deadlocks()
    orders = [
        place_order(make_wish(offers["automatic"], email=EMAIL, typed={"n": number}), token=uuid.UUID(int=number + 1))
        for number in range(12)
    ]
    payments = [payment_of(one) for one in orders]

    def person(name: int):
        chance = random.Random(SEED + name)

        def act() -> None:
            one = chance.choice(orders)
            subscription = Term.objects.filter(order=one).values_list("subscription", flat=True).first()
            what = chance.choice(["pay", "pay", "withdraw", "terminate", "refund", "off", "end"])
            if what == "pay":
                apply([news(row) for row in chance.sample(payments, k=3)], actor=STRIPE, at=NOW)
            elif what in ("withdraw", "terminate"):
                kind = {"withdraw": "withdrawal", "terminate": "termination"}[what]
                declaring.declare(said(kind, one.reference), form=uuid.uuid4(), ip=None, shown="", actor=READER, at=NOW)
            elif what == "refund":
                refund_in_full(one, reason="au hasard", actor=job("test"), at=NOW)
            elif subscription is not None and what == "off":
                turn_off(subscription, actor=READER, at=NOW)
            elif subscription is not None:
                end_now(subscription, "moved", actor=JOB, at=NOW, reason="au hasard")

        def live() -> None:
            for _turn in range(40):
                try:
                    act()
                except (CannotRefund, CannotEnd):
                    continue

        return live

    results = together([person(name) for name in range(5)])
    assert troubles(results) == [], f"RACES_SEED={SEED}"
    assert deadlocks() == before
    assert Declaration.objects.count() > 20
    assert RenewalChoice.objects.filter(automatic=False).count() <= Subscription.objects.count()
    for subscription in Subscription.objects.filter(state="ended"):
        [payment] = [row.payment for row in subscription.terms.all()]
        assert payment.refunds.count() == 1
    assert breaches(NOW) == []


def test_an_order_that_was_paid_is_read_as_its_subscription(order):
    settle(payment_of(order))
    for lock in (False, True):
        with transaction.atomic():
            contract = reading.contract_of(order=order.pk, lock=lock)
        assert (contract.promise.payer.email, len(contract.terms), len(contract.copies)) == (EMAIL, 1, 4)
