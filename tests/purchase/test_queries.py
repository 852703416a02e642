"""Settling is set-based: three orders cost as many queries as one."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.looking_up import look
from payments.settling import apply
from subscriptions.models import Term
from tests.makers import READER, make_wish, open_page, place_order


@pytest.mark.parametrize("number", [1, 3])
def test_settling_costs_the_same_for_one_and_for_three(offers, till, number):
    payments = []
    for reader in range(number):
        wish = make_wish(offers["automatic"], email=f"reader{reader}@example.fr", typed={"reader": reader})
        payment = open_page(place_order(wish, token=uuid.uuid4(), at=timezone.now()), at=timezone.now())
        till.pay(payment.checkout_url)
        payments.append(payment)
    news = [look(payment, at=timezone.now()) for payment in payments]
    with CaptureQueriesContext(connection) as seen:
        apply(news, actor=READER, at=timezone.now())
    assert Term.objects.count() == number
    assert len(seen) <= 38, "\n".join(query["sql"][:110] for query in seen)


def test_placing_an_order_and_opening_its_page(offers, till):
    with CaptureQueriesContext(connection) as seen:
        order = place_order(make_wish(offers["fixed"]), at=timezone.now())
        open_page(order, at=timezone.now())
    asked = [query["sql"] for query in seen if query["sql"] not in ("BEGIN", "COMMIT")]
    assert len(asked) <= 15, "\n".join(sql[:110] for sql in asked)
