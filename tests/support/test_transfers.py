"""A refund that Stripe cannot do goes by transfer: the reader is asked, two people agree, the books follow the bank."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from payments.audit import balance_of
from payments.documents import read
from payments.iban import IbanRefused, check_iban, masked
from payments.models import Act, DeskItem, Invoice, LedgerLine, Payment, Refund, Transfer, TransferEvent, TransferFile
from payments.refunds import NothingToRefund, apply, left_of
from payments.transfers import banking, giving_back
from payments.transfers.giving_back import CannotTransfer
from payments.transfers.moving import TRANSITIONS, NoSuchStep, move
from shop.customers.erasing import erase, outlook
from shop.customers.holdings import everything
from shop.customers.models import Customer
from shop.watch.audit import breaches
from subscriptions import transferring
from subscriptions.models import Notice, Order
from subscriptions.refunding import refund_in_full
from subscriptions.stopping.following_up import refunded
from subscriptions.stopping.reading import contract_of, standing_of
from subscriptions.stopping.terminating import end_now
from tests.makers import NOW, TODAY
from tests.races.crowd import together, troubles
from tests.renewals.people import subscriber
from tests.stopping.people import JOB, withdraws
from tests.support.test_giving_part import gives
from tests.support.transfers import FINANCE, SUPPORT, approved, came_back, filed, given, seen, sent

pytestmark = pytest.mark.django_db
PAIN = {"p": banking.NAMESPACE}
TABLE = {
    "asked": "given cancelled",
    "given": "given approved cancelled",
    "approved": "given sent cancelled",
    "sent": "done failed",
    "done": "failed",
    "failed": "",
    "cancelled": "",
}


@pytest.fixture(autouse=True)
def _own_account(settings):
    settings.BANK_IBAN, settings.BANK_BIC = "FR76 3000 6000 0112 3456 7890 189", "AGRIFRPP"


def booked(source):
    """What one entry moves, account by account."""
    lines = LedgerLine.objects.filter(entry__source=source)
    return {line.account_id: line.debit - line.credit for line in lines}


def told(transfer):
    return list(Notice.objects.filter(facts={"transfer_id": transfer.pk}).values_list("kind", flat=True).order_by("pk"))


@pytest.mark.parametrize("after", ["pending", "succeeded"])
def test_from_the_bank_that_sends_it_back_to_the_bank_that_carries_it_out(after):
    transfer = came_back(after=after)
    refund = Refund.objects.get()
    assert (transfer.amount, transfer.because, transfer.refund) == (refund.amount, "failed", refund)
    assert (transfer.state, told(transfer), left_of(refund.payment)) == (
        "asked", ["transfer_account_wanted"], Decimal("0.00"),
    )  # fmt: skip
    item = DeskItem.objects.get(closed_at=None)
    assert (item.desk, item.kind, item.subject) == ("finance", "refund_by_transfer", f"transfer:{transfer.pk}")
    assert balance_of("411000") == Decimal("-27.60"), "we owe it"
    assert breaches(NOW) == []
    given(transfer)
    approved(transfer)
    file = filed()
    assert (file.count, file.total.amount) == (1, Decimal("27.60"))
    assert balance_of("411000") == Decimal("-27.60"), "a file is not a payment"
    [left] = transferring.mark_sent(file, on=TODAY, reason="Relevé.", actor=FINANCE, at=NOW)
    assert (left.state, left.sent_on, told(transfer)) == (
        "sent", TODAY, ["transfer_account_wanted", "transfer_sent"],
    )  # fmt: skip
    assert booked(f"transfer:{transfer.pk}") == {
        "411000": Decimal("27.60"), "512000": Decimal("-27.60"), "445712": Decimal("0.57"), "445740": Decimal("-0.57"),
    }  # fmt: skip
    assert (balance_of("411000"), balance_of("445740"), balance_of("487100")) == (0, 0, 0)
    assert not DeskItem.objects.filter(closed_at=None).exists()
    assert transferring.mark_sent(file, on=TODAY, reason="Encore.", actor=FINANCE, at=NOW) == []
    assert LedgerLine.objects.filter(entry__source=f"transfer:{transfer.pk}").count() == 4
    assert breaches(NOW) == []
    with transaction.atomic():
        giving_back.arrived(transfer.pk, actor=FINANCE, at=NOW, reason="Relevé.")
    transfer.refresh_from_db()
    assert (transfer.state, transfer.iban, transfer.iban_end) == ("done", "", "2606")
    assert list(TransferEvent.objects.values_list("from_state", "to_state")) == [
        ("", "asked"), ("asked", "given"), ("given", "approved"), ("approved", "sent"), ("sent", "done"),
    ]  # fmt: skip
    assert breaches(NOW) == []


@pytest.mark.parametrize("arrived", [False, True])
def test_a_transfer_that_comes_back_is_mirrored_and_asked_for_again(arrived):
    transfer = sent(came_back())
    if arrived:
        with transaction.atomic():
            giving_back.arrived(transfer.pk, actor=FINANCE, at=NOW, reason="Relevé.")
    anew = transferring.came_back(transfer.pk, on=date(2026, 11, 25), reason="Compte clos.", actor=FINANCE, at=NOW)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.iban, transfer.failure) == ("failed", "", "Compte clos.")
    assert (anew.state, anew.follows, anew.amount, told(anew)) == (
        "asked", transfer, transfer.amount, ["transfer_account_wanted"],
    )  # fmt: skip
    assert booked(f"transfer_failed:{transfer.pk}") == {
        account: -amount for account, amount in booked(f"transfer:{transfer.pk}").items()
    }
    assert balance_of("411000") == Decimal("-27.60")
    assert breaches(NOW) == []
    with pytest.raises(CannotTransfer):
        transferring.came_back(transfer.pk, on=TODAY, reason="Encore.", actor=FINANCE, at=NOW)
    sent(anew)
    assert balance_of("411000") == 0
    assert breaches(NOW) == []


def test_what_stripe_refused_at_once_waits_for_finance():
    [given_back] = end_now(subscriber().pk, "moved", actor=JOB, at=NOW, reason="Partie au Chili.")
    refund = given_back.refund
    from payments import refunds

    refunds._move(refund.pk, Refund.State.FAILED, reason="charge_already_refunded", actor=JOB, at=NOW)
    assert (Transfer.objects.count(), DeskItem.objects.get(closed_at=None).kind) == (0, "refund_failed")
    transfer = transferring.begin(refund, reason="Vu chez Stripe.", actor=FINANCE, at=NOW)
    assert (told(transfer), DeskItem.objects.get(closed_at=None).kind) == (
        ["transfer_account_wanted"], "refund_by_transfer",
    )  # fmt: skip
    with pytest.raises(CannotTransfer) as refused:
        transferring.begin(refund, reason="Encore.", actor=FINANCE, at=NOW)
    assert refused.value.code == "already"


def test_a_refund_that_is_on_its_way_does_not_go_by_transfer():
    [given_back] = end_now(subscriber().pk, "moved", actor=JOB, at=NOW, reason="Partie au Chili.")
    with pytest.raises(CannotTransfer) as refused:
        transferring.begin(given_back.refund, reason="x", actor=FINANCE, at=NOW)
    assert refused.value.code == "not_failed"


@pytest.mark.parametrize("when", ["before", "after"])
def test_nothing_is_given_back_while_the_bank_disputes_the_payment(when):
    [given_back] = end_now(subscriber().pk, "moved", actor=JOB, at=NOW, reason="Partie au Chili.")
    dispute = {
        "desk": "finance", "kind": "charge.dispute.created", "sentence": "…", "opened_at": NOW,
        "subject": f"payment:{given_back.refund.payment_id}",
    }  # fmt: skip
    if when == "before":
        DeskItem.objects.create(**dispute)
    apply(seen(given_back.refund, "failed"), refund_id=given_back.refund.pk, actor=JOB, at=NOW)
    if when == "before":
        assert not Transfer.objects.exists()
        return
    transfer = given(Transfer.objects.get())
    DeskItem.objects.create(**dispute)
    with pytest.raises(CannotTransfer) as refused:
        approved(transfer)
    assert refused.value.code == "disputed"


def test_a_dispute_after_the_yes_keeps_a_transfer_out_of_the_file():
    transfer = approved(given(came_back()))
    dispute = DeskItem.objects.create(
        desk="finance",
        kind="charge.dispute.created",
        sentence="…",
        opened_at=NOW,
        subject=f"payment:{transfer.payment_id}",
    )
    with pytest.raises(CannotTransfer) as refused:
        filed()
    assert refused.value.code == "nothing"
    dispute.closed_at, dispute.closed_by, dispute.closed_because = NOW, str(FINANCE), "gagné"
    dispute.save()
    assert filed().count == 1


def test_a_withdrawal_given_back_by_transfer_is_given_back():
    declared = withdraws(subscriber())
    apply(seen(declared.refund, "failed"), refund_id=declared.refund_id, actor=JOB, at=NOW)
    declared.refresh_from_db()
    assert not refunded(declared)
    sent(Transfer.objects.get())
    assert refunded(declared)


def test_an_old_debit_ended_on_a_ground_is_given_back_by_transfer_and_its_declaration_knows():
    subscription = subscriber(kind="sepa_debit")
    at = NOW + timedelta(days=181)
    [given_back] = end_now(subscription.pk, "moved", actor=JOB, at=at, reason="Partie au Chili.")
    transfer = Transfer.objects.get()
    assert (given_back.refund, transfer.because, told(transfer)) == (None, "too_old", ["transfer_account_wanted"])


def test_whoever_has_no_e_mail_is_asked_for_an_account_on_paper():
    subscription = subscriber()
    Customer.objects.filter(pk=subscription.payer_id).update(email=None)
    end_now(subscription.pk, "moved", actor=JOB, at=NOW, reason="Partie au Chili.")
    apply(seen(Refund.objects.get(), "failed"), refund_id=Refund.objects.get().pk, actor=JOB, at=NOW)
    letter = Notice.objects.get(kind="transfer_account_wanted")
    assert (letter.channel, letter.customer) == ("paper", subscription.payer)


def test_whoever_was_merged_into_another_record_is_written_to_under_that_one():
    transfer = came_back()
    kept = Customer.objects.create(email="kept@example.fr", first_name="Élodie", last_name="Lefèvre", created_at=NOW)
    gone = transfer.customer
    Customer.objects.filter(pk=gone.pk).update(email=None, is_active=False, merged_into=kept)
    sent(transfer)
    letter = Notice.objects.get(kind="transfer_sent")
    assert (letter.customer, letter.to_email) == (kept, "kept@example.fr")


def test_what_goes_by_transfer_is_not_promised_again():
    subscription = subscriber()
    refund = gives(subscription, copies=1)
    apply(seen(refund, "failed"), refund_id=refund.pk, actor=JOB, at=NOW)
    assert Transfer.objects.get().amount.amount == Decimal("6.90")
    assert standing_of(contract_of(subscription=subscription.pk), on=TODAY).paid == Decimal("20.70")


def test_a_name_of_which_the_bank_could_read_nothing_is_asked_for_again():
    with pytest.raises(CannotTransfer) as refused:
        given(came_back(), holder="李小龍")
    assert refused.value.code == "holder"


# --- two pairs of eyes ---


def test_whoever_wrote_the_account_down_does_not_approve_it():
    transfer = given(came_back(), actor=FINANCE)
    with pytest.raises(CannotTransfer) as refused:
        approved(transfer, actor=FINANCE)
    assert refused.value.code == "four_eyes"
    assert approved(transfer, actor=SUPPORT).approved_by == str(SUPPORT)


def test_alone_leaves_a_reason_and_the_database_wants_it():
    transfer = given(came_back(), actor=FINANCE)
    done = approved(transfer, actor=FINANCE, alone=True)
    assert (done.state, done.alone_because) == ("approved", "Vérifié.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.update(alone_because="")


def test_a_corrected_account_wants_a_new_yes():
    transfer = came_back()
    approved(given(transfer))
    again = given(transfer, iban="DE89370400440532013000")
    assert (again.state, again.approved_by, again.iban_end) == ("given", "", "3000")
    with pytest.raises(CannotTransfer) as refused:
        approved(transfer)
    assert refused.value.code == "changed", "the approver saw another account"


def test_in_the_hands_of_the_bank_nothing_is_corrected_or_cancelled():
    transfer = came_back()
    approved(given(transfer))
    file = filed()
    with transaction.atomic(), pytest.raises(CannotTransfer):
        giving_back.cancel(transfer.pk, actor=FINANCE, at=NOW, reason="Trop tard.")
    with pytest.raises(CannotTransfer):
        given(transfer, iban="DE89370400440532013000")
    assert banking.discard_file(file, reason="Jamais remis.", actor=FINANCE, at=NOW) == 1
    assert given(transfer, iban="DE89370400440532013000").state == "given"
    assert transferring.mark_sent(file, on=TODAY, reason="x", actor=FINANCE, at=NOW) == []


def test_a_cancelled_transfer_that_no_refund_preceded_leaves_the_debt_on_the_desk():
    end_now(
        subscriber(kind="sepa_debit").pk, "moved", actor=JOB, at=NOW + timedelta(days=181), reason="Partie au Chili."
    )
    transfer = Transfer.objects.get()
    with transaction.atomic():
        giving_back.cancel(transfer.pk, actor=FINANCE, at=NOW, reason="Mauvais compte.")
    item = DeskItem.objects.get(closed_at=None)
    assert (item.kind, item.subject) == ("transfer_cancelled", f"transfer:{transfer.pk}")


def test_a_cancelled_transfer_leaves_the_debt_on_the_desk():
    transfer = came_back()
    with transaction.atomic():
        giving_back.cancel(transfer.pk, actor=FINANCE, at=NOW, reason="Rendu par chèque.")
    assert DeskItem.objects.get(closed_at=None).kind == "refund_failed"
    assert left_of(Payment.objects.get()) == Decimal("27.60")
    anew = transferring.begin(Refund.objects.get(), reason="Finalement.", actor=FINANCE, at=NOW)
    assert anew.pk != transfer.pk


def test_what_was_cancelled_is_asked_for_again_once():
    """Also where no refund preceded it, so that nothing but the transfer can give the money back."""
    end_now(
        subscriber(kind="sepa_debit").pk, "moved", actor=JOB, at=NOW + timedelta(days=181), reason="Partie au Chili."
    )
    transfer = Transfer.objects.get()
    with pytest.raises(CannotTransfer) as refused:
        transferring.ask_again(transfer.pk, reason="Quand même.", actor=FINANCE, at=NOW)
    assert refused.value.code == "not_cancelled"
    with transaction.atomic():
        giving_back.cancel(transfer.pk, actor=FINANCE, at=NOW, reason="Mauvais compte.")
    anew = transferring.ask_again(transfer.pk, reason="Quand même.", actor=FINANCE, at=NOW)
    assert (anew.state, anew.amount, anew.credit_note, anew.follows) == (
        "asked", transfer.amount, transfer.credit_note, transfer,
    )  # fmt: skip
    assert [(one.kind, one.subject) for one in DeskItem.objects.filter(closed_at=None)] == [
        ("refund_by_transfer", f"transfer:{anew.pk}")
    ]
    assert Notice.objects.filter(kind="transfer_account_wanted").count() == 2
    with pytest.raises(CannotTransfer) as refused:
        transferring.ask_again(transfer.pk, reason="Quand même.", actor=FINANCE, at=NOW)
    assert refused.value.code == "again"


@pytest.mark.parametrize(("days", "way"), [(180, "stripe"), (181, "transfer")])
def test_an_order_whose_debit_is_too_old_for_stripe_is_given_back_by_transfer_at_once(days, way):
    subscriber(kind="sepa_debit")
    refund = refund_in_full(Order.objects.get(), reason="Demande.", actor=FINANCE, at=NOW + timedelta(days=days))
    assert (refund is None, Refund.objects.count(), Transfer.objects.count()) == (
        (True, 0, 1) if way == "transfer" else (False, 1, 0)
    )
    if refund is None:
        asked = Transfer.objects.get()
        assert (asked.because, asked.amount.amount) == ("too_old", Decimal("27.60"))
        assert Notice.objects.filter(kind="transfer_account_wanted").count() == 1


# --- the file ---


def test_the_file_for_the_bank_is_a_pain_001_with_every_order_once(settings):
    transfer = came_back()
    approved(given(transfer, holder="Mme Élodie Lefèvre-Œuvrard & fils"))
    file = filed()
    whole = ET.fromstring(read(file.orders_id))
    assert whole.tag == f"{{{banking.NAMESPACE}}}Document"

    def at(path):
        return [element.text for element in whole.findall(path, PAIN)]

    head, info = "p:CstmrCdtTrfInitn/p:GrpHdr/", "p:CstmrCdtTrfInitn/p:PmtInf/"
    order = info + "p:CdtTrfTxInf/"
    assert at(head + "p:MsgId") == [file.reference]
    assert at(head + "p:NbOfTxs") == at(info + "p:NbOfTxs") == ["1"]
    assert at(head + "p:CtrlSum") == at(info + "p:CtrlSum") == ["27.60"]
    assert at(head + "p:CreDtTm") == ["2026-11-23T10:00:00"]
    assert at(info + "p:PmtMtd") == ["TRF"]
    assert at(info + "p:PmtTpInf/p:SvcLvl/p:Cd") == ["SEPA"]
    assert at(info + "p:ReqdExctnDt/p:Dt") == ["2026-11-23"]
    assert at(info + "p:DbtrAcct/p:Id/p:IBAN") == ["FR7630006000011234567890189"]
    assert at(info + "p:DbtrAgt/p:FinInstnId/p:BICFI") == ["AGRIFRPP"]
    assert at(info + "p:ChrgBr") == ["SLEV"]
    assert at(order + "p:PmtId/p:EndToEndId") == [transfer.reference]
    assert at(order + "p:Amt/p:InstdAmt") == ["27.60"]
    assert whole.find(order + "p:Amt/p:InstdAmt", PAIN).get("Ccy") == "EUR"
    assert at(order + "p:Cdtr/p:Nm") == ["Mme Elodie Lefevre-OEuvrard fils"]
    assert at(order + "p:CdtrAcct/p:Id/p:IBAN") == ["FR1420041010050500013M02606"]
    assert all(len(text) <= 35 for text in at(order + "p:PmtId/p:EndToEndId") + at(head + "p:MsgId"))
    assert [element.tag.partition("}")[2] for element in whole.find(info.rstrip("/"), PAIN)] == [
        "PmtInfId", "PmtMtd", "NbOfTxs", "CtrlSum", "PmtTpInf", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt", "ChrgBr",
        "CdtTrfTxInf",
    ]  # fmt: skip
    rows = read(file.reading_id).decode("utf-8-sig").splitlines()
    assert rows[1].split(";")[2:6] == [
        transfer.reference, "Mme Elodie Lefevre-OEuvrard fils", "FR1420041010050500013M02606", "27,60",
    ]  # fmt: skip


def test_without_bic_the_bank_is_told_so_and_without_iban_there_is_no_file(settings):
    approved(given(came_back()))
    settings.BANK_BIC = ""
    assert b"<Othr>" in read(filed().orders_id)
    for iban in ("", "FR76", "FR7630006000011234567890180"):
        settings.BANK_IBAN = iban
        with pytest.raises(CannotTransfer):
            filed()


def test_nothing_goes_into_two_files():
    approved(given(came_back()))
    filed()
    with pytest.raises(CannotTransfer) as refused:
        filed()
    assert refused.value.code == "nothing"


@pytest.mark.parametrize("holder", ["=HYPERLINK(1)", "+33", "-2", "@x"])
def test_a_name_is_never_a_formula(holder):
    approved(given(came_back(), holder=holder))
    name = read(filed().reading_id).decode("utf-8-sig").splitlines()[1].split(";")[3]
    assert name[:1] not in "=+-@"


def test_the_list_says_in_french_why_each_goes_by_transfer():
    approved(given(came_back()))
    rows = read(filed().reading_id).decode("utf-8-sig").splitlines()
    assert rows[1].split(";")[-1] == "le remboursement par Stripe n’a pas abouti"


@pytest.mark.parametrize("words", ["=1+1", "+33", "-2", "@x", "\t=1+1"])
def test_a_reason_is_never_a_formula(monkeypatch, words):
    monkeypatch.setitem(banking.WHY, Transfer.Because.FAILED, words)
    approved(given(came_back()))
    assert read(filed().reading_id).decode("utf-8-sig").splitlines()[1].split(";")[-1][:1] not in "=+-@\t"


# --- accounts ---


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("fr14 2004 1010 0505 0001 3m02 606", "FR1420041010050500013M02606"),
        ("FR14-2004-1010-0505-0001-3M02-606", "FR1420041010050500013M02606"),
        ("DE89370400440532013000", "DE89370400440532013000"),
        ("BE62510007547061", "BE62510007547061"),
    ],
)
def test_an_iban_is_kept_bare(typed, kept):
    assert check_iban(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "FR7", "FR1420041010050500013M02607", "FR142004101005050001", "DE8937040044053201300", "XX00", "４２"]
)
def test_what_is_no_iban_is_refused_and_not_repeated(typed):
    with pytest.raises(IbanRefused) as refused:
        check_iban(typed)
    assert not typed or typed not in str(refused.value)


def test_outside_sepa_we_cannot_pay():
    with pytest.raises(IbanRefused) as refused:
        check_iban("BR1500000000000010932840814P2")
    assert refused.value.code == "not_sepa"
    assert masked("2606") == "•••• 2606"


def test_no_iban_is_ever_logged(caplog, capfd):
    sent(came_back())
    said = caplog.text + "".join(capfd.readouterr())
    assert "transfer_moved" in said
    assert "FR1420041010050500013M02606" not in said.replace(" ", "")
    acts = [f"{act.reason} {act.facts}" for act in Act.objects.all()]
    assert not any("FR14" in text for text in acts)


# --- the table, and what the database refuses ---


@pytest.mark.parametrize(
    ("came", "to", "goes"), [(c, t, t in allowed.split()) for (c, allowed), t in product(TABLE.items(), TABLE)]
)
def test_every_row_of_the_table(came, to, goes):
    assert (to in TRANSITIONS[came]) is goes
    if not goes:
        with pytest.raises(NoSuchStep):
            move([Transfer(reference="VIR-X", state=came)], to, actor=JOB, at=NOW)
    assert set(TABLE) == set(Transfer.State)


def test_one_living_transfer_for_one_credit_note():
    transfer = came_back()
    with pytest.raises(NothingToRefund):
        giving_back.ask(
            payment=transfer.payment, credit_note=transfer.credit_note, amount=Decimal("27.60"), because="failed",
            reason="x", actor=JOB, at=NOW,
        )  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE payments_transfer SET amount = 1",
        "DELETE FROM payments_transfer",
        "UPDATE payments_transferevent SET reason = 'x'",
        "DELETE FROM payments_transferfile",
        "UPDATE payments_refundlimit SET amount = 1000",
    ],
)
def test_evidence_stays(sql):
    sent(came_back())
    with (
        pytest.raises(Exception, match=r"evidence|refused|denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_what_was_paid_elsewhere_is_given_back_from_the_bank_as_well():
    """An invoice without a payment of Stripe's: its credit note is the debt."""
    transfer = came_back()
    note = Invoice.objects.get(kind="credit_note")
    with transaction.atomic():
        giving_back.cancel(transfer.pk, actor=FINANCE, at=NOW, reason="x")
        other = giving_back.ask(
            payment=None, credit_note=note, amount=Decimal("27.60"), because="offline", reason="Payée par virement.",
            customer_id=note.customer_id, actor=JOB, at=NOW,
        )  # fmt: skip
    sent(other)
    assert booked(f"transfer:{other.pk}")["411000"] == Decimal("27.60")
    assert told(other) == ["transfer_sent"]


