"""What the checklist of a month finds, wherever finance has its accounts; and what a changed account takes along."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from payments.actors import job
from payments.audit import balance_of, vat
from payments.closing.checklist import Found, answers
from payments.closing.days import close_days
from payments.closing.periods import month_of
from payments.invoicing.issuing import issue
from payments.ledger.carrying_over import carry_over
from payments.models import (
    Account,
    AccountMap,
    BalanceMovement,
    DayClosing,
    Dispute,
    LedgerEntry,
    LedgerLine,
    Payment,
    Refund,
)
from tests.closing.conftest import at, book
from tests.closing.test_archive import invoice
from tests.letters.people import pay, place
from tests.makers import CLERK

OCTOBER = month_of(date(2026, 10, 1))
FIFTH, NOW = date(2026, 10, 5), at(date(2026, 11, 2))
NEW_YEAR = date(2027, 1, 1)


def remapped(key: str, code: str, *, since: date) -> None:
    Account.objects.get_or_create(code=code, defaults={"label": code})
    AccountMap.objects.create(key=key, account_id=code, valid_from=since)


def found_by(line: str) -> Found:
    return next(one.found for one in answers(OCTOBER, at=NOW) if one.line.key == line)


def test_the_checklist_reads_the_accounts_that_finance_gave(db):
    """VAT that waits on 4458, surplus on 4198 and Stripe on 467: all that law.md 6.2 leaves to the accountant."""
    for key, code in (("VAT_PENDING", "445800"), ("SURPLUS", "419800"), ("PSP", "467500")):
        remapped(key, code, since=date(2026, 1, 1))
    [unpaid] = issue([replace(invoice(1), supplied_on=FIFTH)], on=FIFTH, actor=CLERK, at=at(FIFTH))
    assert unpaid.total_vat.amount == Decimal("0.57")
    book("payment:1", on=FIFTH, credit="SURPLUS")
    close_days(actor=job("close-day"), at=NOW)
    assert found_by("vat") == Found(0, Decimal(0))
    assert found_by("suspense") == Found(1, Decimal("27.60"))
    assert DayClosing.objects.get(day=FIFTH).received == Decimal("27.60")
    assert list(vat(NOW)) == []


def movement(
    stripe_id: str, *, source: str, amount: str, fee: str = "0.00", payment: Payment | None = None
) -> BalanceMovement:
    return BalanceMovement.objects.create(
        stripe_id=stripe_id, kind="charge", source=source, amount=Decimal(amount), fee=Decimal(fee), payment=payment,
        net=Decimal(amount) - Decimal(fee), currency="eur", created=at(date(2026, 10, 6)), available_on=date(2026, 10, 8),
    )  # fmt: skip


def test_lines_of_refunds_and_disputes_and_fees_that_are_not_booked_stop_the_closing(db):
    payment = pay(place())
    Payment.objects.filter(pk=payment.pk).update(stripe_charge="ch_1")
    Refund.objects.create(
        reference="REM-1", payment=payment, amount="10.00", reason="x", actor="x", idempotency_key="k", stripe_refund="re_1",
        created_at=NOW, state_since=NOW,
    )  # fmt: skip
    Dispute.objects.create(
        stripe_dispute="du_1", payment=payment, amount="17.60", opened_at=NOW, state_since=NOW, looked_up_at=NOW
    )
    movement("txn_foreign", source="ch_foreign", amount="99.00")
    assert found_by("stripe") == Found(0, Decimal(0)), "another product's"
    movement("txn_refund", source="re_1", amount="-10.00")
    assert found_by("stripe") == Found(1, Decimal("-10.00"))
    movement("txn_dispute", source="du_1", amount="-17.60")
    assert found_by("stripe") == Found(2, Decimal("-27.60"))
    charged = movement("txn_charge", source="ch_1", amount="27.60", fee="0.66", payment=payment)
    assert found_by("stripe") == Found(3, Decimal("-26.94"))
    book(f"fee:{charged.pk}", on=date(2026, 10, 6), debit="FEES", credit="PSP", amount="0.66")
    assert found_by("stripe") == Found(2, Decimal("-27.60"))


# --- an account that is changed --------------------------------------------------------------------------------------


def balances(*accounts: str) -> list[str]:
    return [str(balance_of(account)) for account in accounts]


def carried(on: date, hour: int = 1) -> int:
    return carry_over(on=on, actor=job("close-day"), at=at(on, hour))


def test_a_surplus_booked_before_a_change_is_given_back_after_it(db):
    """Booked on 4197 in December, given back in January from 4198: both would stay open for ever."""
    book("payment:1", on=date(2026, 12, 20), credit="SURPLUS")
    remapped("SURPLUS", "419800", since=NEW_YEAR)
    assert carried(date(2026, 12, 31)) == 0, "not before its day"
    assert [carried(NEW_YEAR), carried(NEW_YEAR, 2)] == [1, 0]
    assert balances("419700", "419800") == ["0.00", "-27.60"]
    book("refund:1", on=date(2027, 1, 8), debit="SURPLUS", credit="PSP")
    assert balances("419700", "419800") == ["0.00", "0.00"]
    moved = LedgerEntry.objects.get(source__startswith="carried_over:419700:")
    assert (moved.journal, moved.booked_on, moved.label) == (
        "OD", NEW_YEAR, "Solde du compte 419700, repris par un autre compte",
    )  # fmt: skip


def test_a_cheque_held_before_a_change_is_banked_after_it(db):
    book("cheque:1", on=date(2026, 12, 20), debit="CHEQUES")
    remapped("CHEQUES", "511300", since=NEW_YEAR)
    assert carried(NEW_YEAR) == 1
    book("deposit:1", on=date(2027, 1, 8), debit="BANK", credit="CHEQUES")
    assert balances("511200", "511300", "512000") == ["0.00", "0.00", "27.60"]


def test_customers_keep_what_is_theirs_and_a_late_entry_follows(db):
    book("invoice:1", on=date(2026, 12, 20), debit="AR", credit="REV_PRINT", amount="55.20")
    book("payment:1", on=date(2026, 12, 21), party="C000013")
    remapped("AR", "411500", since=NEW_YEAR)
    assert carried(NEW_YEAR) == 1
    held = LedgerLine.objects.filter(account="411500").order_by("party").values_list("party", "debit", "credit")
    assert [(party, str(debit), str(credit)) for party, debit, credit in held] == [
        ("", "55.20", "0.00"), ("C000013", "0.00", "27.60"),
    ]  # fmt: skip
    assert balances("411000", "411500") == ["0.00", "27.60"]
    book("payment:2", on=date(2026, 12, 30), written=at(date(2027, 1, 3)))  # of before the change, on the old account
    assert balances("411000", "411500") == ["-27.60", "27.60"]
    assert carried(date(2027, 1, 4)) == 1
    assert balances("411000", "411500") == ["0.00", "0.00"]


@pytest.mark.parametrize(
    "changes",
    [
        [("REV_PRINT", "701200")],  # sales of the year stay where they were booked
        [("BANK", "512100")],  # another account at the bank is another balance
        [("SURPLUS", "419800"), ("TAKEN_OVER", "419700")],  # somebody still means it
    ],
)
def test_what_is_left_alone(db, changes):
    book("payment:1", on=date(2026, 12, 20), credit="SURPLUS")
    book("payment:2", on=date(2026, 12, 20), debit="BANK", credit="REV_PRINT")
    for key, code in changes:
        remapped(key, code, since=NEW_YEAR)
    assert carried(NEW_YEAR) == 0


def test_nothing_is_read_twice_for_nothing(db, django_assert_num_queries):
    book("payment:1", on=date(2026, 12, 20), credit="SURPLUS")
    with django_assert_num_queries(3) as seen:  # of which two are the savepoint's
        carry_over(on=NEW_YEAR, actor=CLERK, at=at(NEW_YEAR))
    assert len([one for one in seen.captured_queries if "payments_ledgerline" in one["sql"]]) == 1
