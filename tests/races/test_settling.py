"""One payment, told by everybody at the same instant: one term, one invoice, one letter."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments import methods, parked, refunds, settling
from payments.actors import job
from payments.audit import balance_of
from payments.charging import intend, open_hosted_page
from payments.models import DeskItem, Invoice, Payment, PaymentEvent, Refund, StripeEvent
from payments.webhooks import catching_up, moving, processing, receiving
from shop.watch.audit import breaches
from subscriptions import opening
from subscriptions.models import Entitlement, Notice, Order, Subscription, Term
from subscriptions.orders.following import Situation, follow
from tasks import money
from tests.makers import READER, make_wish, open_page, place_order
from tests.races.crowd import Meeting, together, troubles, without_locks

LATER = timedelta(minutes=70)  # the hosted page is over by then, so the sweep asks too


@pytest.fixture
def bought(offers, till):
    """An order that was paid at Stripe, of which the shop knows nothing yet."""
    order = place_order(make_wish(offers["automatic"]), at=timezone.now())
    payment = open_page(order, at=timezone.now())
    till.pay(payment.checkout_url)
    return order, payment


def keep_events(till) -> list[tuple[bytes, str]]:
    """The signed events that wait at Stripe, as (body, signature)."""
    kept: list[tuple[bytes, str]] = []

    def post(body: bytes, headers: dict[str, str]) -> int:
        signature = {name.lower(): value for name, value in headers.items()}["stripe-signature"]
        kept.append((body, signature))
        return 200

    till.deliver(post)
    return kept


def everything_once() -> None:
    assert Payment.objects.filter(state="succeeded", surplus=False, effect="done").count() == 1
    assert PaymentEvent.objects.filter(to_state="succeeded").count() == 1
    assert [one.objects.count() for one in (Subscription, Term, Invoice)] == [1, 1, 1]
    assert Entitlement.objects.count() == 4
    assert list(Notice.objects.values_list("kind", flat=True)) == ["order_confirmation"]
    assert balance_of("517000") == Decimal("27.60")
    assert not DeskItem.objects.exists()


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it"])
def test_return_page_webhook_and_sweep_at_the_same_instant(bought, till, monkeypatch, locked):
    """All three have Stripe's yes in hand before any of them writes."""
    order, _payment = bought
    for body, signature in keep_events(till):
        receiving.receive(body, signature, at=timezone.now())
    meeting = Meeting(3)
    monkeypatch.setattr(settling, "keep_methods", meeting.before(methods.keep_methods))
    if not locked:
        without_locks(monkeypatch, Payment, Order)
    with time_machine.travel(timezone.now() + LATER, tick=True):
        results = together(
            [
                lambda: follow(order, at=timezone.now(), ask=True),
                lambda: processing.process(at=timezone.now()),
                money.unknown_payments,
            ],
            meeting=meeting,
        )
        if locked:
            assert troubles(results) == []
            assert meeting.largest == 1
            assert results[0] == Situation.PAID
            everything_once()
            assert breaches(timezone.now()) == []
        else:
            # Whoever looks last may find that another has just asked; two at once are a race already.
            assert meeting.largest >= 2
            assert PaymentEvent.objects.filter(to_state="succeeded").count() > 1 or troubles(results)
    assert len(till.charges()) == 1


def test_eight_workers_with_one_webhook_ask_stripe_once(bought, till):
    _receive_first(till)
    results = together([lambda: processing.process(at=timezone.now())] * 8)
    assert sorted(results) == [0] * 7 + [1]
    assert _looks(till) == 1
    everything_once()
    event = StripeEvent.objects.get()
    assert (event.state, event.attempts) == ("applied", 1)
    assert breaches(timezone.now()) == []


@pytest.mark.parametrize("locked", [True, False])
def test_an_event_in_other_hands_is_passed_over_and_without_the_lock_it_is_not(bought, till, monkeypatch, locked):
    """Somebody holds the event until each of eight workers stands before it, or has passed it by."""
    if not locked:
        monkeypatch.setattr(moving, "CLAIM", moving.CLAIM.replace("FOR NO KEY UPDATE SKIP LOCKED", ""))
    _receive_first(till)
    meeting, held = Meeting(9), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            StripeEvent.objects.select_for_update(no_key=True).get()
            held.set()
            meeting()

    def work() -> int:
        held.wait(10)
        return processing.process(at=timezone.now())

    _nothing, *results = together([hold] + [work] * 8, meeting=meeting)
    assert troubles(results) == []
    if locked:
        assert (sum(results), _looks(till)) == (0, 0)
        assert processing.process(at=timezone.now()) == 1
    else:
        assert sum(results) > 1
        assert _looks(till) > 1
    everything_once()  # the payment's own lock holds in any case