@pytest.mark.django_db(transaction=True)
def test_two_files_made_at_once_hold_each_order_once():
    approved(given(came_back()))
    done = together([filed] * 4)
    assert [one for one in done if isinstance(one, TransferFile)] == list(TransferFile.objects.all())
    assert {type(one) for one in troubles(done)} == {CannotTransfer}
    file = TransferFile.objects.get()

    def mark():
        return len(transferring.mark_sent(file, on=TODAY, reason="Relevé.", actor=FINANCE, at=NOW))

    assert sorted(together([mark] * 4)) == [0, 0, 0, 1]
    assert Notice.objects.filter(kind="transfer_sent").count() == 1
    assert breaches(NOW) == []


def test_erasure_waits_for_the_money_and_then_takes_the_name_of_the_account():
    transfer = came_back()
    reader = transfer.customer
    assert outlook(reader).waits_because
    sent(transfer)
    with transaction.atomic():
        giving_back.arrived(transfer.pk, actor=FINANCE, at=NOW, reason="Relevé.")
    [held] = everything(reader, at=NOW)["transfers"]
    assert (held["state"], held["holder"], held["iban"]) == ("done", "Élodie Lefèvre", "•••• 2606")
    assert erase(reader, actor=JOB, at=NOW, reason="Demande.")
    transfer.refresh_from_db()
    assert (transfer.holder, transfer.iban_end) == ("", "")


def test_errors_are_sentences():
    with pytest.raises(ValidationError):
        given(came_back(), holder="   ")
