"""What has not left is cancelled at the reader's word, what has left is for a person; with exact figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.audit import balance_of
from payments.models import DeskItem, Invoice, Refund
from subscriptions.losses.stock import balances, free
from subscriptions.models import Issue, Notice, Order, SoldIssue
from subscriptions.refunding import CannotRefund, refund_in_full
from subscriptions.singles.giving_back import CannotTakeBack, cancelled_words
from subscriptions.singles.replacing import replace_lost
from tests.makers import NOW, READER
from tests.singles.people import CLERK, at, buys, closes, issue, leaves, orders, states, unsound
from tests.stopping.people import declares

DAY = at(date(2026, 11, 26))
LATER = DAY + timedelta(hours=2)


@pytest.mark.parametrize("kind", ["withdrawal", "termination"])
def test_what_has_not_left_is_cancelled_and_given_back(single, kind):
    order = buys({24: 2, 22: 1})
    said = declares(kind, order.reference, at=DAY)
    assert (said.effect, said.state, said.order_id, said.refund_due_on) == (
        "single_unsent", "applied", order.pk, date(2026, 12, 10),
    )  # fmt: skip
    assert said.refund.amount.amount == Decimal("27.00")
    assert states(order) == [(22, 1, "void"), (24, 2, "void")]
    assert free([issue(24).pk])[issue(24).pk] == 12
    note = Invoice.objects.get(kind=Invoice.Kind.CREDIT_NOTE)
    assert (note.total_ht.amount, note.total_vat.amount, note.total_ttc.amount) == (
        Decimal("26.44"), Decimal("0.56"), Decimal("27.00"),
    )  # fmt: skip
    assert (balance_of("487100"), balance_of("701200"), balance_of("445740")) == (0, 0, Decimal("0.56"))
    assert unsound(DAY) == []
    again = declares(kind, order.reference, at=DAY)
    assert (again.effect, again.refund) == ("already_over", None)
    assert Refund.objects.count() == 1


def test_of_an_order_that_has_left_in_part_the_rest_is_cancelled(single):
    order = buys({24: 2, 22: 1})
    leaves(closes(24, when=DAY), when=DAY)
    said = declares("withdrawal", order.reference, at=DAY)
    assert (said.effect, said.refund.amount.amount) == ("single_unsent", Decimal("9.00"))
    assert states(order) == [(22, 1, "void"), (24, 2, "served")]
    note = Invoice.objects.get(kind=Invoice.Kind.CREDIT_NOTE)
    assert note.lines.get().name == "ActuIA : n°\u00a022 non envoyé"
    assert (balance_of("487100"), balance_of("701200")) == (0, Decimal("-17.63"))
    assert unsound(DAY) == []


def test_what_is_sent_again_for_a_lost_one_is_not_cancelled_with_the_rest(single):
    order = buys({24: 1, 22: 1})
    leaves(closes(22, when=DAY), when=DAY)
    replace_lost(SoldIssue.objects.get(order=order, issue__number=22).pk, actor=CLERK, at=DAY, reason="jamais arrivé")
    said = declares("withdrawal", order.reference, at=DAY)
    assert (said.effect, said.refund.amount.amount) == ("single_unsent", Decimal("9.00"))
    assert states(order) == [(22, 1, "served"), (24, 1, "void"), (22, 1, "owed")]
    assert Invoice.objects.get(kind=Invoice.Kind.CREDIT_NOTE).lines.get().name == "ActuIA : n°\u00a024 non envoyé"
    leaves(closes(22, when=LATER), when=LATER)
    assert states(order) == [(22, 1, "served"), (24, 1, "void"), (22, 1, "served")]
    assert unsound(LATER) == []


def test_what_was_lost_is_sent_again_after_the_rest_was_cancelled(single):
    order = buys({24: 1, 22: 1})
    leaves(closes(22, when=DAY), when=DAY)
    declares("withdrawal", order.reference, at=DAY)
    replace_lost(SoldIssue.objects.get(order=order, issue__number=22).pk, actor=CLERK, at=LATER, reason="jamais arrivé")
    leaves(closes(22, when=LATER), when=LATER)
    assert states(order) == [(22, 1, "served"), (24, 1, "void"), (22, 1, "served")]
    assert unsound(LATER) == []


def test_what_was_cancelled_is_named_by_its_numbers_and_as_it_is_printed():
    lines = [SoldIssue(issue=Issue(number=number, last_number=last)) for number, last in ((26, 27), (24, None))]
    assert cancelled_words(lines) == "n°\u00a024 et n°\u00a026-27 non envoyés"
    assert cancelled_words(lines[:1]) == "n°\u00a026-27 non envoyé"


def test_what_is_in_a_file_is_on_its_way(single):
    order = buys({24: 1})
    closes(24, when=DAY)
    said = declares("withdrawal", order.reference, at=DAY)
    assert (said.effect, said.state, said.refund) == ("single_sent", "on_desk", None)
    assert DeskItem.objects.filter(kind="declaration_single_sent", closed_at=None).count() == 1
    assert states(order) == [(24, 1, "assigned")]
    assert Notice.objects.filter(kind="withdrawal_acknowledged").count() == 1


def test_an_order_that_is_not_paid_is_given_up_and_its_copies_are_free(single):
    order = orders({22: 3})
    said = declares("withdrawal", order.reference, at=NOW)
    order.refresh_from_db()
    assert (said.effect, order.state) == ("withdrawn_unpaid", Order.State.CANCELLED)
    assert free([issue(22).pk])[issue(22).pk] == 3


def test_another_address_is_for_a_person(single):
    order = buys({24: 1})
    said = declares("withdrawal", order.reference, at=NOW, email="autre@example.fr")
    assert (said.effect, states(order)) == ("other_email", [(24, 1, "owed")])


def test_a_person_gives_back_what_has_left_too(single):
    order = buys({24: 2, 22: 1})
    leaves(closes(24, when=DAY), when=DAY)
    refund = refund_in_full(order, reason="abîmés", actor=CLERK, at=DAY)
    assert refund.amount.amount == Decimal("27.00")
    assert states(order) == [(22, 1, "void"), (24, 2, "served")]
    assert (balance_of("487100"), balance_of("701200"), balance_of("701100")) == (0, 0, 0)
    assert balances([issue(24).pk])[issue(24).pk] == 10, "what comes back is entered by whoever holds it"
    assert unsound(DAY) == []
    with pytest.raises(CannotTakeBack):
        refund_in_full(order, reason="encore", actor=CLERK, at=DAY)


def test_nothing_is_given_back_while_it_is_in_a_file(single):
    order = buys({24: 1})
    closes(24, when=DAY)
    with pytest.raises(CannotTakeBack):
        refund_in_full(order, reason="abîmé", actor=CLERK, at=DAY)
    with pytest.raises(CannotRefund):
        refund_in_full(orders({24: 1}), reason="pas payée", actor=READER, at=DAY)
