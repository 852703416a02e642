"""Two orders that prolong one subscription are settled in the same instant, by two connections: terms n and n+1, none lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connections

from payments.settling import apply
from tests.choice.people import JOB, news_of, noon, order_to_renew, reader, story, wrong

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2027, 10, 1)


@pytest.mark.parametrize("crowd", [2, 4])
def test_settled_in_the_same_instant(crowd):
    subscription = reader()
    orders = [order_to_renew(subscription, on=ON) for _one in range(crowd)]
    start = Barrier(crowd)

    def settle(news):
        try:
            start.wait(timeout=20)
            return len(apply([news], actor=JOB, at=noon(ON)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(crowd) as pool:
        assert list(pool.map(settle, news_of(*orders, on=ON))) == [1] * crowd
    terms = story(subscription)
    assert [number for number, _from, _to, _copies in terms] == list(range(1, crowd + 2))
    assert [copies for _number, _from, _to, copies in terms] == [
        list(range(25 + 4 * index, 29 + 4 * index)) for index in range(crowd + 1)
    ]
    assert wrong(noon(ON)) == []
