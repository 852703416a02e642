"""A renewal whose money came, could not be served, and was taken back by the bank: nothing of it goes on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from payments import parked
from payments.audit import balance_of
from payments.models import DeskItem, Payment
from shop.watch.audit import breaches
from subscriptions.models import RenewalChoice, Subscription
from tests.disputes.people import BANK, disputed
from tests.renewals.counter import charge, ready, steps, ten

pytestmark = pytest.mark.django_db(transaction=True)
LATER = ten() + timedelta(days=30)


def parked_renewal(till, monkeypatch):
    """Charged on R, and its year could not be added."""
    plan = ready(till)
    with monkeypatch.context() as patched:
        patched.setattr("subscriptions.renewals.outcomes.extend", None)
        charge()
    payment = Payment.objects.get(purpose="renewal")
    plan.refresh_from_db()
    assert (payment.state, payment.effect, plan.state) == ("succeeded", "parked", "charging")
    return plan, payment


def test_a_renewal_that_was_never_served_ends_with_its_dispute(till, monkeypatch):
    plan, payment = parked_renewal(till, monkeypatch)
    disputed(payment, at=LATER)
    disputed(payment, "lost", at=LATER)
    plan.refresh_from_db()
    assert (plan.state, steps(plan)) == ("cancelled", ["due", "charging", "cancelled"])
    subscription = Subscription.objects.get()
    assert (subscription.renewal, subscription.state, subscription.terms.count()) == ("fixed", "active", 1)
    assert (RenewalChoice.objects.get().automatic, DeskItem.objects.filter(closed_at=None).count()) == (False, 0)
    for _twice in range(2):
        assert parked.retry(actor=BANK, at=LATER) == 0
        charge(LATER)
    assert Payment.objects.filter(purpose="renewal").count() == 1
    assert [balance_of(account) for account in ("411000", "467000", "419700", "654000")] == [Decimal(0)] * 4
    # Neither the mirror nor the post runs here.
    assert {name for name, _subject, _sentence in breaches(LATER)} <= {"MIRROR", "TOLD"}


def test_a_renewal_that_was_never_served_goes_on_when_the_dispute_is_won(till, monkeypatch):
    plan, payment = parked_renewal(till, monkeypatch)
    disputed(payment, at=LATER)
    disputed(payment, "won", at=LATER)
    assert parked.retry(actor=BANK, at=LATER) == 1
    plan.refresh_from_db()
    assert (plan.state, Subscription.objects.get().renewal) == ("paid", "automatic")
