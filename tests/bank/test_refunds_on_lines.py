"""Our own refunds by transfer on the bank's statement: sent, arrived, as one line or several, and come back."""

from __future__ import annotations

import pytest

from payments.bank.matching import standing
from payments.models import BankMatch, DeskItem, Transfer
from shop.watch.audit import breaches
from subscriptions.models import Notice
from tests.bank.coming import come
from tests.bank.files import DAY, Said
from tests.makers import NOW
from tests.support.transfers import approved, came_back, filed, given, sent

pytestmark = pytest.mark.django_db


def test_a_refund_that_nobody_marked_sent_is_sent_and_arrived():
    transfer = came_back()
    approved(given(transfer))
    filed()
    [line] = come(Said("-27.60", "REMBOURSEMENT", "ELODIE LEFEVRE", e2e=transfer.reference))
    transfer.refresh_from_db()
    assert (line.left, transfer.state, transfer.sent_on, transfer.iban) == (0, "done", DAY, "")
    assert [row.source for row in standing()] == [f"transfer:{transfer.pk}"]
    assert Notice.objects.filter(kind="transfer_sent").count() == 1
    assert breaches(NOW) == []


def test_one_that_was_marked_sent_has_arrived_and_is_booked_once():
    transfer = sent(came_back())
    [line] = come(Said("-27.60", f"REMBOURSEMENT {transfer.reference}"))
    transfer.refresh_from_db()
    assert (line.left, transfer.state) == (0, "done")
    assert breaches(NOW) == []


def test_a_file_that_the_bank_books_as_one_line():
    transfer = came_back()
    approved(given(transfer))
    file = filed()
    [line] = come(Said("-27.60", f"VIREMENTS EMIS {file.reference}-1"))
    transfer.refresh_from_db()
    assert (line.left, transfer.state) == (0, "done")
    assert breaches(NOW) == []


def test_one_that_comes_back_on_a_later_line_is_mirrored_and_asked_for_again():
    transfer = came_back()
    approved(given(transfer))
    filed()
    come(Said("-27.60", "REMBOURSEMENT", e2e=transfer.reference))
    [line] = come(
        Said("27.60", "RETOUR VIREMENT COMPTE CLOS", e2e=transfer.reference, reversal=True),
        opening="972.40", ident="R2", sequence="232",
    )  # fmt: skip
    transfer.refresh_from_db()
    assert (line.left, transfer.state, transfer.failure) == (0, "failed", "RETOUR VIREMENT COMPTE CLOS")
    assert list(BankMatch.objects.values_list("kind", "source").order_by("pk")) == [
        ("transfer", f"transfer:{transfer.pk}"), ("transfer_back", f"transfer_failed:{transfer.pk}"),
    ]  # fmt: skip
    assert Transfer.objects.get(follows=transfer).state == "asked"
    assert breaches(NOW) == []


@pytest.mark.parametrize("amount", ["-27.61", "-20.00"])
def test_another_amount_is_left_to_a_person(amount):
    transfer = sent(came_back())
    [line] = come(Said(amount, "REMBOURSEMENT", e2e=transfer.reference))
    transfer.refresh_from_db()
    assert (str(line.left), transfer.state) == (amount, "sent")
    assert DeskItem.objects.filter(kind="bank_line").exists()
    assert breaches(NOW) == []
