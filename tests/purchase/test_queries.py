"""What a purchase costs in queries, step by step and exactly: what creeps in is seen, for one order and for three."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.days import paris_day
from payments.invoicing.rendering import render_pending
from payments.looking_up import look
from payments.models import BalanceMovement, InvoiceRendering, Payment
from payments.settling import apply
from payments.webhooks import processing, receiving
from payments.webhooks.types import HEARD
from subscriptions.models import Notice, Order, Term
from subscriptions.notices.delivering import deliver
from subscriptions.orders.following import Situation, follow, payment_now
from subscriptions.texts import load_texts
from tests.makers import READER, make_wish, open_page, place_order

BOUNDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@contextmanager
def queries(number: int) -> Iterator[None]:
    """Exactly so many queries are made inside, the bounds of transactions apart."""
    with CaptureQueriesContext(connection) as seen:
        yield
    asked = [query["sql"].strip() for query in seen if not query["sql"].startswith(BOUNDS)]
    assert len(asked) == number, "\n".join([f"{len(asked)} queries:", *(sql[:110] for sql in asked)])


def bought(offer, number: int) -> list[Payment]:
    """Orders of so many readers, paid at Stripe; the shop knows nothing of it yet."""
    payments = []
    for reader in range(number):
        wish = make_wish(offer, email=f"reader{reader}@example.fr", typed={"reader": reader})
        payments.append(open_page(place_order(wish, token=uuid.uuid4(), at=timezone.now()), at=timezone.now()))
    return payments


def settled(till, payments: list[Payment]) -> None:
    """Everybody pays and comes back."""
    for payment in payments:
        till.pay(payment.checkout_url)
    apply([look(payment, at=timezone.now()) for payment in payments], actor=READER, at=timezone.now())


def hear(till) -> None:
    """Store what Stripe tells of its own accord, as it is set up to: the types this shop hears."""

    def post(body: bytes, headers: dict[str, str]) -> int:
        signature = {name.lower(): value for name, value in headers.items()}["stripe-signature"]
        if json.loads(body)["type"] in HEARD:
            receiving.receive(body, signature, at=timezone.now())
        return 200

    till.deliver(post)


def test_placing_an_order_and_opening_its_page(offers, till):
    wish = make_wish(offers["fixed"])
    with queries(8):
        order = place_order(wish, at=timezone.now())
    with queries(4):
        open_page(order, at=timezone.now())


@pytest.mark.parametrize("number", [1, 3])
def test_settling_costs_the_same_for_one_and_for_three(offers, till, number):
    payments = bought(offers["automatic"], number + 1)
    settled(till, [payments.pop()])  # the year's series is there already
    for payment in payments:
        till.pay(payment.checkout_url)
    news = [look(payment, at=timezone.now()) for payment in payments]
    with queries(24):
        apply(news, actor=READER, at=timezone.now())
    assert Term.objects.count() == number + 1


def test_coming_back_asks_little_beside_the_settling(offers, till):
    first, second = bought(offers["automatic"], 2)
    settled(till, [first])
    till.pay(second.checkout_url)
    order = Order.objects.get(pk=int(second.subject.removeprefix("order:")))
    with queries(2 + 24):
        assert follow(order, at=timezone.now(), ask=True) == Situation.PAID
    with queries(1):
        assert payment_now(order, at=timezone.now(), ask=True).state == Payment.State.SUCCEEDED


@pytest.mark.parametrize("number", [1, 3])
def test_the_events_of_settled_payments_are_taken_known_and_closed_together(offers, till, number):
    """The claim, the settled payments, the closing; and for each charge its line of the balance and its fee."""
    settled(till, bought(offers["automatic"], number))
    till.settle()
    hear(till)
    with queries(3 + 2 * number):
        assert processing.process(at=timezone.now()) == 3 * number
    assert BalanceMovement.objects.exclude(payment=None).count() == number


@pytest.mark.parametrize("number", [1, 3])
def test_a_confirmation_is_written_from_four_queries(offers, till, number, mailoutbox):
    """A round: the claim, the end of an outage. A letter: the term, the invoice with its lines, the texts; two for the
    PDF if there is none yet; kept, held, sent with its proof."""
    load_texts(on=paris_day(timezone.now()))
    settled(till, bought(offers["automatic"], number))
    with queries(2 + 9 * number):
        assert deliver(10, at=timezone.now()).sent == number
    assert Notice.objects.filter(state="sent").count() == InvoiceRendering.objects.count() == number


@pytest.mark.parametrize("number", [1, 3])
def test_a_document_that_is_there_is_not_made_again(offers, till, number, mailoutbox):
    load_texts(on=paris_day(timezone.now()))
    settled(till, bought(offers["automatic"], number))
    with queries(1 + 4 * number):
        render_pending(10, at=timezone.now())
    with queries(1):
        render_pending(10, at=timezone.now())
    with queries(2 + 7 * number):
        assert deliver(10, at=timezone.now()).sent == number
