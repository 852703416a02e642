"""What becomes of the lines of a statement: by themselves, or by a person, and never twice."""

from __future__ import annotations

import pytest

from payments.bank.matching import standing
from payments.models import BankLine, BankReceipt, DeskItem
from subscriptions.bank.taking_in import Typed, let_in
from tests.bank.files import DAY, Said, camt
from tests.institutions.papers import COLLEAGUE, all_is_well, books, take
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
