"""Readers who are owed copies, for stories about files."""

from __future__ import annotations

from datetime import date, datetime, time

from payments.days import PARIS
from payments.gateway import Outcome
from payments.settling import News, apply
from subscriptions.models import Issue, Offer, Subscription
from subscriptions.orders.placing import payment_of
from tests.makers import HOME, NOW, READER, make_wish, place_order


def at(day: date, hour: int = 11) -> datetime:
    """An hour of a day in Paris."""
    return datetime.combine(day, time(hour), tzinfo=PARIS)


def buys(offer: Offer, *, email: str = "elodie@example.fr", address=HOME, when: datetime = NOW) -> Subscription:
    """A reader who bought and paid."""
    order = place_order(make_wish(offer, address=address, email=email))
    apply([News(payment_of(order).pk, Outcome.SUCCEEDED)], actor=READER, at=when)
    order.refresh_from_db()
    return order.term.subscription


def issue(number: int) -> Issue:
    """One issue, as the database has it."""
    return Issue.objects.select_related("magazine").get(number=number)
