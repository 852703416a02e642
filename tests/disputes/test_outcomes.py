"""Each of Stripe's words for where a dispute stands: what is booked, what becomes of the copies, whether an answer is due."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest
import stripe
from django.utils.translation import gettext

from payments.answering.standing import APPEALS, ORDER, newer, waits, why_not
from payments.audit import balance_of
from payments.disputing import ENDS, apply
from payments.models import DeskItem, Dispute, LedgerEntry, Payment
from shop.backoffice.dispute_words import STATUS
from shop.watch.audit import breaches
from tests.disputes.people import BANK, disputed, says
from tests.makers import NOW
from tests.renewals.people import subscriber
from tests.stopping.people import credit_notes, states

pytestmark = pytest.mark.django_db
ALL, NOTHING = Decimal("27.60"), Decimal("0.00")
HELD, OWED, CREDITED = "held held held held", "owed owed owed owed", "credited credited credited credited"

#: Stripe's word → ours, what stands on 467 and 517, what is booked, the copies, whether an answer is due.
ROWS = [
    ("warning_needs_response", "open", NOTHING, ALL, [], HELD, True),
    ("warning_under_review", "open", NOTHING, ALL, [], HELD, False),
    ("warning_closed", "won", NOTHING, ALL, [], OWED, False),
    ("prevented", "won", NOTHING, ALL, [], OWED, False),
    ("needs_response", "open", ALL, NOTHING, ["dispute"], HELD, True),
    ("under_review", "open", ALL, NOTHING, ["dispute"], HELD, False),
    ("won", "won", NOTHING, ALL, ["dispute", "dispute_returned"], OWED, False),
    ("lost", "lost", NOTHING, NOTHING, ["dispute", "dispute_lost"], CREDITED, False),
]


@pytest.mark.parametrize(("status", "state", "at_banks", "at_stripe", "booked", "copies", "due"), ROWS)
def test_an_outcome(status, state, at_banks, at_stripe, booked, copies, due):
    subscription = subscriber(renewal="fixed")
    payment = Payment.objects.get()
    asked_only = status.startswith("warning") or status == "prevented"
    first = "warning_needs_response" if asked_only else "needs_response"
    disputed(payment, first)
    found = disputed(payment, status) if status != "prevented" else prevented(payment)
    assert (found.state, found.status) == (state, status)
    assert (balance_of("467000"), balance_of("517000")) == (at_banks, at_stripe)
    sources = LedgerEntry.objects.filter(source__startswith="dispute").order_by("pk").values_list("source", flat=True)
    assert [source.partition(":")[0] for source in sources] == booked
    assert (states(subscription), waits(found)) == (copies, due)
    assert bool(credit_notes()) == (status == "lost")
    assert breaches(NOW) == []


def prevented(payment: Payment) -> Dispute:
    """It was settled with the holder before the bank contested it: nothing has ever left."""
    seen = replace(says(payment, "prevented"), taken_cents=0)
    for _twice in range(2):
        found = apply(seen, payment_id=payment.pk, actor=BANK, at=NOW)
    return found


@pytest.mark.parametrize("status", APPEALS)
def test_an_appeal_is_finance_s_to_look_at_and_undoes_nothing(status):
    subscription = subscriber(renewal="fixed")
    payment = Payment.objects.get()
    disputed(payment)
    disputed(payment, "lost")
    found = disputed(payment, status)
    assert (found.state, states(subscription), balance_of("467000")) == ("lost", CREDITED, NOTHING)
    assert why_not(found, at=NOW) == gettext("An appeal is made at Stripe itself.")
    item = DeskItem.objects.get(closed_at=None)
    assert (item.desk, item.kind) == ("finance", "dispute_turned")
    assert status in item.sentence


def test_every_word_that_stripe_has_is_known():
    """As the pinned SDK lists them."""
    listed = stripe.Dispute.__annotations__["status"]
    known = {word for part in get_args(listed) for word in get_args(part)}
    assert known == {*(status for status, *_rest in ROWS), *APPEALS} == {*ORDER, *APPEALS} == set(STATUS) - {""}
    assert set(ENDS) == {status for status, state, *_rest in ROWS if state != "open"}


@pytest.mark.parametrize(
    ("heard", "before", "stands"),
    [
        ("under_review", "needs_response", "under_review"),
        ("needs_response", "under_review", "under_review"),
        ("needs_response", "warning_under_review", "needs_response"),
        ("won", "under_review", "won"),
        ("a_new_word", "needs_response", "a_new_word"),
        ("needs_response", "", "needs_response"),
    ],
)
def test_old_news_do_not_go_back(heard, before, stands):
    assert newer(heard, before) == stands
