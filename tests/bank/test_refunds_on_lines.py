"""Our own refunds by transfer on the bank's statement: sent, arrived, as one line or several, and come back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payments.audit import balance_of
from payments.bank.matching import CannotExplain, lock_lines, standing, undo
from payments.bank.payouts import is_payout
from payments.models import BankMatch, DeskItem, Transfer, TransferFile
from payments.refunds import apply
from shop.watch.audit import breaches
from subscriptions import transferring
from subscriptions.bank.explaining import accept, take_back
from subscriptions.models import Notice
from subscriptions.stopping.terminating import end_now
from tests.bank.coming import WHY, come, offered
from tests.bank.files import DAY, Said
from tests.makers import NOW
from tests.renewals.people import subscriber
from tests.stopping.people import JOB
from tests.support.transfers import FINANCE, approved, came_back, filed, given, seen, sent

pytestmark = pytest.mark.django_db
ACT = {"reason": WHY, "actor": FINANCE, "at": NOW}


def two_in_a_file() -> tuple[Transfer, Transfer, TransferFile]:
    """Élodie's refund of 27,60 € and Hugo's, approved, in one file."""
    first = came_back()
    [ended] = end_now(subscriber(email="hugo@exemple.fr").pk, "moved", actor=JOB, at=NOW, reason="Parti.")
    for status in ("pending", "failed"):
        apply(seen(ended.refund, status), refund_id=ended.refund.pk, actor=JOB, at=NOW)
    second = Transfer.objects.exclude(pk=first.pk).get()
    for one in (first, second):
        approved(given(one))
    return first, second, filed()


def states() -> list[str]:
    return list(Transfer.objects.order_by("pk").values_list("state", flat=True))


def test_a_line_of_one_refund_says_nothing_of_the_others_of_its_file():
    """The bank shows Élodie's only: Hugo's is approved as before, not booked, and nobody writes to him that it left."""
    first, second, file = two_in_a_file()
    [line] = come(Said("-27.60", "REMBOURSEMENT", e2e=first.reference))
    assert (line.left, states(), balance_of("512000")) == (0, ["done", "approved"], Decimal("-27.60"))
    assert list(Notice.objects.filter(kind="transfer_sent").values_list("facts__transfer_id", flat=True)) == [first.pk]
    assert DeskItem.objects.filter(kind="refund_by_transfer", subject=second.subject, closed_at=None).exists()
    assert breaches(NOW) == []
    [rest] = transferring.mark_sent(file, on=DAY, **ACT)
    assert (rest.pk, states(), balance_of("512000")) == (second.pk, ["done", "sent"], Decimal("-55.20"))
    assert breaches(NOW) == []


def test_a_file_of_which_the_bank_has_refused_one_is_the_rest():
    """Finance has noted that Hugo's came back: the line of −27,60 € is Élodie's, and no proposal that nobody can accept."""
    _first, second, file = two_in_a_file()
    transferring.mark_sent(file, on=DAY, **ACT)
    transferring.came_back(second.pk, on=DAY, **ACT)
    [line] = come(Said("-27.60", f"VIREMENTS EMIS {file.reference}-1"))
    assert (line.left, states()) == (0, ["done", "failed", "asked"])
    assert breaches(NOW) == []


def test_a_file_that_left_whole_and_of_which_one_was_noted_as_come_back():
    """The statement comes after the note: −55,20 € are both, and Hugo's 27,60 € that came in are what was noted."""
    _first, second, file = two_in_a_file()
    transferring.mark_sent(file, on=DAY, **ACT)
    transferring.came_back(second.pk, on=DAY, **ACT)
    out, back = come(
        Said("-55.20", f"VIREMENTS EMIS {file.reference}-1"), Said("27.60", "RETOUR", e2e=second.reference)
    )
    assert (out.left, back.left, states(), balance_of("512000")) == (
        0,
        0,
        ["done", "failed", "asked"],
        Decimal("-27.60"),
    )
    assert breaches(NOW) == []


def test_a_line_that_was_undone_is_said_again_and_nothing_is_left_on_the_desk():
    """Both lines of a refund that came back are taken for something else by mistake: each is offered again, booked once."""
    transfer = came_back()
    approved(given(transfer))
    filed()
    [out] = come(Said("-27.60", "REMBOURSEMENT", e2e=transfer.reference))
    [back] = come(
        Said("27.60", "RETOUR COMPTE CLOS", e2e=transfer.reference), opening="972.40", ident="R2", sequence="232"
    )
    for line in (out, back):
        take_back(line.pk, **ACT)
        assert DeskItem.objects.filter(kind="off_statement", closed_at=None).count() == 1
        line.refresh_from_db()
        [proposal] = offered(line)
        accept(line.pk, proposal.name, **ACT)
        assert not DeskItem.objects.filter(kind="off_statement", closed_at=None).exists()
    assert (states(), balance_of("512000")) == (["failed", "asked"], 0)
    assert sorted(standing().values_list("source", flat=True)) == [
        f"transfer:{transfer.pk}", f"transfer_failed:{transfer.pk}",
    ]  # fmt: skip
    assert breaches(NOW) == []


def test_a_payout_is_not_undone():
    """What the page refuses is refused to whoever calls."""
    subscriber()
    [line] = come(Said("26.94", "STRIPE PAYOUT"))
    is_payout(line.pk, source="payout_arrived:7", because=[], **ACT)
    with pytest.raises(CannotExplain):
        undo(lock_lines([line.pk])[0], **ACT)


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