def test_one_event_brought_by_eight_deliveries_is_stored_once(bought, till):
    [(body, signature), *_rest] = keep_events(till)
    begun = timezone.now()

    def bring(place: int):
        return lambda: receiving.receive(body, signature, at=begun + timedelta(milliseconds=place)).fresh

    results = together([bring(place) for place in range(8)])
    assert sorted(results) == [False] * 7 + [True]
    assert StripeEvent.objects.count() == 1


def test_webhooks_and_catching_up_at_the_same_instant_keep_each_event_once(bought, till):
    events = keep_events(till)

    def webhooks() -> int:
        return sum(receiving.receive(body, signature, at=timezone.now()).fresh for body, signature in events)

    results = together([webhooks, lambda: catching_up.catch_up(at=timezone.now())])
    assert troubles(results) == []
    heard = list(StripeEvent.objects.values_list("event_id", flat=True))
    assert sum(results) == len(heard) == len(set(heard))
    together([lambda: processing.process(at=timezone.now())] * 2)
    everything_once()


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it"])
def test_two_payments_of_one_order_settling_at_once_are_one_paying_and_one_that_goes_back(
    bought, till, monkeypatch, locked
):
    order, first = bought
    Payment.objects.filter(pk=first.pk).update(state="cancelled", is_open=False)
    second = intend(
        purpose="order",
        subject=order.subject,
        amount=order.amount,
        description="a second tab",
        customer=None,
        account=first.payer_account,
        save_method=False,
        actor=READER,
        at=timezone.now(),
    )
    page = open_hosted_page(
        second, email=order.email, name="Élodie Lefèvre", success_url="http://shop.test/oui",
        cancel_url="http://shop.test/non", actor=READER, at=timezone.now(),
    )  # fmt: skip
    till.pay(page.checkout_url)
    first.refresh_from_db()
    second.refresh_from_db()
    meeting = Meeting(2)
    monkeypatch.setattr(settling, "keep_methods", meeting.before(methods.keep_methods))
    if not locked:
        without_locks(monkeypatch, Payment, Order)

    def look_up(payment: Payment):
        return lambda: money.looking_up.look_up(payment, actor=job("unknown-payments"), at=timezone.now()).surplus

    results = together([look_up(first), look_up(second)], meeting=meeting)
    assert len(till.charges()) == 2
    if not locked:
        assert meeting.largest == 2
        [refused] = troubles(results)
        assert isinstance(refused, IntegrityError)  # the database knows one paying payment only; the news comes again
        return
    assert sorted(results) == [False, True]
    surplus = Payment.objects.get(surplus=True)
    assert surplus.effect == "surplus"
    assert Refund.objects.get().payment_id == surplus.pk
    together([lambda: money.send_refunds()] * 3)
    till.settle()
    money.send_refunds()
    assert Refund.objects.get().state == "succeeded"
    assert balance_of("419700") == 0
    assert [one.objects.count() for one in (Term, Invoice)] == [1, 1]
    assert len(till.client().v1.refunds.list({"limit": 100}).data) == 1  # asked for more than once, under one key
    assert breaches(timezone.now()) == []


def test_an_effect_that_was_parked_is_served_once_by_two_sweeps(bought, till, hear, monkeypatch):
    def broken(*_args, **_named):
        raise RuntimeError("the calendar is on fire")

    monkeypatch.setattr("subscriptions.orders.settling.open_paid", broken)
    hear()
    assert Payment.objects.get().effect == "parked"
    monkeypatch.setattr("subscriptions.orders.settling.open_paid", opening.open_paid)
    results = together([lambda: parked.retry(actor=job("parked-effects"), at=timezone.now())] * 4)
    assert sorted(results) == [0, 0, 0, 1]
    assert [one.objects.count() for one in (Subscription, Term, Invoice)] == [1, 1, 1]
    assert breaches(timezone.now()) == []


def test_a_surplus_is_given_back_once_however_many_ask(bought, till, hear):
    _order, payment = bought
    hear()
    asked: list[object] = []

    def ask() -> None:
        with settling.transaction.atomic():
            locked = Payment.objects.select_for_update().get(pk=payment.pk)
            asked.append(refunds.request_for_surplus(locked, actor=job("test"), at=timezone.now()))

    assert troubles(together([ask] * 4)) == []
    assert sum(one is not None for one in asked) == 1
    assert Refund.objects.count() == 1


def _receive_first(till) -> None:
    body, signature = next(
        event for event in keep_events(till) if b'"type":"checkout.session.completed"' in event[0].replace(b": ", b":")
    )
    receiving.receive(body, signature, at=timezone.now())


def _looks(till) -> int:
    looked = [request for request in till.requests() if request["method"] == "GET"]
    return sum("/v1/checkout/sessions/" in request["path"] for request in looked)
