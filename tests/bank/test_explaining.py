"""What becomes of the lines of a statement: by themselves, or by a person, and never twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from payments import audit
from payments.audit import balance_of
from payments.bank.matching import CannotExplain, Part, explain, lock_lines, standing
from payments.bank.payouts import is_payout, lines_waiting_for_payouts
from payments.bank.rules import CannotRule, add_rule, end_rule
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Account, AccountMap, BankLine, BankMatch, BankReceipt, DeskItem, LedgerEntry
from payments.receipts import CannotReceive
from subscriptions.bank.explaining import accept, book_on, not_ours, pay_invoices, take_back
from tests.bank.coming import WHY, come, offered
from tests.bank.files import DAY, Said
from tests.institutions.papers import COLLEAGUE, all_is_well, books, take, transfer
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]
ACT = {"reason": WHY, "actor": COLLEAGUE, "at": NOW}


def rule(words: str = "FRAIS TENUE COMPTE", *, key: str = "BANK_FEES", side: str = "out", most: str = "50.00"):
    return add_rule(words=words, side=side, most=Decimal(most), key=key, valid_from=DAY - timedelta(days=30), **ACT)


def test_a_transfer_that_names_its_invoice_pays_it():
    invoice = take().invoice
    [line] = come(Said("27.60", f"FACTURE {invoice.reference.replace('-', ' ')}", "TRESORERIE LYON", ref="BQ1"))
    assert line.left == 0
    receipt = BankReceipt.objects.get()
    assert (receipt.bank_reference, receipt.received_on, str(receipt.amount.amount)) == ("BQ1", DAY, "27.60")
    [match] = standing()
    assert (match.automatic, match.source) == (True, f"receipt:{receipt.pk}")
    assert books() == {"512": "27.60", "4871": "-27.03", "44571": "-0.57"}
    assert not DeskItem.objects.filter(kind="bank_line").exists()
    all_is_well()


def test_one_transfer_pays_several_invoices_to_the_cent():
    first, second = take(), take(number="4500012346")
    [line] = come(Said("55.20", f"{second.invoice.reference} ET\n{first.invoice.reference}", "PRENAX"))
    assert line.left == 0
    assert BankReceipt.objects.get().shares.count() == 2
    for ordered in (first, second):
        ordered.order.refresh_from_db()
        assert ordered.order.state == "paid"
    all_is_well()


@pytest.mark.parametrize(
    ("text", "name", "amount", "seen"),
    [
        ("FACTURE {tail}", "X", "27.60", [(4, "number_no_year", "amount")]),
        ("{year}-{tail}", "X", "27.60", [(4, "number_no_year", "amount")]),
        ("F{year}-{short}", "X", "27.60", [(4, "number_zeros", "amount")]),
        ("F{year}-{short}", "UNIV LYON", "27.60", [(4, "number_zeros", "amount", "name")]),
        ("BC 4500012345", "X", "27.60", [(4, "engagement", "amount")]),
        ("E{year}-{tail}", "X", "27.60", [(5, "number_one_wrong", "amount")]),
        ("F{swapped}-{tail}", "X", "27.60", [(5, "number_swapped", "amount")]),
        ("ABONNEMENT", "TRESORERIE LYON", "27.60", [(6, "amount", "name")]),
        ("{number}", "X", "20.00", [(3, "number", "charges"), (3, "number", "part")]),
        ("{number}", "X", "27.10", [(3, "number", "charges"), (3, "number", "part")]),
        ("{number}", "X", "30.00", [(3, "number", "too_much")]),
        ("ABONNEMENT", "X", "27.60", []),
        ("ABONNEMENT", "TRESORERIE LYON", "27.61", []),
        ("F{year}-{short}", "UNIV LYON", "27.61", []),
        ("F{year}-999999", "X", "27.60", []),
    ],
)
def test_near_misses_are_proposed_by_rank_with_their_reasons_and_never_booked(text, name, amount, seen):
    number = take().invoice.reference
    year, tail = number[1:5], number[6:]
    said = text.format(
        number=number, year=year, tail=tail, short=str(int(tail)), swapped=f"{year[0]}{year[2]}{year[1]}{year[3]}"
    )
    [line] = come(Said(amount, said, name, ref="BQ1"))
    assert [(one.rank, *(why["code"] for why in one.because)) for one in offered(line)] == seen
    assert not any(one.automatic for one in offered(line))
    assert (line.left, BankReceipt.objects.count()) == (Decimal(amount), 0)
    assert DeskItem.objects.get(kind="bank_line").subject == line.subject


def test_a_proposal_is_accepted_once():
    number = take().invoice.reference
    [line] = come(Said("27.60", f"F{number[1:5]}-{int(number[6:])}", "UNIV LYON", ref="BQ1"))
    [proposal] = offered(line)
    accept(line.pk, proposal.name, **ACT)
    with pytest.raises(CannotExplain):
        accept(line.pk, proposal.name, **ACT)
    line.refresh_from_db()
    assert (line.left, BankReceipt.objects.count()) == (0, 1)
    assert not DeskItem.objects.filter(kind="bank_line", closed_at=None).exists()
    all_is_well()


def test_two_transfers_of_one_day_under_one_reference_of_the_bank_are_both_explained():
    """« VIR SEPA » on both: each pays its invoice, by itself; said once more, each is still refused."""
    first, second = take(), take(number="4500012346")
    lines = come(*(Said("27.60", one.invoice.reference, ref="VIR SEPA") for one in (first, second)))
    assert [line.left for line in lines] == [0, 0]
    assert list(BankReceipt.objects.order_by("pk").values_list("bank_reference", flat=True)) == [
        "VIR SEPA",
        f"{lines[1].statement.reference}/2",
    ]
    third = take(number="4500012347").invoice.reference
    for line in lines:
        take_back(line.pk, **ACT)
        with pytest.raises(CannotReceive):
            pay_invoices(line.pk, [third], **ACT)
    all_is_well()


def test_charges_that_a_bank_kept_are_our_cost_and_the_invoice_is_paid():
    ordered = take()
    [line] = come(Said("27.10", ordered.invoice.reference, "UNIV LYON", ref="BQ1"))
    charges, _part = offered(line)
    accept(line.pk, charges.name, **ACT)
    ordered.order.refresh_from_db()
    assert ordered.order.state == "paid"
    assert books()["512"] == "27.10"
    assert balance_of("627000") == Decimal("0.50")
    assert [(row.kind, row.amount) for row in standing()] == [
        ("receipt", Decimal("27.60")),
        ("charges", Decimal("-0.50")),
    ]
    all_is_well()


def test_a_part_is_paid_and_the_rest_stays_open():
    ordered = take()
    [line] = come(Said("20.00", ordered.invoice.reference, "UNIV LYON", ref="BQ1"))
    _charges, part = offered(line)
    accept(line.pk, part.name, **ACT)
    assert books()["411"] == "7.60"
    [again] = come(
        Said("7.60", ordered.invoice.reference, "UNIV LYON", ref="BQ2"), opening="1020.00", ident="R2", sequence="232"
    )
    assert again.left == 0
    all_is_well()


def test_too_much_is_owed_back():
    ordered = take()
    [line] = come(Said("30.00", ordered.invoice.reference, "UNIV LYON", ref="BQ1"))
    accept(line.pk, offered(line)[0].name, **ACT)
    assert books()["4197"] == "-2.40"
    assert DeskItem.objects.filter(kind="receipt_surplus", closed_at=None).exists()
    all_is_well()


def test_two_lines_that_name_one_invoice_pay_it_once():
    invoice = take().invoice
    first, second = come(Said("27.60", invoice.reference, ref="BQ1"), Said("27.60", invoice.reference, ref="BQ2"))
    assert (first.left, second.left) == (0, Decimal("27.60"))
    assert BankReceipt.objects.count() == 1
    all_is_well()


def test_a_transfer_noted_by_hand_is_linked_and_not_booked_again():
    invoice = take().invoice
    receipt = transfer(invoice, "27.60", ref="VIR 0001", on=DAY)
    [line] = come(Said("27.60", invoice.reference, "TRESORERIE", ref="VIR0001"))
    assert line.left == 0
    assert [row.source for row in standing()] == [f"receipt:{receipt.pk}"]
    assert (BankReceipt.objects.count(), books()["512"]) == (1, "27.60")
    all_is_well()


def test_one_that_was_perhaps_noted_by_hand_is_left_to_a_person():
    """The number is exact and the amount is right, but the same amount was noted for that day with another reference."""
    noted, named = take().invoice, take(number="4500012346").invoice
    transfer(noted, "27.60", ref="AUTRE", on=DAY)
    [line] = come(Said("27.60", named.reference, ref="BQ1"))
    assert [(one.what, one.rank, one.automatic) for one in offered(line)] == [("noted", 2, False)]
    assert line.left == Decimal("27.60")
    pay_invoices(line.pk, [named.reference], **ACT)
    assert BankReceipt.objects.count() == 2
    all_is_well()


def test_the_banks_own_fees_by_a_rule():
    kept = rule()
    fee, large, other, back = come(
        Said("-12.50", "FRAIS DE TENUE DU COMPTE 11/2026"), Said("-60.00", "FRAIS TENUE COMPTE"), Said("-3.00", "FRAIS CARTE"),
        Said("12.50", "REMB FRAIS TENUE COMPTE"),
    )  # fmt: skip
    assert [line.left for line in (fee, large, other, back)] == [
        0,
        Decimal("-60.00"),
        Decimal("-3.00"),
        Decimal("12.50"),
    ]
    entry = LedgerEntry.objects.get(source=f"bank:{fee.pk}:1")
    assert (entry.journal, entry.received_on) == ("BQ", DAY)
    assert (balance_of("627000"), balance_of("512000")) == (Decimal("12.50"), Decimal("-12.50"))
    all_is_well()
    assert end_rule(kept.pk, on=DAY, **ACT)
    assert not end_rule(kept.pk, on=DAY, **ACT)
    [later] = come(Said("-12.50", "FRAIS TENUE COMPTE"), opening="937.00", ident="R2", sequence="232")
    assert later.left == Decimal("-12.50")


def test_a_rule_says_enough_and_once():
    rule()
    with pytest.raises(CannotRule):
        rule()
    with pytest.raises(CannotRule):
        rule("VIR")
    with pytest.raises(CannotRule):
        rule("COTISATION", key="AR")


def test_interest_goes_the_other_way():
    rule("INTERETS CREDITEURS", key="INTEREST_EARNED", side="in")
    [line] = come(Said("4.20", "INTERETS CREDITEURS 2026"))
    assert line.left == 0
    assert balance_of("768000") == Decimal("-4.20")
    all_is_well()


def test_what_looks_like_a_payout_waits_for_it_and_is_on_nobody_s_desk():
    rule("STRIPE PAYOUT", key="SUSPENSE", side="in", most="1000.00")
    line, other = come(Said("26.94", "STRIPE PAYOUT ABC", "Stripe Technology Europe"), Said("26.94", "VIREMENT", "X"))
    assert list(lines_waiting_for_payouts()) == [line]
    assert list(lines_waiting_for_payouts(amount=Decimal("26.94"), arrives_on=DAY - timedelta(days=4))) == [line]
    assert not lines_waiting_for_payouts(amount=Decimal("26.95")).exists()
    assert not lines_waiting_for_payouts(arrives_on=DAY - timedelta(days=5)).exists()
    assert list(DeskItem.objects.filter(kind="bank_line").values_list("subject", flat=True)) == [other.subject]
    match = is_payout(line.pk, source="payout_arrived:7", because=[{"code": "payout"}], **ACT)
    assert (match.amount, match.kind) == (Decimal("26.94"), "payout")
    with pytest.raises(CannotExplain):
        is_payout(line.pk, source="payout_arrived:8", because=[], **ACT)
    assert not lines_waiting_for_payouts().exists()


def test_stripe_is_a_word_and_silences_no_open_invoice():
    """« PINSTRIPE » is a firm; a line of whoever is called Stripe that names an invoice pays it, or waits in sight."""
    first, second = take().invoice.reference, take(number="4500012346").invoice.reference
    pin, exact, part, payout = come(
        Said("27.60", first, "EDITIONS PINSTRIPE", ref="BQ0001"), Said("27.60", second, "STRIPE SAS", ref="BQ0002"),
        Said("20.00", first, "STRIPE SAS"), Said("26.94", "VIR STRIPE1234567"),
    )  # fmt: skip
    assert [line.left for line in (pin, exact, part, payout)] == [0, 0, 20, Decimal("26.94")]
    assert list(lines_waiting_for_payouts()) == [part, payout]
    third = take(number="4500012347").invoice.reference
    [short] = come(
        Said("20.00", third, "STRIPE SAS"), opening="1102.14", ident="R2", sequence="232"
    )  # fmt: skip
    assert [one.what for one in offered(short)] == ["charges", "invoices"]
    assert short.subject in set(
        DeskItem.objects.filter(kind="bank_line", closed_at=None).values_list("subject", flat=True)
    )
    all_is_well()


def test_money_sent_to_stripe_is_said_by_a_person_and_never_comes_from_there():
    """−40,00 € that fill Stripe's balance wait on 580 for Stripe's own line; what comes in is a payout, or something else."""
    out, back = come(Said("-40.00", "VIR STRIPE ALIMENTATION"), Said("26.94", "STRIPE"))
    book_on(out.pk, "TRANSIT", **ACT)
    assert (balance_of("580000"), balance_of("512000")) == (40, -40)
    with pytest.raises(CannotExplain):
        book_on(back.pk, "TRANSIT", **ACT)
    with pytest.raises(CannotRule):
        rule("STRIPE ALIMENTATION", key="TRANSIT")
    assert [found for check in audit.CHECKS["PAYOUT"] for found in check(NOW)] == []
    take_back(out.pk, **ACT)
    assert (balance_of("580000"), balance_of("512000")) == (0, 0)
    all_is_well()


def test_undone_by_a_further_row_and_its_mirror():
    [line] = come(Said("-12.50", "FRAIS CARTE"))
    book_on(line.pk, "BANK_FEES", **ACT)
    take_back(line.pk, **ACT)
    line.refresh_from_db()
    assert (line.left, balance_of("627000"), balance_of("512000")) == (Decimal("-12.50"), 0, 0)
    assert [row.amount for row in line.matches.all()] == [Decimal("-12.50"), Decimal("12.50")]
    assert DeskItem.objects.get(kind="bank_line", closed_at=None).subject == line.subject
    all_is_well()
    with pytest.raises(CannotExplain):
        take_back(line.pk, **ACT)
    book_on(line.pk, "SUSPENSE", **ACT)
    not_left = BankLine.objects.get(pk=line.pk)
    assert (not_left.left, balance_of("471000"), balance_of("512000")) == (0, Decimal("12.50"), Decimal("-12.50"))
    all_is_well()


def test_what_was_booked_is_undone_on_its_own_account():
    """Finance has given the bank's fees another account since: the mirror empties the one that holds them."""
    [line] = come(Said("-12.50", "FRAIS CARTE"))
    book_on(line.pk, "BANK_FEES", **ACT)
    Account.objects.create(code="627500", label="Frais bancaires")
    AccountMap.objects.create(key="BANK_FEES", account_id="627500", valid_from=DAY)
    take_back(line.pk, **ACT)
    assert (balance_of("627000"), balance_of("627500"), balance_of("512000")) == (0, 0, 0)
    book_on(line.pk, "BANK_FEES", **ACT)
    assert (balance_of("627000"), balance_of("627500")) == (0, Decimal("12.50"))
    all_is_well()


