"""Two colleagues let one statement in, or say what one line is, at the same instant."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from payments.audit import balance_of
from payments.bank import matching
from payments.bank.matching import CannotExplain, standing
from payments.bank.writing import CannotLetIn
from payments.models import BankLine, BankMatch, BankReceipt, BankStatement
from subscriptions.bank.explaining import accept, book_on
from subscriptions.bank.taking_in import Typed, let_in
from subscriptions.institutions.receiving import lock_orders
from tests.bank.coming import WHY, come, offered
from tests.bank.files import DAY, Said, camt, mt940
from tests.institutions.papers import COLLEAGUE, all_is_well, take, transfer
from tests.makers import NOW
from tests.races.crowd import Meeting, together, troubles

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


def noted_twice_on_a_statement() -> tuple[BankReceipt, list[BankLine]]:
    """One transfer noted by hand, and two lines of which either may be it."""
    receipt = transfer(take().invoice, "27.60", ref="AUTRE", on=DAY)
    return receipt, come(Said("27.60", "VIREMENT", ref="BQ0001"), Said("27.60", "VIREMENT", ref="BQ0002"))


def both_say_that_it_is(lines: list[BankLine]) -> list[Any]:
    """Each says so, looked at as at a commit, and commits only when the other has said so too or stands before a lock."""
    meeting = Meeting(2)
    names = [offered(line)[0].name for line in lines]

    def say(line: BankLine, name: str) -> None:
        with transaction.atomic():
            accept(line.pk, name, **ACT)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            meeting()

    acts = [lambda line=line, name=name: say(line, name) for line, name in zip(lines, names, strict=True)]
    return together(acts, meeting=meeting)


def test_a_receipt_is_one_line_whoever_says_so_at_the_same_instant():
    receipt, lines = noted_twice_on_a_statement()
    [trouble] = troubles(both_say_that_it_is(lines))
    assert isinstance(trouble, CannotExplain)
    assert [row.source for row in standing()] == [f"receipt:{receipt.pk}"]
    all_is_well()


def test_without_the_lock_on_its_name_it_would_be_two(monkeypatch):
    """The negative control: the guard of the database sees no match that is not committed yet."""
    monkeypatch.setattr(matching, "HOLD", "SELECT %s::text[]")
    _receipt, lines = noted_twice_on_a_statement()
    assert troubles(both_say_that_it_is(lines)) == []
    assert standing().count() == 2


def test_a_file_and_a_colleague_who_notes_its_transfers_do_not_wait_for_each_other():
    """The statement names the younger order first; the colleague notes one transfer for both, which locks the older first."""
    older, younger = take(), take(number="4500012346")
    story = [Said("27.60", one.invoice.reference, ref=f"BQ{one.invoice.pk}") for one in (younger, older)]
    meeting = Meeting(2)

    def let() -> None:
        let_in(camt(story), Typed(), name="x", **ACT)

    def note() -> None:
        with transaction.atomic():
            lock_orders([older.invoice])
            meeting()
            lock_orders([younger.invoice])

    assert troubles(together([let, note], meeting=meeting)) == []
    assert BankReceipt.objects.count() == 2
    all_is_well()
