"""Buying: through the order page and Stripe's page, by card or by debit, with or without automatic renewal."""

from __future__ import annotations

from datetime import timedelta

from tests.simulation.people import ORDER, Reader
from tests.simulation.shop import Shop, Story


def buys(shop: Shop, reader: Reader) -> Story:
    """Order, pay some minutes later, come back; a year of this reader's life is drawn."""
    url = reader.orders(ORDER, {**reader.person.typed, "renewal": reader.person.renewal})
    yield shop.clock.now + timedelta(minutes=2)
    reader.pays(url)
    if not reader.years:
        reader.begin_year()