def test_a_receipt_that_loses_its_line_stays_booked_and_finds_it_again():
    invoice = take().invoice
    [line] = come(Said("27.60", invoice.reference, ref="BQ0001"))
    receipt = BankReceipt.objects.get()
    take_back(line.pk, **ACT)
    assert DeskItem.objects.get(kind="off_statement").subject == f"receipt:{receipt.pk}"
    all_is_well()
    line.refresh_from_db()
    other = take(number="4500012346").invoice
    with pytest.raises(CannotReceive):  # this credit of the bank's is booked: once only
        pay_invoices(line.pk, [other.reference], **ACT)
    [proposal] = offered(line)
    assert (proposal.what, proposal.automatic) == ("noted", True)
    accept(line.pk, proposal.name, **ACT)
    assert not DeskItem.objects.filter(closed_at=None).exists()
    assert books()["512"] == "27.60"
    all_is_well()


def test_what_is_not_the_shop_s_is_explained_and_books_nothing():
    [line] = come(Said("-1500.00", "SALAIRES"))
    not_ours(line.pk, **ACT)
    line.refresh_from_db()
    assert line.left == 0
    assert not LedgerEntry.objects.filter(source__startswith="bank:").exists()
    with pytest.raises(CannotExplain):
        not_ours(line.pk, **ACT)
    all_is_well()


