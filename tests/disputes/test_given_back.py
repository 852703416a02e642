"""What the shop was about to give back when the bank did, or could not serve yet: the money goes once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payments import parked
from payments.audit import balance_of
from payments.models import DeskItem, Payment, Refund, Transfer
from payments.refunds import left_of
from shop.watch.audit import breaches
from subscriptions import transferring
from subscriptions.models import Subscription
from subscriptions.stopping.terminating import end_now
from tests.disputes.people import BANK, disputed
from tests.makers import NOW, TODAY
from tests.renewals.people import subscriber
from tests.support.test_transfers import _own_account
from tests.support.transfers import approved, came_back, filed, given, sent

__all__ = ["_own_account"]
pytestmark = pytest.mark.django_db


def open_kinds() -> list[str]:
    return list(DeskItem.objects.filter(closed_at=None).order_by("pk").values_list("kind", flat=True))


def test_a_transfer_that_waited_for_the_bank_is_called_off_when_it_is_lost():
    transfer = given(came_back())
    disputed(transfer.payment)
    disputed(transfer.payment, "lost")
    transfer.refresh_from_db()
    assert (transfer.state, transfer.iban, open_kinds()) == ("cancelled", "", [])
    assert [balance_of(account) for account in ("411000", "467000", "654000")] == [0, 0, 0]
    assert left_of(transfer.payment) == 0
    assert breaches(NOW) == []


def test_a_transfer_in_the_hands_of_our_bank_is_finances():
    transfer = approved(given(came_back()))
    filed()
    disputed(transfer.payment)
    disputed(transfer.payment, "lost")
    transfer.refresh_from_db()
    assert (transfer.state, open_kinds()) == ("approved", ["refund_by_transfer", "transfer_given_twice"])


def test_a_transfer_that_comes_back_after_the_bank_has_paid_is_booked_and_not_asked_for_again():
    transfer = sent(came_back())
    disputed(transfer.payment)
    disputed(transfer.payment, "lost")
    assert balance_of("654000") == Decimal("27.60")
    assert transferring.came_back(transfer.pk, on=TODAY, reason="Relevé.", actor=BANK, at=NOW) is None
    transfer.refresh_from_db()
    assert (transfer.state, left_of(transfer.payment), Transfer.objects.count()) == ("failed", 0, 1)
    assert open_kinds() == ["transfer_given_twice"]


def test_a_payment_that_could_not_be_served_is_not_served_once_the_bank_has_it_back(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("subscriptions.orders.settling.open_paid", None)
        with pytest.raises(Subscription.DoesNotExist):
            subscriber()
    payment = Payment.objects.get()
    assert payment.effect == "parked"
    disputed(payment)
    assert parked.retry(actor=BANK, at=NOW) == 0
    disputed(payment, "lost")
    for _twice in range(2):
        assert parked.retry(actor=BANK, at=NOW) == 0
    payment.refresh_from_db()
    assert (payment.effect, payment.surplus, Subscription.objects.count()) == ("surplus", True, 0)
    assert [balance_of(account) for account in ("411000", "467000", "419700", "654000", "517000")] == [0, 0, 0, 0, 0]
    assert (Refund.objects.count(), open_kinds()) == (0, ["taken_back_unserved"])
    assert breaches(NOW) == []


def test_of_a_refund_that_waited_the_rest_is_finances_where_the_bank_took_a_part():
    [waiting] = end_now(subscriber().pk, "moved", actor=BANK, at=NOW, reason="Partie au Chili.")
    payment = Payment.objects.get()
    disputed(payment, cents=1000)
    disputed(payment, "lost", cents=1000)
    waiting.refund.refresh_from_db()
    assert (waiting.refund.state, left_of(payment), open_kinds()) == (
        "failed",
        Decimal("17.60"),
        ["dispute_lost_in_part"],
    )
    assert "à rendre" in DeskItem.objects.get(closed_at=None).sentence
    assert breaches(NOW) == []
