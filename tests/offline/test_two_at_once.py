"""Two colleagues at the same instant: one cheque deposited, typed, bounced or paid again twice is once."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError

from payments.cheques import depositing
from payments.models import Cheque, ChequeEvent, DepositSlip, PaidAgain
from subscriptions.models import Notice, Order, Term
from subscriptions.offline import bouncing, ordering
from tests.institutions.papers import all_is_well
from tests.makers import NOW
from tests.offline.post import CLERK, books, bounced, deposited, ordered, three, written
from tests.races.crowd import Meeting, together, troubles, without_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offers")]


def test_two_slips_never_carry_the_same_cheque():
    cheques = three()
    first, second = cheques[:2], cheques[1:]
    results = together([lambda: deposited(first), lambda: deposited(second), lambda: deposited(first)])
    assert len(troubles(results)) == 2
    assert all(isinstance(one, ValidationError) for one in troubles(results))
    slip = DepositSlip.objects.get()
    assert (slip.number, slip.count, str(slip.total.amount)) == (1, 2, "55.20")
    assert ChequeEvent.objects.filter(to_state="deposited").count() == 2
    all_is_well()


def test_without_the_lock_both_would_see_the_cheque_as_here(monkeypatch):
    """The control: brought to the same instant after they have read, two take it, and only the database is left to refuse."""
    cheques = three()[:1]
    meeting = Meeting(2)
    monkeypatch.setattr(depositing, "_next_number", meeting.before(depositing._next_number))
    without_locks(monkeypatch, Cheque)
    results = together([lambda: deposited(cheques), lambda: deposited(cheques)], meeting=meeting)
    assert meeting.largest == 2  # with the lock the second waits before it has read
    [trouble] = troubles(results)
    assert not isinstance(trouble, ValidationError)
    assert DepositSlip.objects.count() == 1


def test_slips_made_at_once_are_numbered_without_a_gap():
    cheques = three()
    results = together([lambda one=one: deposited([one]) for one in cheques])
    assert troubles(results) == []
    assert sorted(DepositSlip.objects.values_list("number", flat=True)) == [1, 2, 3]
    all_is_well()


def test_one_cheque_typed_by_two_is_one_order():
    results = together([lambda: ordered("0004711"), lambda: ordered("0004711", name="Nguyen")])
    [trouble] = troubles(results)
    assert isinstance(trouble, ValidationError)
    assert (Order.objects.count(), Cheque.objects.count(), Term.objects.count()) == (1, 1, 1)
    assert books() == {"4871": "-27.03", "44571": "-0.57", "5112": "27.60"}
    all_is_well()


def test_one_form_sent_twice_at_once_is_one_order():
    token = uuid.uuid4()
    results = together([lambda: ordered(token=token), lambda: ordered(token=token)])
    assert len(troubles(results)) == 1
    assert (Order.objects.count(), Cheque.objects.count(), Term.objects.count()) == (1, 1, 1)


def test_the_cheque_of_an_order_that_waited_comes_twice():
    payment = ordered(None).payment
    came = {"reason": "courrier", "actor": CLERK, "at": NOW}
    results = together(
        [lambda n=n: ordering.cheque_came(payment.pk, written(n), **came) for n in ("0004711", "0004712")]
    )
    assert len(troubles(results)) == 1
    assert (Cheque.objects.count(), Term.objects.count()) == (1, 1)
    all_is_well()


def test_a_cheque_bounces_once_and_is_paid_again_or_given_up():
    [cheque, *_others] = three()
    results = together([lambda: bounced(cheque), lambda: bounced(cheque)])
    assert len(troubles(results)) == 1
    assert Notice.objects.filter(kind="cheque_bounced").count() == 1
    act = {"reason": "courrier", "actor": CLERK, "at": NOW}
    results = together(
        [
            lambda: bouncing.pay_again_by_cheque(cheque.pk, written("0000777"), **act),
            lambda: bouncing.give_up(cheque.pk, **act),
            lambda: bouncing.pay_again_by_cheque(cheque.pk, written("0000778"), **act),
        ]
    )
    assert len(troubles(results)) == 2
    cheque.refresh_from_db()
    assert PaidAgain.objects.count() == (0 if cheque.given_up_at else 1)
    all_is_well()