def test_no_more_of_a_line_than_it_is():
    [line] = come(Said("-12.50", "FRAIS"))
    for amount in ("-12.51", "0.01"):
        with pytest.raises(CannotExplain), transaction.atomic():
            explain({lock_lines([line.pk])[0]: [Part("booked", Decimal(amount), key="BANK_FEES")]}, **ACT)
    with pytest.raises(CannotExplain), transaction.atomic():
        explain({lock_lines([line.pk])[0]: [Part("booked", Decimal("-1.00"), key="AR")]}, **ACT)


def test_a_part_may_be_explained_and_the_remainder_stays_its_own_line():
    [line] = come(Said("-12.50", "FRAIS"))
    with transaction.atomic():
        explain({lock_lines([line.pk])[0]: [Part("booked", Decimal("-10.00"), key="BANK_FEES")]}, **ACT)
    line.refresh_from_db()
    assert line.left == Decimal("-2.50")
    not_ours(line.pk, **ACT)
    line.refresh_from_db()
    assert line.left == 0
    all_is_well()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ('UPDATE payments_bankline SET amount = amount + 1, "left" = "left" + 1', "permission denied|evidence|only"),
        ("DELETE FROM payments_bankmatch", "permission denied|evidence"),
        ("UPDATE payments_bankmatch SET reason = 'x'", "permission denied|evidence"),
        ("DELETE FROM payments_bankstatement", "permission denied|evidence"),
        ("UPDATE payments_bankstatement SET closing = 0", "permission denied|evidence"),
    ],
)
def test_statements_lines_and_matches_are_evidence(sql, words):
    [line] = come(Said("-12.50", "FRAIS"))
    not_ours(line.pk, **ACT)
    with pytest.raises(Exception, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_database_refuses_a_match_that_does_not_fit():
    [line] = come(Said("-12.50", "FRAIS"))
    facts = {"line": line, "kind": "not_ours", "actor": "staff:1", "reason": "x", "at": NOW}
    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        written_behind(**facts)


def written_behind(**facts: Any) -> None:
    """A match, and nothing is taken off what is left; looked at as at a commit."""
    BankMatch.objects.create(amount=Decimal("-12.50"), **facts)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_audit_names_what_was_changed_behind_its_back():
    [line] = come(Said("-12.50", "FRAIS"))
    book_on(line.pk, "BANK_FEES", **ACT)
    BankLine.objects.filter(pk=line.pk).update(left=Decimal("-1.00"))
    [(subject, sentence)] = [found for check in audit.CHECKS["PAYOUT"] for found in check(NOW)]
    assert (subject, sentence) == (f"bank_line:{line.pk}", "leaves -1.00 of -12.50, its matches say -12.50")
    BankLine.objects.filter(pk=line.pk).update(left=0)
    [check] = [one for one in audit.CHECKS["BALANCED"] if one.__name__ == "lines_booked"]
    assert list(check(NOW)) == []
    draft = entries.on_statement(
        line, key="BANK_FEES", amount=Decimal("-1.00"), source=f"bank:{line.pk}:9", booked_on=DAY
    )
    post([draft], actor=COLLEAGUE, at=NOW)
    [(subject, sentence)] = check(NOW)
    assert (subject, sentence) == (f"entry:bank:{line.pk}:9", "books -1.00 at the bank, its statements say 0.00")
