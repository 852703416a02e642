"""Gifts at the same instant: two who claim, sweeps that announce, a giver who withdraws while the recipient claims."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import QuerySet

from payments.models import Refund
from shop.watch.audit import breaches
from subscriptions.gifts.claiming import CannotClaim, claim
from subscriptions.models import CarriedTerm, Entitlement, Gift, Notice, Subscription
from subscriptions.refunding import refund_in_full
from subscriptions.stopping.terminating import end_now
from tests.choice.people import noon, world
from tests.choice.people import reader as subscribed
from tests.disputes.people import disputed
from tests.gifts.people import give, order_a_gift, reader, told, withdrawn
from tests.makers import READER, TODAY
from tests.races.crowd import Meeting, together, troubles
from tests.races.test_lock_order import deadlocks

pytestmark = pytest.mark.django_db(transaction=True)
CHRISTMAS = date(2026, 12, 25)


@pytest.fixture
def gift(transactional_db) -> Gift:
    from subscriptions.texts import load_texts

    world()
    load_texts(date(2026, 11, 1))
    return give(start=26)


def wrong() -> list[tuple[str, str, str]]:
    """What the audit finds, but for letters, which nobody delivers here."""
    return [one for one in breaches(noon(TODAY)) if " is due since " not in one[2]]


def test_of_four_who_claim_one_has_it(gift):
    people = [reader(f"reader{n}@example.fr") for n in range(4)]
    results = together([lambda who=who: claim(gift.pk, who, onto=None, actor=READER, at=noon(TODAY)) for who in people])
    assert [one for one in results if one is True] == [True]
    refused = [one for one in results if isinstance(one, CannotClaim)]
    assert [one.code for one in refused] == ["claimed"] * 3
    gift.refresh_from_db()
    assert gift.claimed_by in people
    assert Notice.objects.filter(kind="gift_claimed").count() == 1
    assert wrong() == []


def test_a_double_click_carries_the_copies_once(gift):
    own = subscribed()
    results = together([lambda: claim(gift.pk, own.payer, onto=own.pk, actor=READER, at=noon(TODAY))] * 4)
    assert troubles(results) == []
    assert sorted(results) == [False, False, False, True]
    assert CarriedTerm.objects.count() == 1
    assert own.terms.count() == 2
    assert wrong() == []


def test_four_sweeps_at_once_tell_it_once(gift):
    results = together([lambda: told(CHRISTMAS)] * 4)
    assert troubles(results) == []
    assert sum(results) == 1
    assert Notice.objects.filter(kind="gift_announced").count() == 1


@pytest.mark.parametrize("turn", range(6))
def test_withdrawn_while_it_is_claimed_nothing_is_owed_and_everything_goes_back(gift, turn):
    """Whoever is first: no copy is left to be sent, and the giver has the whole price back."""
    own = subscribed()
    acts = [
        lambda: claim(gift.pk, own.payer, onto=own.pk, actor=READER, at=noon(TODAY)),
        lambda: withdrawn(gift).effect,
    ]
    results = together(acts if turn % 2 else acts[::-1])
    assert [one for one in troubles(results) if not isinstance(one, CannotClaim)] == []
    assert Refund.objects.get().amount.amount == Decimal("27.60")
    gift.refresh_from_db()
    assert gift.state == Gift.State.VOID
    owed = Entitlement.objects.filter(state__in=("owed", "held"))
    assert set(owed.values_list("term__subscription", "term__number")) == {(own.pk, 1)}
    assert wrong() == []


def test_one_form_paid_once_is_one_gift(transactional_db):
    world()
    order = order_a_gift()
    from tests.choice.people import pay

    results = together([lambda: len(pay(order, on=TODAY))] * 3)
    assert troubles(results) == []
    assert Gift.objects.get().state == Gift.State.GIVEN


@pytest.mark.parametrize("older", ["own", "gift"])
@pytest.mark.parametrize("how", ["refunded", "terminated", "disputed"])
def test_taken_back_while_its_readers_subscriptions_are_locked_nobody_waits_in_a_circle(
    transactional_db, monkeypatch, older, how
):
    """A letter to the reader locks both by their ids, as everybody; so does what takes the gift back, whichever is older."""
    world()
    if older == "own":
        own, present = subscribed(), give(start=26)
    else:
        present, own = give(start=26), subscribed()
    claim(present.pk, own.payer, onto=own.pk, actor=READER, at=noon(TODAY))
    before, meeting = deadlocks(), Meeting(2)
    keys = sorted([own.pk, present.subscription_id])
    read, times = QuerySet.select_for_update, Counter()

    def met(self, *given, **named):
        if self.model is Subscription and threading.current_thread() is not letters:
            times["locked"] += 1
            if times["locked"] == 2:
                meeting()
        return read(self, *given, **named)

    def one(key):
        return list(read(Subscription.objects.filter(pk=key)))

    letters = None

    def letter():
        nonlocal letters
        letters = threading.current_thread()
        with transaction.atomic():
            one(keys[0])
            meeting()
            one(keys[1])

    monkeypatch.setattr(QuerySet, "select_for_update", met)
    payment = present.subscription.terms.get().payment
    back = {
        "refunded": lambda: refund_in_full(present.order, reason="x", actor=READER, at=noon(TODAY)),
        "terminated": lambda: end_now(present.subscription_id, "moved", actor=READER, at=noon(TODAY), reason="x"),
        "disputed": lambda: disputed(payment, at=noon(TODAY)),
    }
    results = together([letter, back[how]], meeting=meeting)
    assert troubles(results) == []
    assert deadlocks() == before
    assert wrong() == []
