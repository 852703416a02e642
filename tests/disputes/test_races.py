"""A dispute is heard of in the instant in which something else happens to the same copies, or to the same dispute."""

from __future__ import annotations

from datetime import date

import pytest

from payments.audit import balance_of
from payments.disputing import apply
from payments.models import Dispute, DisputeEvent, Invoice, Payment, Refund
from shop.watch.audit import breaches
from subscriptions import disputing
from subscriptions.models import Entitlement, EntitlementMovement, Order
from subscriptions.pausing import holding
from subscriptions.refunding import CannotRefund, refund_in_full
from tests.disputes.people import BANK, disputed, says
from tests.makers import NOW, READER
from tests.races.crowd import Meeting, together, troubles
from tests.renewals.people import subscriber
from tests.stopping.people import posted, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_pause_that_is_over_in_that_instant_lets_no_copy_slip_through(monkeypatch):
    """The posting has seen no dispute, and the dispute sees the copy held by the pause: it waits, and looks again."""
    subscription = subscriber()
    holding.pause(subscription.pk, [25], actor=READER, at=NOW, reason="")
    payment, meeting = Payment.objects.get(), Meeting(2)
    asked = holding.disputed_terms

    def seen(terms):
        found = asked(terms)
        meeting()
        return found

    monkeypatch.setattr(holding, "disputed_terms", seen)
    monkeypatch.setattr(disputing, "move_copies", meeting.before(disputing.move_copies))
    once = says(payment)
    acts = [lambda: posted(25, on=date(2026, 12, 15)), lambda: apply(once, payment_id=payment.pk, actor=BANK, at=NOW)]
    assert troubles(together(acts, meeting=meeting)) == []
    assert states(subscription) == "held held held held"
    assert [one for one in breaches(NOW) if one[0] == "COPIES"] == []


@pytest.mark.parametrize("turn", range(4))
def test_a_copy_is_held_or_sent_and_the_books_know_which(turn):
    subscription = subscriber()
    payment = Payment.objects.get()
    acts = [lambda: posted(25, on=date(2026, 12, 15)), lambda: disputed(payment)]
    assert troubles(together(acts if turn % 2 else acts[::-1])) == []
    assert states(subscription) in ("served held held held", "held held held held")
    assert breaches(NOW) == []


@pytest.mark.parametrize("status", ["needs_response", "won", "lost"])
def test_four_who_hear_of_it_at_once_write_it_down_once(status):
    subscriber()
    payment = Payment.objects.get()
    seen = says(payment, status)
    results = together([lambda: apply(seen, payment_id=payment.pk, actor=BANK, at=NOW)] * 4)
    assert troubles(results) == []
    assert Dispute.objects.count() == 1
    assert DisputeEvent.objects.count() == (1 if status == "needs_response" else 2)
    assert Invoice.objects.filter(kind="credit_note").count() == (1 if status == "lost" else 0)
    assert EntitlementMovement.objects.filter(kind="hold").count() == (4 if status == "needs_response" else 0)
    assert breaches(NOW) == []


@pytest.mark.parametrize("turn", range(4))
def test_given_back_or_lost_but_never_both(turn):
    """Whoever has the payment first: the shop gives it back, or the bank takes it."""
    subscriber(renewal="fixed")
    payment, order = Payment.objects.get(), Order.objects.get()
    acts = [
        lambda: refund_in_full(order, reason="rétractation", actor=READER, at=NOW),
        lambda: [disputed(payment), disputed(payment, "lost")],
    ]
    results = together(acts if turn % 2 else acts[::-1])
    assert [one for one in troubles(results) if not isinstance(one, CannotRefund)] == []
    assert Invoice.objects.filter(kind="credit_note").count() == 1
    assert set(Entitlement.objects.values_list("state", flat=True)) in ({"void"}, {"credited"})
    assert set(Refund.objects.values_list("state", flat=True)) <= {"failed"}
    assert [balance_of(account) for account in ("654000", "411000", "467000", "487100", "445740", "445712")] == [0] * 6
    assert breaches(NOW) == []
