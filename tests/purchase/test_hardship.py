"""What must not stop the others: a poisoned row, a silent Stripe, a refusal at commit, two tabs in one instant."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db.models import Sum
from django.utils import timezone

from payments import fees, gateway, looking_up, parked, refunds
from payments.actors import job
from payments.charging import abandon_uncalled, close_hosted_page, intend
from payments.gateway import EventSeen, MovementSeen
from payments.invoicing import rendering
from payments.methods import end_mandate, open_setup_page, wish_other_method
from payments.models import (
    BalanceMovement,
    DeskItem,
    Invoice,
    LedgerEntry,
    LedgerLine,
    PayerAccount,
    Payment,
    Refund,
    SavedMethod,
)
from payments.models import StripeEvent as Event
from payments.webhooks import catching_up, processing
from payments.webhooks.receiving import store
from shop.customers.models import Customer
from shop.watch.audit import breaches
from subscriptions import opening
from subscriptions.models import Order, Subscription
from subscriptions.orders.following import follow
from subscriptions.orders.placing import payment_of
from subscriptions.refunding import refund_in_full
from tasks import money, promise
from tests.makers import READER, make_wish, open_page, place_order

NOBODY_LISTENS = "http://127.0.0.1:9"


def bought(offers, reader=0, offer="automatic"):
    """An order of one of several readers with its payment page open."""
    wish = make_wish(offers[offer], email=f"reader{reader}@example.fr", typed={"reader": reader})
    order = place_order(wish, token=uuid.uuid4(), at=timezone.now())
    return order, open_page(order, at=timezone.now())


def who_owes_what():
    sums = LedgerLine.objects.filter(account="411000").values("party").annotate(d=Sum("debit"), c=Sum("credit"))
    return {row["party"]: row["d"] - row["c"] for row in sums if row["d"] != row["c"]}


def posted(till, path):
    return [request for request in till.requests(path) if request["method"] == "POST"]


def test_what_the_database_refuses_at_commit_costs_the_effect_and_not_the_fact(offers, till, monkeypatch):
    order, payment = bought(offers)
    till.pay(payment.checkout_url)

    def slips(*given, **named):
        opened = opening.open_paid(*given, **named)
        entry = LedgerEntry.objects.create(
            journal="OD", source="slip:1", booked_on=date(2026, 11, 23), piece_ref="x", piece_date=date(2026, 11, 23),
            label="x", actor="job:test", created_at=timezone.now(),
        )  # fmt: skip
        LedgerLine.objects.create(entry=entry, account_id="411000", debit=Decimal("1.00"))
        return opened

    monkeypatch.setattr("subscriptions.orders.settling.open_paid", slips)
    follow(order, at=timezone.now(), ask=True)
    payment.refresh_from_db()
    assert (payment.state, payment.effect, payment.customer_id) == ("succeeded", "parked", None)
    assert Customer.objects.count() == Subscription.objects.count() == 0
    assert who_owes_what() == {"": Decimal("-27.60")}
    assert parked.retry(actor=job("parked-effects"), at=timezone.now()) == 0
    monkeypatch.setattr("subscriptions.orders.settling.open_paid", opening.open_paid)
    assert parked.retry(actor=job("parked-effects"), at=timezone.now()) == 1
    assert who_owes_what() == {}
    assert breaches(timezone.now()) == []


def test_money_for_a_purpose_that_nobody_answers_for_is_settled_and_parked(offers, till):
    order, first = bought(offers)
    till.pay(first.checkout_url)
    twin = intend(
        purpose="of a later version", subject="later:1", amount=order.amount, description="x", customer=None,
        account=first.payer_account, save_method=False, actor=READER, at=timezone.now(),
    )  # fmt: skip
    looking_up.apply(
        [looking_up.News(twin.pk, gateway.Outcome.SUCCEEDED, reason="test")], actor=READER, at=timezone.now()
    )
    twin.refresh_from_db()
    assert (twin.state, twin.effect) == ("succeeded", "parked")


def test_a_payment_given_up_in_one_tab_is_not_opened_in_the_other(offers, till):
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    stale = payment_of(order)
    close_hosted_page(payment_of(order), actor=READER, at=timezone.now())
    seen = _open(stale, order)
    assert (seen.state, seen.checkout_url) == ("cancelled", "")
    assert till.requests("/v1/checkout/sessions") == []


def test_a_payment_opened_in_one_tab_is_not_given_up_unasked_in_the_other(offers, till):
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    stale = payment_of(order)
    page = open_page(order, at=timezone.now()).checkout_url
    closed = close_hosted_page(stale, actor=READER, at=timezone.now())
    assert (closed.state, closed.is_open) == ("cancelled", False)
    assert closed.events.last().reason == "the payment page has expired"
    till.pay(page)
    assert till.charges() == []


def test_a_page_that_was_never_asked_for_may_be_asked_for_late(offers, till):
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(minutes=50), tick=True):
        payment = open_page(order, at=timezone.now())
        assert payment.checkout_url
        assert payment.checkout_expires_at - timezone.now() > timedelta(minutes=55)
        assert abandon_uncalled(at=timezone.now() + timedelta(minutes=20), limit=9) == 0


def test_an_asker_who_died_is_looked_up_before_anything_is_asked_again(offers, till):
    order, payment = bought(offers)
    Payment.objects.filter(pk=payment.pk).update(checkout_session=None, checkout_url="")
    again = open_page(order, at=timezone.now() + timedelta(minutes=45))
    assert (again.checkout_session, again.state) == (payment.checkout_session, "created")
    assert len(posted(till, "/v1/checkout/sessions")) == 1


def _open(payment, order):
    from payments.charging import open_hosted_page

    return open_hosted_page(
        payment, email=order.email, name="x", success_url="http://shop.test/", cancel_url="http://shop.test/",
        actor=READER, at=timezone.now(),
    )  # fmt: skip


def test_a_payment_that_cannot_be_looked_up_goes_to_the_end_of_the_queue(offers, till):
    _poisoned, first = bought(offers, 1)
    _order, second = bought(offers, 2)
    Payment.objects.filter(pk=first.pk).update(checkout_session="cs_nowhere")
    first.refresh_from_db()
    later = timezone.now() + timedelta(hours=2)
    with time_machine.travel(later, tick=True):
        assert [one.pk for one in looking_up.due(at=timezone.now(), limit=1)] == [first.pk]
        with pytest.raises(gateway.Missing):
            looking_up.look_up(first, actor=READER, at=timezone.now())
        assert [one.pk for one in looking_up.due(at=timezone.now(), limit=1)] == [second.pk]
        money.unknown_payments()
        second.refresh_from_db()
        assert second.state == "cancelled"


def test_a_row_that_breaks_its_owner_does_not_stop_the_sweep(offers, till, monkeypatch):
    broken, _page = bought(offers, 1)
    other, _page = bought(offers, 2)
    whole = looking_up.look_up

    def look_up(payment, **named):
        if payment.subject == broken.subject:
            raise KeyError("somebody's mistake")
        return whole(payment, **named)

    monkeypatch.setattr(looking_up, "look_up", look_up)
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        assert money.look_up_due() == "1 looked up, 0 without an answer, 1 failed"
    other.refresh_from_db()
    assert other.state == Order.State.EXPIRED


def test_when_stripe_is_silent_the_round_ends_and_nobody_loses_a_try(offers, till, settings):
    for reader in range(4):
        _order, payment = bought(offers, reader)
        till.pay(payment.checkout_url)
    _store_events(Payment.objects.all())
    settings.STRIPE_API_BASE = NOBODY_LISTENS
    at = timezone.now()
    assert processing.process(at=at) == 0
    assert sorted(Event.objects.values_list("attempts", flat=True)) == [0, 0, 1, 1]
    assert Event.objects.filter(next_attempt_at__lte=at).count() == 2
    settings.STRIPE_API_BASE = till.base
    assert processing.process(at=at) == 2
    assert processing.process(at=at + timedelta(minutes=2)) == 2
    assert Order.objects.filter(state="paid").count() == 4


def test_a_worker_whose_time_is_up_gives_its_events_back(offers, till):
    _order, payment = bought(offers)
    _store_events([payment])
    at = timezone.now()
    assert processing.process(at=at, go_on=lambda: False) == 0
    event = Event.objects.get()
    assert (event.state, event.attempts, event.next_attempt_at) == ("stored", 0, at)


def test_a_sweep_to_which_stripe_never_answers_has_not_succeeded(offers, till, settings):
    bought(offers)
    settings.STRIPE_API_BASE = NOBODY_LISTENS
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True), pytest.raises(money.Silence):
        money.unknown_payments()


def _store_events(payments):
    store(
        [
            EventSeen(
                id=f"evt_{payment.pk}", type="checkout.session.completed", created=timezone.now(),
                object_id=payment.checkout_session, object_kind="checkout.session", livemode=False, api_version="",
                reference=payment.reference,
            )
            for payment in payments
        ],
        heard_by="webhook",
        at=timezone.now(),
    )  # fmt: skip


def test_a_refund_that_stays_pending_is_asked_about_once_a_day_behind_the_new_ones(offers, till, hear):
    slow, first = bought(offers, 1)
    new, second = bought(offers, 2)
    for page in (first, second):
        till.pay(page.checkout_url)
    hear()
    at = timezone.now()
    pending = refund_in_full(slow, reason="test", actor=job("test"), at=at)
    waiting = refund_in_full(new, reason="test", actor=job("test"), at=at)
    Refund.objects.filter(pk=pending.pk).update(state="pending", called_at=at, stripe_refund="re_nowhere")
    assert refunds.due(at=at + timedelta(days=3), limit=9) == [waiting.pk, pending.pk]
    with pytest.raises(gateway.Missing):
        refunds.send(pending.pk, actor=job("refunds"), at=at + timedelta(days=3))
    assert refunds.due(at=at + timedelta(days=3, hours=23), limit=9) == [waiting.pk]
    assert refunds.due(at=at + timedelta(days=4), limit=9) == [waiting.pk, pending.pk]


def test_a_refund_whose_request_was_lost_for_days_is_still_sent_once(offers, till, hear, settings):
    order, payment = bought(offers)
    till.pay(payment.checkout_url)
    hear()
    refund = refund_in_full(order, reason="test", actor=job("test"), at=timezone.now())
    settings.STRIPE_API_BASE = NOBODY_LISTENS
    assert refunds.send(refund.pk, actor=job("refunds"), at=timezone.now()).state == "unknown"
    settings.STRIPE_API_BASE = till.base
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=True):
        for _twice in range(2):
            money.send_refunds()
        refund.refresh_from_db()
        assert refund.state == "succeeded"
    assert len(posted(till, "/v1/refunds")) == 1


def test_what_was_caught_up_last_says_nothing_of_what_was_missed_before(transactional_db, monkeypatch):
    """A reading that died half-way has kept the newest events; the next one reads everything all the same."""
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    asked = []

    def list_events(*, since, types):
        asked.append(since)
        return iter(())

    monkeypatch.setattr(gateway, "list_events", list_events)
    seen = EventSeen(
        id="evt_new", type="charge.updated", created=at, object_id="ch_1", object_kind="charge", livemode=False,
        api_version="",
    )  # fmt: skip
    store([seen], heard_by="catch-up", at=at)
    catching_up.catch_up(at=at)
    catching_up.catch_up(at=at, complete_until=at - timedelta(minutes=10))
    catching_up.catch_up(at=at, complete_until=at - timedelta(days=40))
    assert asked == [at - timedelta(days=29, hours=0), at - timedelta(hours=6, minutes=10), at - timedelta(days=29)]


def test_a_refund_that_went_out_and_came_back_has_two_lines_and_both_are_ours(offers, till, hear):
    order, payment = bought(offers)
    till.pay(payment.checkout_url)
    hear()
    refund = refund_in_full(order, reason="test", actor=job("test"), at=timezone.now())
    Refund.objects.filter(pk=refund.pk).update(stripe_refund="re_back")
    now = timezone.now()
    lines = [
        MovementSeen(
            id=f"txn_{kind}", kind=kind, amount_cents=cents, fee_cents=0, net_cents=cents, currency="eur",
            source="re_back", created=now, available_on=now.date(),
        )
        for kind, cents in (("refund", -2760), ("refund_failure", 2760))
    ]  # fmt: skip
    fees.keep(lines, actor=job("test"), at=now)
    assert BalanceMovement.objects.filter(refund=refund).count() == 2


def test_a_mandate_ends_the_method_that_stripe_names_beside_it(transactional_db):
    now = timezone.now()
    account = PayerAccount.objects.create(owner_key="x", idempotency_key="x", created_at=now)
    rows = {
        name: SavedMethod.objects.create(payer_account=account, stripe_method=name, kind="sepa_debit", created_at=now)
        for name in ("pm_its", "pm_other")
    }
    assert end_mandate("mandate_1", of={"pm_its", ""}, because="ended at the bank", at=now) == 1
    assert end_mandate("mandate_1", of={""}, because="ended at the bank", at=now) == 0
    for row in rows.values():
        row.refresh_from_db()
    assert (rows["pm_its"].ended_because, rows["pm_other"].ended_at) == ("ended at the bank", None)


def test_a_method_taken_back_at_stripe_does_not_hide_the_money(offers, till, monkeypatch):
    order, payment = bought(offers)
    till.pay(payment.checkout_url)

    def gone(_id, *, mandate):
        raise gateway.Missing("gone", status=404)

    monkeypatch.setattr(gateway, "fetch_method", gone)
    follow(order, at=timezone.now(), ask=True)
    payment.refresh_from_db()
    assert (payment.state, payment.effect, payment.saved_method) == ("succeeded", "done", None)


def test_an_account_whose_e_mail_is_written_otherwise_is_the_same_reader(offers, till):
    reader = Customer.objects.create(email="Reader0@Example.fr", created_at=timezone.now())
    order, payment = bought(offers)
    till.pay(payment.checkout_url)
    follow(order, at=timezone.now(), ask=True)
    assert Subscription.objects.get().payer_id == reader.pk


def test_the_payment_of_an_order_is_the_one_that_paid(offers, till):
    order, payment = bought(offers)
    till.pay(payment.checkout_url)
    follow(order, at=timezone.now(), ask=True)
    intend(
        purpose="order", subject=order.subject, amount=order.amount, description="x", customer=None,
        account=payment.payer_account, save_method=False, actor=READER, at=timezone.now(),
    )  # fmt: skip
    assert payment_of(order).pk == payment.pk


def test_a_day_of_silence_parks_no_event(offers, till, settings):
    _order, payment = bought(offers)
    till.pay(payment.checkout_url)
    _store_events([payment])
    settings.STRIPE_API_BASE = NOBODY_LISTENS
    at = timezone.now()
    for hour in range(24):
        processing.process(at=at + timedelta(hours=hour))
    event = Event.objects.get()
    assert (event.state, event.reason) == ("stored", "Unknown")
    settings.STRIPE_API_BASE = till.base
    assert processing.process(at=at + timedelta(hours=26)) == 1
    assert Order.objects.get().state == "paid"


def test_an_event_whose_object_does_not_exist_is_parked_in_sight(offers, till):
    _order, payment = bought(offers)
    Payment.objects.filter(pk=payment.pk).update(checkout_session="cs_nowhere")
    _store_events([payment])
    at = timezone.now()
    for hour in range(24):
        processing.process(at=at + timedelta(hours=2 * hour))
    event = Event.objects.get()
    assert (event.state, event.attempts) == ("parked", processing.PATIENCE)
    assert DeskItem.objects.get(kind="event_parked").subject == f"event:{event.event_id}"


def test_a_page_for_another_card_that_nobody_touched_ends_without_a_desk_item(offers, till):
    _order, payment = bought(offers)
    at = timezone.now()
    setup = wish_other_method(payment.payer_account, subject="subscription:1", actor=READER, minutes=60, at=at)
    setup.payer_account.refresh_from_db()
    setup = open_setup_page(setup, success_url="http://shop.test/", cancel_url="http://shop.test/")
    gateway.expire_checkout(setup.checkout_session)
    seen = EventSeen(
        id="evt_setup", type="checkout.session.expired", created=at, object_id=setup.checkout_session,
        object_kind="checkout.session", livemode=False, api_version="", reference=setup.reference,
    )  # fmt: skip
    store([seen], heard_by="webhook", at=at)
    assert processing.process(at=at) == 1
    setup.refresh_from_db()
    assert (Event.objects.get().state, setup.state) == ("applied", "expired")


def test_an_invoice_that_cannot_be_set_does_not_stop_the_others(offers, till, monkeypatch):
    for reader in (1, 2):
        order, payment = bought(offers, reader)
        till.pay(payment.checkout_url)
        follow(order, at=timezone.now(), ask=True)
    first, second = Invoice.objects.order_by("number")
    whole = rendering.typeset

    def typeset(template, facts, **named):
        if first.reference in str(facts):
            raise RuntimeError("no such letter in the fount")
        return whole(template, facts, **named)

    monkeypatch.setattr(rendering, "typeset", typeset)
    with pytest.raises(promise.NotRendered):
        promise.invoice_documents()
    assert [row.pk for row in rendering.pending(9)] == [first.pk]
    assert second.rendering.document_id
    monkeypatch.undo()
    promise.invoice_documents()
    assert rendering.pending(9) == []
