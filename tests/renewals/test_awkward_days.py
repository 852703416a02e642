"""Whole renewals that begin on awkward days, in every zone: both notices in time or no charge at all, whatever comes back.

The days themselves are proved in `tests/pure/test_ten_years.py`; here the rows, the letters and the database's gate.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta

from payments.gateway import IntentSeen, MethodSeen, Outcome
from payments.models import DeskItem, Payment
from payments.settling import News, apply
from subscriptions.addresses.typed import TypedAddress
from subscriptions.models import Notice, Offer, Renewal, RenewalAttempt, RenewalProof, Subscription
from subscriptions.orders.placing import payment_of
from subscriptions.renewals import charging
from subscriptions.renewals.falling_due import fall_due
from tests.choice.people import time_passes, world
from tests.makers import HOME, READER, make_wish, place_order
from tests.renewals.days import CLOCK, bounce, live, noon, notice_on, plan_on, prove_on, the_renewal

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def at(country: str, postcode: str, town: str, street: str) -> TypedAddress:
    return TypedAddress(
        title="MME", first_name="Élodie", last_name="Lefèvre", street=street, postcode=postcode, town=town, country=country
    )  # fmt: skip


ZONES = {
    "FR": HOME,
    "DOM": at("FR", "97400", "Saint-Denis", "4 rue de Paris"),
    "EU": at("DE", "10969", "Berlin", "Lindenstraße 3"),
    "WORLD": at("CH", "1204", "Genève", "Rue du Rhône 8"),
}
#: The day of the order, which is the first of the term, and R as it must be.
STARTS = {
    date(2027, 1, 31): date(2028, 1, 31),
    date(2027, 5, 31): date(2028, 5, 31),
    # The night in which the clock is put back.
    date(2027, 10, 31): date(2028, 10, 31),
    date(2028, 2, 29): date(2029, 2, 28),
}
#: Days before R on which something happens or nearly does.
DAYS = (75, 62, 61, 60, 45, 33, 32, 31, 30, 17, 16, 15, 14, 13, 8, 7, 1, 0, -1, -7, -8, -21, -22)


def bought(on: date, zone: str) -> Subscription:
    """Bought, paid by card and kept to be renewed, on that day."""
    order = place_order(
        make_wish(Offer.objects.get(renewal="automatic"), address=ZONES[zone], on=on),
        token=uuid.uuid4(), at=noon(on),
    )  # fmt: skip
    payment = payment_of(order)
    method = MethodSeen(
        id=f"pm_{payment.pk}", kind="card", brand="visa", last4="4242", exp_month=12, exp_year=2040, fingerprint="f",
        customer=f"cus_{payment.pk}", mandate="",
    )  # fmt: skip
    paid = IntentSeen(
        id=f"pi_{payment.pk}", outcome=Outcome.SUCCEEDED, status="succeeded", amount_cents=int(order.amount.amount * 100),
        currency="eur", amount_received=int(order.amount.amount * 100), customer=method.customer, payment_method=method.id,
        charge=f"ch_{payment.pk}", decline=None, metadata={}, created=noon(on), livemode=False, method_kind="card",
    )  # fmt: skip
    apply([News(payment.pk, Outcome.SUCCEEDED, intent=paid, method=method, closed=True)], actor=READER, at=noon(on))
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    return Subscription.objects.get(terms__order=order)


def charged_on(on: date) -> list[Payment]:
    """What the charging job would write down on that day; nobody is asked for money in these stories."""
    fall_due(on=on, at=noon(on), actor=CLOCK)
    return charging.claim(
        list(charging.due(on).values_list("pk", flat=True)), on=on, at=noon(on), actor=CLOCK
    )  # fmt: skip


def check(attempt: RenewalAttempt, r: date) -> None:
    """Both notices, for this very R, in the law's days by another calendar than ours."""
    legal = RenewalProof.objects.get(renewal=attempt.renewal, renews_on=r, kind="legal")
    refuse_until = r - DAY
    assert refuse_until - relativedelta(months=3) <= legal.sent_on <= refuse_until - relativedelta(months=1)
    assert 7 <= (attempt.charged_on - attempt.pre_debit_sent_on).days <= 30
    assert RenewalProof.objects.filter(renews_on=r, kind="pre_debit", sent_on=attempt.pre_debit_sent_on).exists()
    assert attempt.charged_on >= r


@pytest.mark.parametrize(("start", "zone"), list(zip(STARTS, ZONES, strict=True)), ids=str)
def test_told_twice_and_charged_once(outbox, start, zone):
    world(until=60)
    time_passes(start - DAY)
    subscription, r = bought(start, zone), STARTS[start]
    time_passes(r - timedelta(days=80))
    for before in DAYS:
        time_passes(r - timedelta(days=before))
        live(r - timedelta(days=before))
        if before <= 0:
            charged_on(r - timedelta(days=before))
    attempt = RenewalAttempt.objects.get()
    assert attempt.charged_on == attempt.renews_on == r
    check(attempt, r)
    assert attempt.payment.amount == subscription.terms.get(number=1).amount
    assert DeskItem.objects.exclude(kind="renewal_gate").count() == 0


@pytest.mark.parametrize(
    ("start", "heard"),
    [
        (date(2027, 1, 31), "the same day"),
        (date(2028, 2, 29), "the same day"),
        (date(2027, 5, 31), "after the word of the debit"),
        (date(2028, 2, 29), "after the word of the debit"),
        (date(2027, 10, 31), "the day before R"),
        (date(2028, 2, 29), "the day before R"),
    ],
    ids=str,
)
def test_a_notice_that_came_back_is_a_persons_work_or_a_choice_and_never_a_charge(outbox, start, heard):
    world(until=60)
    time_passes(start - DAY)
    bought(start, list(ZONES)[list(STARTS).index(start)])
    r = STARTS[start]
    time_passes(r - timedelta(days=80))
    back = {"the same day": 61, "after the word of the debit": 13, "the day before R": 1}[heard]
    on_desk = False
    for before in DAYS:
        on = r - timedelta(days=before)
        live(on)
        if before == back:
            bounce(the_renewal(), at=noon(on))
            prove_on(on)
        on_desk = on_desk or DeskItem.objects.filter(kind="legal_notice_bounced", closed_at=None).exists()
        if before <= 0:
            assert charged_on(on) == []
    assert RenewalAttempt.objects.count() == 0
    assert Payment.objects.filter(purpose="renewal").count() == 0
    renewal = the_renewal()
    assert renewal.state == Renewal.State.MANUAL
    assert on_desk == (heard == "the same day") or renewal.why


@pytest.mark.parametrize("start", [date(2027, 1, 31), date(2028, 2, 29)], ids=str)
def test_a_post_that_stands_still_until_the_window_has_closed_leaves_it_to_choice(outbox, start):
    world(until=60)
    time_passes(start - DAY)
    bought(start, "FR")
    r = STARTS[start]
    time_passes(r - timedelta(days=80))
    for before in DAYS:
        on = r - timedelta(days=before)
        plan_on(on)
        notice_on(on)
        prove_on(on)
        if before <= 0:
            assert charged_on(on) == []
    assert RenewalAttempt.objects.count() == 0
    assert the_renewal().state == Renewal.State.MANUAL
