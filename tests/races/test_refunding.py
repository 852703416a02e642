"""Refunds asked for and sent by several at once; letters carried by several at once."""

from __future__ import annotations

import threading
from decimal import Decimal
from email.utils import parseaddr

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from payments import refunds
from payments.actors import job
from payments.audit import balance_of
from payments.invoicing.issuing import AlreadyCredited
from payments.models import Invoice, Payment, Refund, RefundEvent
from shop.watch.audit import breaches
from subscriptions import moving, refunding
from subscriptions.models import Entitlement, Notice, NoticeProof, Order, Subscription
from subscriptions.notices import moving as letters
from subscriptions.notices.delivering import deliver, deliver_one
from subscriptions.refunding import CannotRefund, refund_in_full
from subscriptions.texts import load_texts
from tests.makers import make_wish, open_page, place_order
from tests.races.crowd import Meeting, together, troubles, without_locks


@pytest.fixture
def paid(offers, till, hear):
    """A paid order, served."""
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    till.pay(open_page(order, at=timezone.now()).checkout_url)
    hear()
    return order


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it"])
def test_a_refund_asked_for_by_two_at_once_is_given_once(paid, monkeypatch, locked):
    meeting = Meeting(2)
    monkeypatch.setattr(refunding, "move_copies", meeting.before(moving.move_copies))
    if not locked:
        without_locks(monkeypatch, Payment, Order, Subscription, Entitlement)

    def ask() -> int:
        return refund_in_full(paid, reason="rétractation", actor=job("test"), at=timezone.now()).pk

    results = together([ask, ask], meeting=meeting)
    [refused] = troubles(results)
    if locked:
        assert meeting.largest == 1
        assert isinstance(refused, CannotRefund)
        assert refused.code == "already"
    else:
        # Both thought they could: only the last door, the lock of the credit notes' own series, still held.
        assert meeting.largest == 2
        assert isinstance(refused, AlreadyCredited)
    assert Refund.objects.count() == 1
    assert Invoice.objects.filter(kind="credit_note").count() == 1
    assert balance_of("487100") == 0
    assert breaches(timezone.now()) == []


def test_a_refund_sent_by_four_at_once_leaves_once(paid, till):
    refund = refund_in_full(paid, reason="rétractation", actor=job("test"), at=timezone.now())
    results = together([lambda: refunds.send(refund.pk, actor=job("refunds"), at=timezone.now()).state] * 4)
    assert troubles(results) == []
    till.settle()
    refunds.send(refund.pk, actor=job("refunds"), at=timezone.now())
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert RefundEvent.objects.filter(to_state="succeeded").count() == 1
    assert len(till.client().v1.refunds.list({"limit": 100}).data) == 1
    assert balance_of("517000") == Decimal("0.00")
    assert Notice.objects.filter(kind="refund_sent").count() == 1
    assert breaches(timezone.now()) == []


@pytest.fixture
def ten_letters(offers, till, hear):
    """Ten confirmations that are due."""
    load_texts(timezone.localdate())
    pages = [
        open_page(
            place_order(make_wish(offers["fixed"], email=f"reader{number}@example.fr"), at=timezone.now()),
            at=timezone.now(),
        ).checkout_url
        for number in range(10)
    ]
    for page in pages:
        till.pay(page)
    hear()
    assert Notice.objects.filter(kind="order_confirmation", state="queued").count() == 10


def test_two_postmen_carry_ten_letters_once_each(ten_letters):
    results = together([lambda: deliver(20, at=timezone.now())] * 2)
    assert troubles(results) == []
    assert sum(done.sent for done in results) == 10
    went_to = [parseaddr(message.to[0])[1] for message in mail.outbox]
    assert sorted(went_to) == sorted(f"reader{number}@example.fr" for number in range(10))
    assert set(Notice.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert NoticeProof.objects.filter(kind="accepted").count() == 10


def test_one_letter_that_two_postmen_reach_for_is_claimed_by_one(ten_letters, monkeypatch):
    notice = Notice.objects.order_by("pk").first()
    results = together([lambda: deliver_one(notice.pk, at=timezone.now())] * 4)
    assert sorted(results, key=str) == [None, None, None, "sent"]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("locked", [True, False])
def test_a_letter_in_other_hands_is_passed_over_and_without_the_lock_it_is_not(ten_letters, monkeypatch, locked):
    """Somebody holds the letter until both postmen stand before it, or have passed it by."""
    if not locked:
        monkeypatch.setattr(letters, "CLAIM", letters.CLAIM.replace("FOR NO KEY UPDATE SKIP LOCKED", ""))
    notice = Notice.objects.order_by("pk").first()
    meeting, held = Meeting(3), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Notice.objects.select_for_update(no_key=True).get(pk=notice.pk)
            held.set()
            meeting()

    def reach() -> int:
        held.wait(10)
        return len(letters.claim(1, at=timezone.now(), notice_id=notice.pk))

    _nothing, *taken = together([hold, reach, reach], meeting=meeting)
    assert taken == ([0, 0] if locked else [1, 1])
