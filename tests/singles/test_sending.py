"""What leaves the stock together: claims first, then what was sold, as far as it goes; and what was lost leaves once more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from payments.audit import balance_of
from payments.models import DeskItem
from subscriptions.fulfilment.closing import CannotClose
from subscriptions.losses.returning import Returned, follow, write_down
from subscriptions.losses.stock import balances, enter
from subscriptions.models import Dispatch, Issue, Notice, Order, PostalAddress, SoldIssue, SoldIssueMovement
from subscriptions.orders.placing import payment_of
from subscriptions.refunding import refund_in_full
from subscriptions.singles.moving import MOVEMENTS, NoSuchStep, move
from subscriptions.singles.replacing import CannotReplace, replace_lost
from subscriptions.singles.watching import watch
from tests.disputes.people import disputed
from tests.makers import NOW
from tests.singles.people import CLERK, READER, at, buys, closes, issue, leaves, states, unsound

DAY = at(date(2026, 11, 26))
STEPS = {
    ("reserved", "grant"): "owed",
    ("owed", "assign"): "assigned",
    ("assigned", "serve"): "served",
    ("owed", "hold"): "held",
    ("held", "release"): "owed",
    ("owed", "void"): "void",
    ("held", "void"): "void",
}


@pytest.mark.parametrize(
    ("came", "kind"),
    [
        pytest.param(came, kind, id=f"{came} by {kind}")
        for came, kind in product(
            ("reserved", "owed", "assigned", "served", "held", "void"),
            ("grant", "assign", "serve", "hold", "release", "void"),
        )
    ],
)
def test_step(single, came, kind):
    line = SoldIssue.objects.get(order=buys({24: 1}))
    SoldIssue.objects.filter(pk=line.pk).update(state=came)
    line.refresh_from_db()
    target = STEPS.get((came, kind))
    if target is None:
        with pytest.raises(NoSuchStep):
            move([line], kind, actor=CLERK, at=NOW)
    elif kind != "grant":  # it was granted when it was paid
        move([line], kind, actor=CLERK, at=NOW)
        assert SoldIssueMovement.objects.filter(sold=line, kind=kind).count() == 1
    line.refresh_from_db()
    assert line.state == (came if target is None or kind == "grant" else target)


def test_every_step_of_the_table_is_in_a_row():
    assert {(came, kind): to for kind, (some, to) in MOVEMENTS.items() for came in some} == STEPS


def test_the_oldest_leave_first_when_some_are_spoiled_and_the_others_stay_owed(single):
    first, second = buys({22: 2}), buys({22: 1})
    enter(issue(22).pk, "counted", 2, actor=CLERK, at=DAY, reason="compté")
    run = closes(22, when=DAY)
    assert (run.copies, states(first), states(second)) == (2, [(22, 2, "assigned")], [(22, 1, "owed")])
    with pytest.raises(CannotClose):
        closes(22, when=DAY)
    enter(issue(22).pk, "received", 1, actor=CLERK, at=DAY, reason="retrouvé")
    assert closes(22, when=DAY).copies == 1
    assert unsound(DAY) == []


def test_a_lost_issue_leaves_once_more_and_is_worth_nothing(single):
    order = buys({24: 2})
    leaves(closes(24, when=DAY), when=DAY)
    line = SoldIssue.objects.get(order=order)
    earned = balance_of("701200")
    again = replace_lost(line.pk, actor=CLERK, at=DAY, reason="jamais arrivé")
    with pytest.raises(CannotReplace):
        replace_lost(line.pk, actor=CLERK, at=DAY, reason="jamais arrivé")
    assert (again.amount.amount, again.state) == (Decimal("0.00"), "owed")
    run = closes(24, when=DAY)
    assert run.lines.get().kind == Dispatch.Kind.CLAIM
    posted = leaves(run, when=DAY)
    assert posted.revenue == {Decimal("2.10"): Decimal("0.00")}
    assert balance_of("701200") == earned
    assert balances([issue(24).pk])[issue(24).pk] == 8
    assert Notice.objects.filter(kind="single_sent").count() == 2
    assert unsound(DAY) == []


def test_what_has_not_left_or_is_not_in_stock_is_not_sent_again(single):
    line = SoldIssue.objects.get(order=buys({22: 3}))
    with pytest.raises(CannotReplace):
        replace_lost(line.pk, actor=CLERK, at=DAY, reason="trop tôt")
    leaves(closes(22, when=DAY), when=DAY)
    with pytest.raises(CannotReplace):
        replace_lost(line.pk, actor=CLERK, at=DAY, reason="plus rien")


def test_of_a_double_issue_the_desk_reads_both_numbers(single):
    buys({22: 1}), buys({22: 1})
    Issue.objects.filter(number=22).update(number=21, last_number=22)
    assert watch(on=date(2026, 11, 30), at=DAY, actor=CLERK) == 1
    assert DeskItem.objects.get(kind="single_issues_due").sentence.startswith("N° 21-22 : 2 ventes au numéro à mettre")


def why_not_again(order: Order) -> str:
    with pytest.raises(CannotReplace) as refused:
        replace_lost(SoldIssue.objects.get(order=order).pk, actor=CLERK, at=DAY, reason="jamais arrivé")
    return str(refused.value.code)


def test_what_was_given_back_whole_is_not_sent_again(single):
    order = buys({24: 1})
    leaves(closes(24, when=DAY), when=DAY)
    refund_in_full(order, reason="jamais arrivé", actor=CLERK, at=DAY)
    assert why_not_again(order) == "given_back"


def test_nothing_is_sent_again_while_its_bank_disputes_it_or_once_it_has_taken_it_back(single):
    order = buys({24: 1})
    leaves(closes(24, when=DAY), when=DAY)
    disputed(payment_of(order), at=DAY)
    assert why_not_again(order) == "disputed"
    disputed(payment_of(order), "lost", at=DAY)
    assert why_not_again(order) == "bank"


def test_nothing_is_sent_again_to_an_address_that_was_erased(single):
    order = buys({24: 1})
    leaves(closes(24, when=DAY), when=DAY)
    PostalAddress.objects.update(typed={}, lines=[], block=[], postcode="", town="")
    assert why_not_again(order) == "no_address"


def test_a_copy_that_comes_back_is_before_a_person(single):
    order = buys({24: 1})
    leaves(closes(24, when=DAY), when=DAY)
    line = Dispatch.objects.get(sold__order=order)
    write_down([Returned(line.pk, 2, DAY.date())], source="paper", actor=CLERK, at=DAY)
    assert follow(actor=READER, at=DAY) == 1
    assert DeskItem.objects.get(kind="returned_single_issue").subject == order.subject


def test_what_should_leave_soon_is_on_the_desk_until_it_has(single):
    """Ten days from the payment, said three days before."""
    order = buys({24: 1})
    assert watch(on=date(2026, 11, 29), at=DAY, actor=CLERK) == 0
    for _twice in range(2):
        assert watch(on=date(2026, 11, 30), at=DAY, actor=CLERK) == 1
    item = DeskItem.objects.get(kind="single_issues_due", closed_at=None)
    assert (item.subject, item.sentence) == (
        f"issue:{issue(24).pk}",
        "N° 24 : 1 vente au numéro à mettre en poste au plus tard le 3\u00a0décembre\u00a02026.",
    )
    leaves(closes(24, when=DAY), when=DAY)
    assert states(order) == [(24, 1, "served")]
    assert watch(on=date(2026, 12, 4), at=DAY, actor=CLERK) == 0
    assert not DeskItem.objects.filter(kind="single_issues_due", closed_at=None).exists()
