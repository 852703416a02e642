"""What becomes of the lines of a statement: by themselves, or by a person, and never twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.bank.known import known_for
from payments.bank.matching import CannotExplain, standing
from payments.bank.proposing import propose
from payments.bank.rules import add_rule
from payments.models import BankLine, BankReceipt, BankStatement, DeskItem
from subscriptions.bank.explaining import accept, book_on, not_ours, pay_invoices, take_back
from subscriptions.bank.taking_in import Typed, foresee, let_in
from tests.bank.files import DAY, Said, camt
from tests.institutions.papers import COLLEAGUE, all_is_well, books, take, transfer
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]
WHY = "relevé du jour"


def come(*lines: Said, **facts) -> list[BankLine]:
    """A statement with these lines is let in."""
    [statement] = let_in(camt(lines, **facts), Typed(), name="releve.xml", reason=WHY, actor=COLLEAGUE, at=NOW)
    return list(statement.lines.order_by("place"))


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
