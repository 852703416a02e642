"""A statement is let in whole, once, of our account, new and following the one before; or not at all, with a sentence."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from payments.bank.rules import add_rule, end_rule
from payments.bank.statements import Unreadable
from payments.bank.writing import CannotLetIn
from payments.documents import read
from payments.models import Act, BankLine, BankMatch, BankStatement, CsvProfile, DeskItem, Document, LedgerEntry
from subscriptions.bank.taking_in import Typed, foresee, let_in
from tests.bank.coming import WHY, come
from tests.bank.files import DAY, PROFILE, Said, camt, csv, mt940
from tests.institutions.papers import COLLEAGUE, all_is_well, take
from tests.makers import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]
BEFORE = DAY - timedelta(days=1)
ONE, TWO = Said("10.00", "A", ref="BQ1"), Said("-4.00", "B", ref="BQ2")
OTHER = "FR1420041010050500013M02606"


def let(body: bytes, typed: Typed = Typed()) -> list[BankStatement]:  # noqa: B008  # frozen
    return let_in(body, typed, name="releve", reason=WHY, actor=COLLEAGUE, at=NOW)


def refused(body: bytes, typed: Typed = Typed()) -> str:  # noqa: B008
    """Why it is not let in; and that nothing was written, neither by looking nor by trying."""
    counts = (
        BankStatement.objects.count(),
        BankLine.objects.count(),
        Document.objects.count(),
        LedgerEntry.objects.count(),
    )
    with override("en"), pytest.raises((CannotLetIn, Unreadable)) as said:
        let(body, typed)
    assert counts == (
        BankStatement.objects.count(), BankLine.objects.count(), Document.objects.count(), LedgerEntry.objects.count(),
    )  # fmt: skip
    with override("en"):
        return " ".join(map(str, said.value.messages))


def warned(body: bytes) -> list[str]:
    with override("en"):
        return foresee(body, Typed(), on=TODAY).judged[-1].warnings


def test_a_statement_is_kept_with_its_file_and_its_hash():
    body = camt([ONE, TWO])
    [statement] = let(body)
    assert (statement.opening, statement.closing, statement.lines_count) == (Decimal("1000.00"), Decimal("1006.00"), 2)
    assert read(statement.document_id) == body
    assert statement.document.keep_until.year >= 2036
    assert [(line.place, line.amount, line.left, line.nth) for line in statement.lines.all()] == [
        (1, Decimal("10.00"), Decimal("10.00"), 1),
        (2, Decimal("-4.00"), Decimal("-4.00"), 1),
    ]
    act = Act.objects.get(verb="let a bank statement in")
    assert (act.subject, act.reason) == (f"statement:{statement.pk}", WHY)
    assert DeskItem.objects.filter(kind="bank_line").count() == 2
    all_is_well()


def test_looking_writes_nothing():
    seen = foresee(camt([ONE]), Typed(), on=TODAY)
    assert (seen.refused, len(seen.lines)) == ([], 1)
    assert not BankStatement.objects.exists()
    assert not Document.objects.filter(media_type="application/xml").exists()


def test_the_very_same_file_twice():
    [statement] = let(camt([ONE]))
    assert statement.reference in refused(camt([ONE]))


def test_the_same_statement_in_other_bytes():
    let(camt([ONE]))
    assert "the same number" in refused(camt([ONE], prefix="x"))


def test_the_same_lines_as_another_kind_of_file():
    let(camt([ONE, TWO]))
    assert "2 of its 2 lines are here already" in refused(mt940([ONE, TWO]))
    assert "1 of its 2 lines is here already" in refused(mt940([ONE, Said("7.00", "C")], opening="993.00"))


def test_two_equal_lines_of_one_day_in_two_statements_that_follow_each_other_are_two():
    let(camt([ONE]))
    [second] = let(camt([ONE], opening="1010.00", ident="R2", sequence="232"))
    assert second.lines.get().nth == 2
    all_is_well()


def test_lines_that_come_to_nothing_come_in_once():
    """It ends on 1 000,00 € where it began: that the same as MT940 follows it proves nothing; nor a part of it, nor a CSV."""
    story = [
        Said("-12.50", "FRAIS"), Said("12.50", "REMBOURSEMENT"), Said("27.60", "A"), Said("-27.60", "B"),
    ]  # fmt: skip
    let(camt(story))
    assert "4 of its 4 lines are here already" in refused(mt940(story))
    assert "2 of its 2 lines are here already" in refused(mt940(story[:2]))
    assert "2 of its 2 lines are here already" in refused(camt(story[2:], ident="R2", sequence=""))
    profile = CsvProfile.objects.create(**PROFILE, actor="staff:7", changed_at=NOW)
    typed = Typed(profile, Decimal("1000.00"), Decimal("1000.00"))
    assert "4 of its 4 lines are here already" in refused(csv(story), typed)
    assert BankLine.objects.count() == 4
    # The bank's next statement, under its own number, moved the same once more.
    [again] = let(camt(story, ident="R3", sequence="232"))
    assert [line.nth for line in again.lines.order_by("place")] == [2, 2, 2, 2]
    all_is_well()


def test_statements_of_one_day_come_in_any_order():
    """From 1 000,00 € to 1 010,00 €, to 1 020,00 €, to 1 030,00 €: the third line of 10,00 € of the day is no second first one."""
    before = camt([TWO], on=BEFORE, opening="1004.00", ident="R0", sequence="230")
    first, second, third = (
        camt([ONE], opening=opening, ident=f"R{number}", sequence=str(number))
        for number, opening in ((231, "1000.00"), (232, "1010.00"), (233, "1020.00"))
    )
    let(before)
    let(second)
    assert [(one.nths, one.warnings) for one in foresee(first, Typed(), on=TODAY).judged] == [([2], [])]
    let(first)
    assert warned(third) == []
    let(third)
    assert BankLine.objects.filter(amount=10).count() == 3
    for again in (first, second, third):
        assert "here already" in refused(again.replace(b"<Id>R", b"<Id>Z"))
    assert "lines are here already" in refused(camt([ONE, ONE], ident="R9", sequence=""))
    assert "1 of its 2 lines is here already" in refused(
        camt([Said("5.00"), ONE], opening="1005.00", ident="R9", sequence="")
    )
    all_is_well()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (camt([ONE], iban=OTHER), "another account than ours: ending in 2606"),
        (mt940([ONE], account="2004101005/0500013M026"), "another account than ours"),
        (camt([ONE], closing="1011.00"), "do not lead from one balance to the other"),
        (camt([ONE], closing=None), "does not give its last booked balance"),
        (camt([Said("10.00", on=DAY + timedelta(days=1))]), "days that have not come yet"),
        (camt([Said("10.00", on=date(1, 1, 1))]), "before the year 2000"),
        (camt([ONE]).replace(b"<ValDt><Dt>2026-11-23", b"<ValDt><Dt>0001-01-01"), "before the year 2000"),
        (camt([ONE], on=DAY + timedelta(days=40)), "far ahead"),
        (camt([ONE])[:-200], "damaged or cut off"),
    ],
)
def test_refused_with_a_sentence_and_nothing_half_done(body, words):
    assert words in refused(body)


def test_of_several_statements_in_a_file_one_that_is_wrong_stops_all():
    good = camt([ONE], ident="A")
    wrong = camt([ONE], ident="B", opening="1010.00", closing="1.00")
    both = good.replace(
        b"</BkToCstmrStmt>", wrong[wrong.index(b"<Stmt>") : wrong.index(b"</BkToCstmrStmt>")] + b"</BkToCstmrStmt>"
    )
    assert "do not lead" in refused(both)
    right = camt([TWO], ident="B", sequence="232", opening="1010.00")
    both = good.replace(
        b"</BkToCstmrStmt>", right[right.index(b"<Stmt>") : right.index(b"</BkToCstmrStmt>")] + b"</BkToCstmrStmt>"
    )
    assert [(one.place, one.closing) for one in let(both)] == [(1, Decimal("1010.00")), (2, Decimal("1006.00"))]
    all_is_well()


def test_pages_of_one_statement_each_with_its_balances():
    """MT940 says the page behind its number; camt under one number is told apart by its order in the file."""
    pages = mt940([ONE], sequence="00231/001") + b"\r\n" + mt940([TWO], opening="1010.00", sequence="00231/002")
    assert [one.sequence for one in let(pages)] == ["00231/001", "00231/002"]
    [more] = let(mt940([ONE], opening="1006.00", sequence="00232/001"))
    assert (more.warnings, more.lines.get().nth) == ([], 2)
    assert "the same number" in refused(pages + b"\r\n")
    all_is_well()


def test_pages_of_a_camt_under_one_number():
    first, second = camt([ONE], on=BEFORE), camt([TWO], on=BEFORE, opening="1010.00")
    inside = second[second.index(b"<Stmt>") : second.index(b"</BkToCstmrStmt>")]
    assert [one.sequence for one in let(first.replace(b"</BkToCstmrStmt>", inside + b"</BkToCstmrStmt>"))] == [
        "231",
        "231/2",
    ]
    twice = camt([ONE], ident="R7", sequence="240", opening="1006.00")
    inside = twice[twice.index(b"<Stmt>") : twice.index(b"</BkToCstmrStmt>")]
    assert "1 of its 1 lines is here already" in refused(
        twice.replace(b"</BkToCstmrStmt>", inside + b"</BkToCstmrStmt>")
    )
    all_is_well()


@pytest.mark.parametrize(
    "account", ["30006000011234567890189", "300060000112345678901", "30006/12345678901", "12345678901EUR"]
)
def test_our_account_as_mt940_writes_it(account):
    assert len(let(mt940([ONE], account=account))) == 1


def test_a_gap_is_said_and_let_in():
    let(camt([ONE], on=BEFORE))
    body = camt([TWO], opening="1500.00", ident="R9", sequence="239")
    [sentence] = warned(body)
    assert "One is missing" in sentence
    assert "1\u00a0010,00\u00a0€" in sentence
    [statement] = let(body)
    assert len(statement.warnings) == 1


def test_a_number_that_is_jumped_over_is_said():
    let(camt([ONE], on=BEFORE))
    [sentence] = warned(camt([TWO], opening="1010.00", ident="R9", sequence="239"))
    assert "Its number is 239, the one before has 231" in sentence
    assert warned(camt([TWO], opening="1010.00", ident="R2", sequence="232")) == []


def test_announced_entries_are_said():
    [sentence] = warned(camt([ONE, Said("5.00", status="PDNG")]))
    assert "1 entry is only announced" in sentence


def test_without_an_account_of_ours_nothing_is_let_in(settings):
    settings.BANK_IBAN = ""
    assert "BANK_IBAN" in refused(camt([ONE]))


def test_a_csv_with_balances_that_somebody_typed():
    profile = CsvProfile.objects.create(**PROFILE | {"balance": ""}, actor="staff:7", changed_at=NOW)
    body = csv([ONE, TWO])
    assert "first balance" in refused(body, Typed(profile))
    assert "do not lead" in refused(body, Typed(profile, Decimal("1000.00"), Decimal("1007.00")))
    [statement] = let(body, Typed(profile, Decimal("1000.00"), Decimal("1006.00")))
    assert statement.reading == {"profile": PROFILE["name"], "opening": "1000.00", "closing": "1006.00"}


def test_what_would_become_of_the_lines_is_what_becomes_of_them():
    add_rule(
        words="FRAIS CARTE",
        side="out",
        most=Decimal(20),
        key="BANK_FEES",
        valid_from=DAY,
        reason=WHY,
        actor=COLLEAGUE,
        at=NOW,
    )
    number = take().invoice.reference
    story = [
        Said("27.60", number, ref="BQ0001"),
        Said("-3.00", "FRAIS CARTE BLEUE"),
        Said("26.94", "STRIPE"),
        Said("5.00", "?"),
    ]
    seen = foresee(camt(story), Typed(), on=TODAY)
    assert [bool(seen.proposals[place]) and seen.proposals[place][0].automatic for place in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    lines = come(*story)
    assert [line.left for line in lines] == [0, 0, Decimal("26.94"), Decimal("5.00")]
    assert set(BankMatch.objects.values_list("automatic", flat=True)) == {True}
    all_is_well()


def test_a_rule_is_of_the_days_of_the_lines_not_of_the_day_on_which_they_come_in():
    """It lived from the 20th and ended on the 22nd: it means the lines of the 20th and the 21st, in the preview and in the books."""
    days = [DAY - timedelta(days=back) for back in (4, 3, 2, 1, 0)]
    facts = {"reason": WHY, "actor": COLLEAGUE, "at": NOW}
    kept = add_rule(
        words="FRAIS CARTE", side="out", most=Decimal(20), key="BANK_FEES", valid_from=days[1], **facts
    )  # fmt: skip
    end_rule(kept.pk, on=days[3], **facts)
    story = [Said("-3.00", "FRAIS CARTE BLEUE", on=day) for day in days]
    seen = foresee(camt(story), Typed(), on=TODAY)
    assert [bool(seen.proposals[place]) for place in range(5)] == [False, True, True, False, False]
    assert [line.left for line in come(*story)] == [Decimal("-3.00"), 0, 0, Decimal("-3.00"), Decimal("-3.00")]


@pytest.mark.long
def test_ten_thousand_lines_cost_no_more_statements_than_ten():
    add_rule(
        words="FRAIS CARTE",
        side="out",
        most=Decimal(20),
        key="BANK_FEES",
        valid_from=DAY,
        reason=WHY,
        actor=COLLEAGUE,
        at=NOW,
    )

    def cost(many: int, opening: str, ident: str) -> int:
        story = [
            Said("-3.00", "FRAIS CARTE BLEUE", ref=f"BQ{place}") if place % 2 else Said("5.00", "INCONNU")
            for place in range(many)
        ]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            come(*story, opening=opening, ident=ident, sequence="")
        return len(asked)

    few = cost(10, "1000.00", "A")
    many = cost(10_000, "1010.00", "B")
    assert BankLine.objects.count() == 10_010
    assert BankMatch.objects.count() == 5005
    assert many <= few + 25  # a few more batches of a thousand, nothing by line
    all_is_well()
