"""One past issue of several was lost and is not sent again: its price goes back alone, once, and the others stay sold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from payments.audit import balance_of
from payments.models import Act, Invoice, Refund
from payments.refunds import left_of
from subscriptions.models import SoldIssue
from subscriptions.orders.placing import payment_of
from subscriptions.refunding import refund_in_full
from subscriptions.singles.giving_back import CannotTakeBack
from subscriptions.singles.giving_one_back import foresee, give_lost_back
from subscriptions.singles.replacing import CannotReplace, replace_lost
from tests.backoffice.colleagues import text_of
from tests.backoffice.conftest import at_desk
from tests.disputes.people import disputed
from tests.singles.people import CLERK, at, buys, closes, leaves, states, unsound

__all__ = ["at_desk"]
DAY = at(date(2026, 11, 26))
WHY = "Jamais arrivé, plus en stock."


@pytest.fixture
def sent(single):
    """Two issues, 9,00 € each, in one order; both have left."""
    order = buys({22: 1, 24: 1})
    for number in (22, 24):
        leaves(closes(number, when=DAY), when=DAY)
    return order


def line(order, number=22) -> SoldIssue:
    return SoldIssue.objects.select_related("order", "issue").get(order=order, issue__number=number, replaces=None)


def give(one):
    return give_lost_back(one.pk, actor=CLERK, at=DAY, reason=WHY)


def test_its_price_goes_back_alone_and_once(sent):
    earned = balance_of("701200")
    refund = give(line(sent))
    assert refund is not None
    note = Invoice.objects.get(kind="credit_note")
    assert (refund.amount.amount, refund.credit_note, note.total_ttc.amount) == (Decimal("9.00"), note, Decimal("9.00"))
    assert "n° 22 non reçu" in note.lines.get().name.replace("\u00a0", " ")
    # Out of what was earned: 9,00 € with 2,10 % of VAT.
    assert balance_of("701200") - earned == Decimal("8.81")
    assert balance_of("487100") == 0
    assert states(sent) == [(22, 1, "served"), (24, 1, "served")]
    assert left_of(payment_of(sent)) == Decimal("9.00")
    with pytest.raises(CannotTakeBack) as refused:
        give(line(sent))
    assert refused.value.code == "already"
    with pytest.raises(CannotReplace):
        replace_lost(line(sent).pk, actor=CLERK, at=DAY, reason=WHY)
    assert (Refund.objects.count(), Act.objects.filter(verb="gave a lost past issue back").count()) == (1, 1)
    assert unsound(DAY) == []


def test_the_other_may_follow_or_the_rest_of_the_order(sent):
    give(line(sent))
    rest = refund_in_full(sent, reason="tout perdu", actor=CLERK, at=DAY)
    assert rest is not None
    assert rest.amount.amount == Decimal("9.00")
    assert left_of(payment_of(sent)) == 0
    with pytest.raises(CannotTakeBack) as refused:
        give(line(sent, 24))
    assert refused.value.code == "too_much"
    assert unsound(DAY) == []


def test_what_has_not_left_or_is_on_its_way_again_is_not_given_back(single):
    order = buys({22: 1, 24: 1})
    with pytest.raises(CannotTakeBack) as refused:
        foresee(line(order))
    assert refused.value.code == "not_sent"
    leaves(closes(24, when=DAY), when=DAY)
    replace_lost(line(order, 24).pk, actor=CLERK, at=DAY, reason=WHY)
    with pytest.raises(CannotTakeBack) as refused:
        give(line(order, 24))
    assert refused.value.code == "again"
    # Lost a second time, its price goes back.
    leaves(closes(24, when=DAY), when=DAY)
    assert give(line(order, 24)) is not None
    assert unsound(DAY) == []


def test_not_while_its_bank_disputes_the_payment(sent):
    disputed(payment_of(sent))
    with pytest.raises(CannotTakeBack) as refused:
        give(line(sent))
    assert refused.value.code == "disputed"


def test_at_the_desk(sent, at_desk):
    finance = at_desk("finance")
    page = finance.see("desk_order", sent.pk)
    assert "le rendre" in text_of(page)
    answer = finance.rehearse("desk_act_refund_sold", line(sent).pk, reason=WHY)
    assert "9,00 €" in text_of(answer).replace("\u00a0", " ").replace("\u202f", " ")
    assert not Refund.objects.exists()
