"""A bank disputes the payment of past issues: they are held, then leave, or stay with us and the books follow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from payments.audit import balance_of
from payments.models import Invoice
from subscriptions.losses.stock import free
from subscriptions.orders.placing import payment_of
from subscriptions.singles.sending import to_send
from tests.disputes.people import disputed
from tests.singles.people import at, buys, closes, issue, leaves, pays_again, states, unsound
from tests.stopping.people import declares

DAY = at(date(2026, 11, 26))


def test_it_is_held_and_leaves_once_the_bank_has_decided_for_us(single):
    order = buys({24: 1})
    disputed(payment_of(order), at=DAY)
    assert states(order) == [(24, 1, "held")]
    assert not to_send(issue(24).pk).exists()
    assert declares("withdrawal", order.reference, at=DAY).effect == "single_sent", "no refund while it is open"
    assert unsound(DAY) == []
    disputed(payment_of(order), "won", at=DAY)
    assert states(order) == [(24, 1, "owed")]
    leaves(closes(24, when=DAY), when=DAY)
    assert unsound(DAY) == []


def test_lost_before_it_left_it_stays_and_is_credited(single):
    order = buys({24: 1})
    disputed(payment_of(order), at=DAY)
    disputed(payment_of(order), "lost", at=DAY)
    assert states(order) == [(24, 1, "void")]
    note = Invoice.objects.get(kind=Invoice.Kind.CREDIT_NOTE)
    assert note.total_ttc.amount == Decimal("9.00")
    assert (balance_of("487100"), balance_of("411000"), balance_of("654000")) == (0, 0, 0)
    assert free([issue(24).pk])[issue(24).pk] == 12
    assert unsound(DAY) == []


def test_lost_after_it_left_it_is_a_loss(single):
    order = buys({24: 1})
    leaves(closes(24, when=DAY), when=DAY)
    disputed(payment_of(order), "lost", at=DAY)
    assert states(order) == [(24, 1, "served")]
    assert not Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE).exists()
    assert (balance_of("701200"), balance_of("654000")) == (Decimal("-8.81"), Decimal("9.00"))
    assert unsound(DAY) == []


def test_a_second_payment_that_its_bank_disputes_and_takes_back_leaves_the_first_alone(single):
    order = buys({24: 1})
    paying = payment_of(order)
    second = pays_again(order)
    disputed(second, at=DAY)
    assert (second.surplus, states(order)) == (True, [(24, 1, "owed")])
    assert unsound(DAY) == []
    disputed(second, "lost", at=DAY)
    assert states(order) == [(24, 1, "owed")]
    assert not Invoice.objects.filter(payment=paying, kind=Invoice.Kind.CREDIT_NOTE).exists()
    leaves(closes(24, when=DAY), when=DAY)
    assert states(order) == [(24, 1, "served")]
