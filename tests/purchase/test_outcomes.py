"""What can come of a payment, one story each: refused, confirmed at the bank, by debit, cancelled, late, doubled."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments import parked, refunds
from payments.actors import job
from payments.audit import balance_of
from payments.charging import intend
from payments.models import DeskItem, Invoice, LedgerEntry, Payment, Refund
from shop.watch.audit import breaches
from subscriptions import opening
from subscriptions.models import Magazine, Notice, Order, Subscription, Term
from subscriptions.orders.following import ASK_AGAIN_AFTER, Situation, follow
from subscriptions.orders.placing import AlreadyPaid, TotalChanged, payment_of
from subscriptions.orders.quoting import NotForSale
from tests.makers import NOW, READER, TODAY, make_wish, open_page, place_order
from tests.purchase.clockwork import let_time_pass, turn
from tests.sandbox.driver import FR_FAILS, FR_PAYS

DECLINED = "4000000000000002"
NO_FUNDS = "4000000000009995"
THREE_D_SECURE = "4000002500003155"


@pytest.fixture
def bought(offers, till):
    """An order with its payment page open."""
    order = place_order(make_wish(offers["automatic"]), at=timezone.now())
    return order, open_page(order, at=timezone.now())


def letters():
    return sorted(Notice.objects.values_list("kind", flat=True))


def test_a_refused_card_may_be_followed_by_another_on_the_same_page(bought, till, hear):
    order, payment = bought
    assert till.pay(payment.checkout_url, card=NO_FUNDS).refusal
    hear()
    payment.refresh_from_db()
    assert (payment.state, payment.is_open, payment.decline_code) == ("declined", True, "insufficient_funds")
    assert follow(order, at=timezone.now(), ask=True) == Situation.NOT_YET_KNOWN, (
        "asked just now, and paid by now perhaps"
    )
    assert follow(order, at=timezone.now() + ASK_AGAIN_AFTER, ask=True) == Situation.REFUSED
    assert letters() == ["payment_refused"]
    till.pay(payment.checkout_url)
    hear()
    assert follow(order, at=timezone.now(), ask=True) == Situation.PAID
    assert len(till.charges()) == 1
    assert breaches(timezone.now()) == []


def test_a_refused_card_and_a_reader_who_leaves_end_in_an_expired_order(bought, till):
    order, payment = bought
    till.pay(payment.checkout_url, card=DECLINED)
    let_time_pass()
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.state, payment.state, payment.is_open) == ("expired", "cancelled", False)
    assert Subscription.objects.count() == 0
    assert till.charges() == []


def test_the_bank_asks_the_reader_to_confirm(bought, till, hear):
    order, payment = bought
    till.pay(payment.checkout_url, card=THREE_D_SECURE)
    hear()
    assert follow(order, at=timezone.now(), ask=True) == Situation.PAID
    assert len(till.charges()) == 1


def test_the_reader_refuses_to_confirm(bought, till, hear):
    order, payment = bought
    till.pay(payment.checkout_url, card=THREE_D_SECURE, allow=False)
    hear()
    assert follow(order, at=timezone.now() + ASK_AGAIN_AFTER, ask=True) == Situation.REFUSED
    assert till.charges() == []


def test_a_direct_debit_is_paid_days_later(bought, till, hear):
    order, payment = bought
    till.pay(payment.checkout_url, card=None, iban=FR_PAYS)
    hear()
    assert follow(order, at=timezone.now(), ask=True) == Situation.ON_ITS_WAY
    assert letters() == ["sepa_pending"]
    assert Subscription.objects.count() == 0
    till.settle()
    hear()
    assert follow(order, at=timezone.now(), ask=True) == Situation.PAID
    assert Payment.objects.get().method_kind == "sepa_debit"
    assert letters() == ["order_confirmation", "sepa_pending"]
    assert breaches(timezone.now()) == []


def test_a_direct_debit_comes_back_unpaid(bought, till, hear):
    order, payment = bought
    till.pay(payment.checkout_url, card=None, iban=FR_FAILS)
    hear()
    till.settle()
    hear()
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.state, payment.state, payment.is_open) == ("cancelled", "declined", False)
    assert letters() == ["sepa_failed", "sepa_pending"]
    assert follow(order, at=timezone.now(), ask=True) == Situation.REFUSED


def test_the_same_form_twice_is_one_order_and_one_page(offers, till):
    token = uuid.uuid4()
    first = place_order(make_wish(offers["fixed"]), token=token, at=timezone.now())
    again = place_order(make_wish(offers["fixed"]), token=token, at=timezone.now())
    assert first.pk == again.pk
    pages = {open_page(first, at=timezone.now()).checkout_url, open_page(again, at=timezone.now()).checkout_url}
    assert len(pages) == 1
    assert len(till.requests("/v1/checkout/sessions")) == 1


def test_another_wish_takes_the_place_of_the_unpaid_one_whose_page_is_closed(offers, till):
    token = uuid.uuid4()
    first = place_order(make_wish(offers["fixed"]), token=token, at=timezone.now())
    old_page = open_page(first, at=timezone.now()).checkout_url
    second = place_order(make_wish(offers["automatic"]), token=token, at=timezone.now())
    open_page(second, at=timezone.now())
    first.refresh_from_db()
    assert (first.state, second.supersedes_id) == ("cancelled", first.pk)
    till.pay(old_page)
    assert till.charges() == []


def test_another_wish_after_paying_is_refused_with_the_paid_order(offers, till):
    token = uuid.uuid4()
    first = place_order(make_wish(offers["fixed"]), token=token, at=timezone.now())
    till.pay(open_page(first, at=timezone.now()).checkout_url)
    with pytest.raises(AlreadyPaid) as refused:
        place_order(make_wish(offers["automatic"]), token=token, at=timezone.now())
    assert refused.value.order.pk == first.pk
    assert refused.value.order.state == Order.State.PAID
    assert len(till.charges()) == 1


def test_a_total_that_changed_meanwhile_places_nothing(offers):
    with pytest.raises(TotalChanged, match="27,60"):
        place_order(make_wish(offers["fixed"], expected_total=Decimal("25.00")))
    assert Order.objects.count() == 0


def test_money_that_comes_after_the_order_was_cancelled_is_served(bought, till):
    """The shop gave up, Stripe did not: the page was paid all the same."""
    order, payment = bought
    till.pay(payment.checkout_url)
    Payment.objects.filter(pk=payment.pk).update(state="cancelled", is_open=False)
    Order.objects.filter(pk=order.pk).update(state="cancelled")
    let_time_pass()
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.state, payment.state, payment.effect) == ("paid", "succeeded", "done")
    assert Term.objects.count() == 1


def test_money_for_an_order_that_another_has_replaced_goes_back(offers, till, hear):
    """The shop closed the first order without hearing that it was paid, and the reader ordered again."""
    token = uuid.uuid4()
    first = place_order(make_wish(offers["fixed"]), token=token, at=timezone.now())
    old = open_page(first, at=timezone.now())
    till.pay(old.checkout_url)
    Payment.objects.filter(pk=old.pk).update(state="cancelled", is_open=False)
    Order.objects.filter(pk=first.pk).update(state="cancelled")
    second = place_order(make_wish(offers["automatic"]), token=token, at=timezone.now())
    till.pay(open_page(second, at=timezone.now()).checkout_url)
    let_time_pass()
    first.refresh_from_db()
    old.refresh_from_db()
    assert (first.state, old.state, old.surplus) == ("cancelled", "succeeded", True)
    assert follow(first, at=timezone.now(), ask=False) == Situation.SURPLUS
    assert follow(second, at=timezone.now(), ask=False) == Situation.PAID
    assert Refund.objects.get().state == Refund.State.SUCCEEDED
    assert letters() == ["order_confirmation", "order_expired_with_late_money", "refund_sent"]
    assert breaches(timezone.now()) == []


def test_two_successes_for_one_subject_are_one_paying_and_one_surplus_that_goes_back(bought, till, hear):
    order, payment = bought
    till.pay(payment.checkout_url)
    hear()
    twin = intend(
        purpose="order",
        subject=order.subject,
        amount=order.amount,
        description="a second try",
        customer=None,
        account=payment.payer_account,
        save_method=False,
        actor=READER,
        at=timezone.now(),
    )
    till.pay(_page(twin, order))
    let_time_pass()
    twin.refresh_from_db()
    assert (twin.state, twin.surplus, twin.effect) == ("succeeded", True, "surplus")
    back = Refund.objects.get()
    assert (back.payment_id, back.state, back.amount.amount) == (twin.pk, "succeeded", Decimal("27.60"))
    assert balance_of("419700") == 0
    assert Term.objects.count() == Invoice.objects.count() == 1
    assert breaches(timezone.now()) == []


def _page(twin, order):
    from payments.charging import open_hosted_page

    return open_hosted_page(
        twin, email=order.email, name="x", success_url="http://shop.test/", cancel_url="http://shop.test/",
        actor=READER, at=timezone.now(),
    ).checkout_url  # fmt: skip


def test_the_database_refuses_a_second_open_payment_of_one_order(bought):
    order, payment = bought
    with pytest.raises(IntegrityError, match="payment_one_open_per_subject"), transaction.atomic():
        intend(
            purpose="order", subject=order.subject, amount=order.amount, description="twice", customer=None,
            account=payment.payer_account, save_method=False, actor=READER, at=NOW,
        )  # fmt: skip


def test_an_effect_that_fails_keeps_the_money_and_is_tried_again(bought, till, hear, monkeypatch):
    order, payment = bought
    till.pay(payment.checkout_url)

    def broken(*_args, **_named):
        raise RuntimeError("the calendar is on fire")

    monkeypatch.setattr("subscriptions.orders.settling.open_paid", broken)
    hear()
    payment.refresh_from_db()
    assert (payment.state, payment.effect) == ("succeeded", "parked")
    assert DeskItem.objects.get(kind="effect_parked").closed_at is None
    assert follow(order, at=timezone.now(), ask=False) == Situation.NOT_YET_KNOWN
    assert balance_of("517000") == Decimal("27.60")
    monkeypatch.setattr("subscriptions.orders.settling.open_paid", opening.open_paid)
    assert parked.retry(actor=job("parked-effects"), at=timezone.now()) == 1
    assert parked.retry(actor=job("parked-effects"), at=timezone.now()) == 0
    assert follow(order, at=timezone.now(), ask=False) == Situation.PAID
    assert DeskItem.objects.get(kind="effect_parked").closed_because == "served on a later try"


@pytest.mark.parametrize("mood", ["timeout_before", "timeout_after", "error_before", "error_after"])
def test_an_answer_that_is_lost_while_the_page_opens_is_unknown_not_failed(offers, till, mood, settings):
    settings.STRIPE_TIMEOUT = (1, 1)
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    till.misbehave(mood, method="POST", path="/v1/checkout/sessions")
    payment = open_page(order, at=timezone.now())
    assert (payment.state, payment.checkout_url) == ("unknown", "")
    assert follow(order, at=timezone.now(), ask=False) == Situation.NOT_PAID  # nobody was led to a page
    assert follow(order, at=timezone.now(), ask=True) == Situation.NOT_PAID
    payment = open_page(order, at=timezone.now())
    assert payment.state == "created"
    till.pay(payment.checkout_url)
    assert follow(order, at=timezone.now() + timedelta(seconds=5), ask=True) == Situation.PAID
    assert len(till.charges()) == 1


def test_nobody_comes_back_to_an_unknown_page_and_it_ends_void(offers, till, settings):
    settings.STRIPE_TIMEOUT = (1, 1)
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    till.misbehave("timeout_before", method="POST", path="/v1/customers")
    open_page(order, at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        turn()
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert payment_of(order).state == Payment.State.CANCELLED


def test_refunds_are_not_given_twice(bought, till, hear):
    from subscriptions.refunding import CannotRefund, refund_in_full

    order, payment = bought
    till.pay(payment.checkout_url)
    hear()
    refund = refund_in_full(order, reason="rétractation", actor=job("test"), at=timezone.now())
    with pytest.raises(CannotRefund) as refused:
        refund_in_full(order, reason="rétractation", actor=job("test"), at=timezone.now())
    assert refused.value.code == "already"
    for _twice in range(2):
        refunds.send(refund.pk, actor=job("refunds"), at=timezone.now())
        hear()
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    note = Invoice.objects.get(kind="credit_note")
    assert (note.total_ht.amount, note.total_vat.amount, note.reference[0]) == (Decimal("27.03"), Decimal("0.57"), "A")
    assert [balance_of(account) for account in ("411000", "487100", "445712", "445740")] == [0, 0, 0, 0]
    assert Subscription.objects.get().state == Subscription.State.ENDED
    assert set(Term.objects.get().entitlements.values_list("state", flat=True)) == {"void"}
    assert letters() == ["order_confirmation", "refund_sent"]
    assert breaches(timezone.now()) == []


def test_a_card_is_received_on_the_day_it_was_charged_however_late_we_hear_of_it(bought, till):
    """Its VAT falls due that day (law.md 1.5); the books are written on the day we know."""
    _order, payment = bought
    till.pay(payment.checkout_url)
    charged_on = timezone.localdate()
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        turn()
        today = timezone.localdate()
    payment.refresh_from_db()
    entry = LedgerEntry.objects.get(source=f"payment:{payment.pk}")
    assert (payment.received_on, entry.received_on, entry.booked_on) == (charged_on, charged_on, today)
    assert today > charged_on


def test_without_its_cppap_number_the_magazine_is_not_sold_at_the_press_rate(offers):
    Magazine.objects.update(cppap_valid_until=TODAY - timedelta(days=1))
    with pytest.raises(NotForSale) as refused:
        make_wish(offers["fixed"])
    assert refused.value.code == "cppap"
