"""The whole year of a dearer renewal: told three times, charged once, the very total; and the audit finds nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.actors import Actor
from payments.models import Payment
from subscriptions.models import Offer, Term
from subscriptions.notices.delivering import deliver
from subscriptions.pricing.changing import prepare, sign
from subscriptions.pricing.telling import tell
from tests.letters.conftest import outbox
from tests.makers import NOW
from tests.purchase.conftest import hear, offers, till
from tests.renewals.conftest import post
from tests.renewals.counter import R, at_ten, charge, reader, taken, ten, wrong
from tests.renewals.days import live, noon
from tests.sandbox.fixtures import standin

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["hear", "offers", "outbox", "post", "standin", "till"]
NBSP = "\u00a0"


def test_told_three_times_and_charged_once(till, post):
    subscription = reader(till)
    finance, offer = Actor("staff", "7"), Offer.objects.get(renewal="automatic")
    change = prepare(
        offer.pk, ["FR"], Decimal("30.60"), orders_from=date(2027, 1, 1), renewals_from=date(2027, 9, 1), actor=finance,
        reason="Le papier coûte plus cher.", at=NOW,
    )  # fmt: skip
    sign(change.pk, actor=finance, reason="Vu.", at=NOW)
    deliver(10, at=NOW)
    post.clear()
    for days in (90, 75, 61, 14):
        on = R - timedelta(days=days)
        tell(on=on, at=noon(on), limit=10)
        live(on)
    subjects = [letter.subject for letter in post]
    assert len(subjects) == 3
    assert subjects[0] == f"ActuIA{NBSP}: votre prochaine année coûtera 30,60{NBSP}€ au lieu de 27,60{NBSP}€"
    assert subjects[2] == f"Votre abonnement ActuIA{NBSP}: débit de 30,60{NBSP}€ le 23{NBSP}novembre{NBSP}2027"
    at_ten(till)
    charge()
    term = Term.objects.get(subscription=subscription, number=2)
    payment = Payment.objects.get(pk=term.payment_id)
    assert (str(term.amount.amount), str(payment.amount.amount), payment.state) == ("30.60", "30.60", "succeeded")
    assert len(taken(till)) == 1
    assert wrong(ten(minutes=5)) == []
