"""Double clicks, second tabs and payers made at the same instant."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from django.utils import timezone

from payments.methods import known_at_stripe, payer_account
from payments.models import PayerAccount, Payment
from shop.watch.audit import breaches
from subscriptions.models import Consent, Order
from subscriptions.orders import placing
from subscriptions.orders.placing import AlreadyPaid, payment_of, place
from tests.makers import NOW, READER, make_wish, open_page, place_order
from tests.races.crowd import Meeting, together, troubles

TOKEN = uuid.UUID("5b0f5e6e-6c32-4c34-9d4e-0d2f3f1a7b11")


def sessions(till) -> list[dict]:
    return [one for one in till.requests("/v1/checkout/sessions") if one["method"] == "POST" and one["status"] == 200]


def test_one_form_sent_eight_times_at_once_is_one_order_one_payment_one_page(offers, till, monkeypatch, settings):
    settings.STRIPE_MAX_RETRIES = 2  # as in production: Stripe says 409 to a key that is in use
    wish = make_wish(offers["fixed"])
    meeting = Meeting(8)
    monkeypatch.setattr(placing, "_write", meeting.before(placing._write))

    def click() -> tuple[int, str]:
        order = place(wish, form_token=TOKEN, actor=READER, at=timezone.now()).order
        return order.pk, open_page(order, at=timezone.now()).checkout_url

    results = together([click] * 8, meeting=meeting)
    assert troubles(results) == []
    assert meeting.largest == 8  # all of them had seen no order yet
    assert len(set(results)) == 1
    assert results[0][1].startswith(till.base)
    assert (Order.objects.count(), Payment.objects.count(), PayerAccount.objects.count()) == (1, 1, 1)
    assert Consent.objects.count() == len(wish.consents)
    made = till.client().v1.checkout.sessions.list({"limit": 100}).data
    assert len(made) == 1
    assert len(till.client().v1.customers.list({"limit": 100}).data) == 1
    till.pay(results[0][1])
    assert len(till.charges()) == 1


def test_eight_forms_are_eight_orders(offers, till):
    """The control: the crowd of the test above does place eight orders when nothing binds them together."""
    wish = make_wish(offers["fixed"])
    results = together([lambda: place(wish, form_token=uuid.uuid4(), actor=READER, at=NOW).order.pk] * 8)
    assert troubles(results) == []
    assert Order.objects.count() == Payment.objects.count() == 8


def test_two_tabs_that_want_different_things_leave_one_living_order(offers, monkeypatch):
    wishes = [make_wish(offers["fixed"]), make_wish(offers["automatic"])]
    meeting = Meeting(2)
    monkeypatch.setattr(placing, "_write", meeting.before(placing._write))
    results = together(
        [lambda wish=wish: place(wish, form_token=TOKEN, actor=READER, at=NOW) for wish in wishes], meeting=meeting
    )
    assert troubles(results) == []
    living = Order.objects.filter(form_token=TOKEN, state__in=placing.LIVING).get()
    assert living.pk in {order.pk for order, _payment in results}
    assert Payment.objects.filter(is_open=True).get().subject == living.subject
    assert breaches(NOW) == []


def test_two_second_thoughts_about_one_order_take_its_place_once(offers, monkeypatch):
    first = place_order(make_wish(offers["fixed"]), token=TOKEN)
    changed = [make_wish(offers["fixed"], typed={"email": "x@example.fr", "street": street}) for street in ("A", "B")]
    results = together([lambda wish=wish: place(wish, form_token=TOKEN, actor=READER, at=NOW) for wish in changed])
    assert troubles(results) == []
    living = Order.objects.get(form_token=TOKEN, state__in=placing.LIVING)
    first.refresh_from_db()
    assert first.state == Order.State.CANCELLED
    assert Payment.objects.filter(is_open=True).get().subject == living.subject
    assert payment_of(first).state == Payment.State.CANCELLED
    assert breaches(NOW) == []


def test_a_second_thought_while_the_first_is_being_paid_never_charges_twice(offers, till):
    """One tab pays, the other changes the order at the same instant: whoever comes second is told."""
    first = place_order(make_wish(offers["fixed"]), token=TOKEN, at=timezone.now())
    page = open_page(first, at=timezone.now()).checkout_url
    other = replace(make_wish(offers["fixed"]), typed={"street": "1 place Neuve"})

    def change() -> str:
        try:
            order = place(other, form_token=TOKEN, actor=READER, at=timezone.now()).order
        except AlreadyPaid as paid:
            return f"paid:{paid.order.pk}"
        return f"new:{order.pk}"

    paid, changed = together([lambda: till.pay(page).url, change])
    assert troubles([paid, changed]) == []
    charges = len(till.charges())
    if changed.startswith("paid:"):
        assert (charges, Order.objects.count()) == (1, 1)
    else:
        # The page was closed before the card was taken.
        assert (charges, Order.objects.count()) == (0, 2)
    assert breaches(timezone.now()) == []


@pytest.mark.django_db(transaction=True)
def test_a_payer_asked_for_eight_times_at_once_is_one():
    results = together([lambda: payer_account("customer:7", customer=None, at=NOW).pk] * 8)
    assert len(set(results)) == 1
    assert PayerAccount.objects.count() == 1


def test_a_payer_made_known_by_eight_at_once_is_one_customer_at_stripe(transactional_db, till, settings):
    settings.STRIPE_MAX_RETRIES = 2
    account = payer_account("customer:7", customer=None, at=NOW)

    def know() -> str | None:
        mine = PayerAccount.objects.get(pk=account.pk)
        return known_at_stripe(mine, email="elodie@example.fr", name="Élodie").stripe_customer

    results = together([know] * 8)
    assert troubles(results) == []
    assert len(set(results)) == 1
    assert len(till.client().v1.customers.list({"limit": 100}).data) == 1
