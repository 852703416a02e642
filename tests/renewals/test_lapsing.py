"""The end for want of payment: on its day, told, never while money may be on its way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine

from payments.models import Payment
from subscriptions.models import Notice, Renewal, Subscription
from subscriptions.renewals.lapsing import ENDING, lapse
from subscriptions.renewals.links import pay_path
from tests.renewals.counter import CLOCK, R, at_ten, charge, planned, reader, ready, steps, ten

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def end(on: date) -> int:
    return lapse(on=on, at=ten(on), actor=CLOCK)


def test_on_the_twenty_first_day_after_r_and_not_before(till):
    plan = ready(till, card="4000000000009987")
    charge()
    assert [end(R + DAY * days) for days in (0, 20, 21, 21, 22)] == [0, 0, 1, 0, 0]
    plan.refresh_from_db()
    assert (plan.state, steps(plan)[-1]) == ("lapsed", "lapsed")
    assert Subscription.objects.get().state == "lapsed"
    assert Notice.objects.filter(kind="renewal_lapsed").count() == 1
    charge(ten(R + DAY * 21))
    assert Payment.objects.filter(purpose="renewal").count() == 1


@pytest.mark.parametrize("state", sorted(set(Renewal.State)))
def test_only_what_waits_may_end(till, state):
    if state == "paid":
        return
    planned(reader(till), state=state)
    late = R + DAY * 30
    # Whoever waits for the reader was asked in this story when the row was made, a year before.
    assert end(late) == int(state in ENDING)


def test_a_charge_made_late_moves_the_end(till):
    """The clock stood still for three days: 21 days count from the first charge."""
    plan = planned(reader(till, card="4000000000009987"))
    late = R + DAY * 3
    at_ten(till, late)
    charge(ten(late))
    assert [end(R + DAY * days) for days in (21, 23, 24)] == [0, 0, 1]
    plan.refresh_from_db()
    assert plan.state == "lapsed"


def test_a_clock_that_stood_still_for_forty_days_ends_nobody_unasked(till):
    """Never charged, told too long ago: by choice only; then the reader has 21 days, not none."""
    plan = planned(reader(till))
    late = R + DAY * 40
    at_ten(till, late)
    charge(ten(late))
    plan.refresh_from_db()
    assert plan.state == "manual"
    assert [end(late + DAY * days) for days in (0, 20, 21)] == [0, 0, 1]


def test_a_retry_that_a_stopped_clock_has_missed(till):
    """Due again at R + 3, looked at on R + 40: no charge so long after the notice, and the 21 days are over."""
    plan = ready(till, card="4000000000009995")
    charge()
    late = R + DAY * 40
    charge(ten(late))
    plan.refresh_from_db()
    assert (plan.state, plan.attempts.count()) == ("retrying", 1)
    assert end(late) == 1


def test_an_unknown_charge_keeps_it_alive(till):
    plan = ready(till)
    till.misbehave("timeout_after", method="POST", path="/v1/payment_intents")
    charge()
    assert end(R + DAY * 40) == 0
    plan.refresh_from_db()
    assert plan.state == "unresolved"


def test_an_open_page_is_closed_first_and_one_that_is_paid_pays(till, client):
    late = R + DAY * 21
    plans = []
    for _each in range(2):
        plan = ready(till, card="4000000000009987")
        charge()
        plans.append(plan)
    till.set_clock(int(ten(late).timestamp()), frozen=True)
    with time_machine.travel(ten(late), tick=False):
        urls = [client.post(pay_path(plan)).url for plan in plans]
    till.pay(urls[0])
    assert end(late) == 1
    assert [Renewal.objects.get(pk=plan.pk).state for plan in plans] == ["paid", "lapsed"]
    assert not Payment.objects.filter(purpose="renewal", is_open=True).exists()


def test_a_charge_that_waits_for_the_bank_is_cancelled_there(till):
    plan = ready(till, card="4000002760003184")
    charge()
    payment = Payment.objects.get(purpose="renewal")
    assert (payment.state, payment.is_open) == ("action_required", True)
    assert end(R + DAY * 21) == 1
    payment.refresh_from_db()
    assert payment.state == "cancelled"
    assert till.client().v1.payment_intents.retrieve(payment.stripe_intent).status == "canceled"
    plan.refresh_from_db()
    assert plan.state == "lapsed"


def test_while_stripe_is_silent_nothing_ends(till):
    ready(till, card="4000002760003184")
    charge()
    till.misbehave("timeout_before", times=10)
    assert end(R + DAY * 21) == 0
    till.behave()
    assert end(R + DAY * 21) == 1
