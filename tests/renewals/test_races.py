"""Several workers, and readers who change their mind in the very instant of the charge: one charge per term, or none."""

from __future__ import annotations

import random

import pytest
from django.db import transaction
from django.db.models import QuerySet

from payments.models import Payment, Refund
from subscriptions.models import Renewal, RenewalAttempt, Subscription, Term
from subscriptions.renewals import charging
from subscriptions.renewals.cancelling import cancel
from tests.makers import READER
from tests.races.crowd import Meeting, together, troubles
from tests.renewals.counter import R, at_ten, charge, paid_here, planned, reader, ready, taken, ten, wrong

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it"])
def test_two_workers_with_the_same_renewals_in_hand(till, monkeypatch, locked):
    """Both have found the same three; whoever locks them charges, the other finds nothing left."""
    for _each in range(3):
        planned(reader(till))
    at_ten(till)
    meeting = Meeting(2)
    monkeypatch.setattr(charging, "move", meeting.before(charging.move))
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_given, **_named: self.all())
    results = together([lambda: charge(threads=2)] * 2, meeting=meeting)
    assert sorted(taken(till)) == sorted(paid_here())
    if locked:
        assert troubles(results) == []
        assert meeting.largest == 1
        assert sorted(result.charged for result in results) == [0, 3]
        assert RenewalAttempt.objects.count() == len(taken(till)) == 3
        assert wrong(ten(minutes=30)) == []
    else:
        # Both write: the database knows one open payment per term, and one of the two is refused.
        assert meeting.largest == 2
        assert len(taken(till)) == 3


def turn_off(subscription: Subscription) -> None:
    """What turning automatic renewal off does, in the order of the locks."""
    with transaction.atomic():
        cancel(subscription.pk, actor=READER, at=ten(), reason="the reader has said no")
        locked = Subscription.objects.select_for_update().get(pk=subscription.pk)
        locked.renewal = "fixed"
        locked.save(update_fields=["renewal"])


@pytest.mark.parametrize("pause", range(6))
def test_a_no_in_the_same_instant_as_the_charge(till, pause):
    """Either nobody is charged, or what was charged goes back: there is no second term, and no money kept."""
    plan = ready(till)
    subscription = plan.subscription
    delays = [random.Random(pause).random() * 0.05 for _act in range(2)]  # no secret

    def late(act, seconds):
        def go():
            with transaction.atomic():
                # A pause that no clock of ours makes: the database's.
                transaction.get_connection().cursor().execute("SELECT pg_sleep(%s)", [seconds])
            return act()

        return go

    results = together(
        [late(lambda: charge(threads=1), delays[0]), late(lambda: turn_off(subscription), delays[1])]
    )  # fmt: skip
    assert troubles(results) == []
    plan.refresh_from_db()
    charged = taken(till)
    if plan.state == "paid":
        # The charge was through before the reader said no.
        assert charged == paid_here() == [plan.subject]
        assert Term.objects.filter(number=2).count() == 1
    else:
        assert plan.state == "cancelled"
        assert Term.objects.count() == 1
        assert Payment.objects.filter(purpose="renewal", state="succeeded", surplus=False).count() == 0
        assert Refund.objects.count() == len(charged)
    assert charge(ten(minutes=1)).charged == 0
    assert wrong(ten(minutes=30)) == []


def test_a_no_while_stripe_answers_is_told_that_money_is_on_its_way(till, monkeypatch):
    """The charge is out: it cannot be called back, but what it brings is."""
    plan = ready(till)
    asked = charging.collect
    said: list[str] = []

    def hold(groups, **options):
        for group in groups:
            found = cancel(plan.subscription_id, actor=READER, at=ten(), reason="the reader has said no")
            said.append(found.state)
            Subscription.objects.update(renewal="fixed")
            return asked([group], **options)
        raise AssertionError("nothing was due")

    monkeypatch.setattr(charging, "collect", hold)
    charge(threads=1)
    plan.refresh_from_db()
    assert (said, plan.state) == (["charging"], "cancelled")
    assert Refund.objects.get().payment.surplus
    assert Term.objects.count() == 1
    assert len(taken(till)) == 1


def test_many_workers_and_many_readers(till):
    """Four workers over twenty readers with every kind of card: each is charged once or not at all."""
    cards = ["4242424242424242", "4000000000009995", "4000002760003184", "4000000000009987", "5555555555554444"]
    for place in range(20):
        planned(reader(till, card=cards[place % 5]))
    at_ten(till)
    results = together([lambda: charge(threads=3, batch=4)] * 4)
    assert troubles(results) == []
    assert sorted(taken(till)) == sorted(paid_here())
    assert len(taken(till)) == 8
    assert sorted(Renewal.objects.values_list("state", flat=True)) == sorted(
        ["paid"] * 8 + ["retrying"] * 4 + ["awaiting_reader"] * 8
    )
    assert RenewalAttempt.objects.count() == 20
    assert R.year == 2027
    assert wrong(ten(minutes=30)) == []
