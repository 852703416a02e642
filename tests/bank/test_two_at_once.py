"""Two colleagues let one statement in, or say what one line is, at the same instant."""

from __future__ import annotations

import pytest

from payments.audit import balance_of
from payments.bank.writing import CannotLetIn
from payments.models import BankLine, BankMatch, BankReceipt, BankStatement
from subscriptions.bank.explaining import accept, book_on
from subscriptions.bank.taking_in import Typed, let_in
from tests.bank.coming import WHY, come, offered
from tests.bank.files import Said, camt, mt940
from tests.institutions.papers import COLLEAGUE, all_is_well, take
from tests.makers import NOW
from tests.races.crowd import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offers")]
ACT = {"reason": WHY, "actor": COLLEAGUE, "at": NOW}


def test_one_statement_of_two_formats_is_let_in_once():
    number = take().invoice.reference
    story = [Said("27.60", number, ref="BQ0001"), Said("-4.00", "B", ref="BQ2")]

    def let(body: bytes) -> str:
        try:
            let_in(body, Typed(), name="x", **ACT)
        except CannotLetIn:
            return "refused"
        return "in"

    results = together([lambda: let(camt(story)), lambda: let(mt940(story)), lambda: let(camt(story))])
    assert sorted(results) == ["in", "refused", "refused"]
    assert (BankStatement.objects.count(), BankLine.objects.count(), BankReceipt.objects.count()) == (1, 2, 1)
    all_is_well()


def test_one_line_is_said_to_be_one_thing():
    number = take().invoice.reference
    [line] = come(Said("27.60", f"F{number[1:5]}-{int(number[6:])}", "UNIV LYON", ref="BQ0001"))
    [proposal] = offered(line)
    acts = [lambda: accept(line.pk, proposal.name, **ACT), lambda: book_on(line.pk, "SUSPENSE", **ACT)] * 2
    results = together(acts)
    assert sum(isinstance(one, Exception) for one in results) == 3
    assert BankMatch.objects.count() == 1
    assert str(balance_of("512000")) == "27.60"
    all_is_well()
