"""Giving money back by transfer: what is owed to whom, to which account, who said yes, and when it left.

Each verb locks payment and transfer, checks again, moves by the table and leaves the letter to the floor above.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments import refunds
from payments.actors import Actor
from payments.desk import put_on_desk, take_off_desk
from payments.disputes import NO_REFUND, is_disputed
from payments.iban import check_iban
from payments.invoicing.issuing import vat_by_rate
from payments.invoicing.open_items import vat_returned
from payments.keys import new_reference
from payments.ledger import entries
from payments.ledger.posting import EntryDraft, post
from payments.models import BankReceipt, DeskItem, Invoice, Payment, Refund, Transfer, TransferEvent
from payments.money import amount_of, french
from payments.transfers.moving import LEFT, move
from payments.transfers.sepa_letters import plain

State = Transfer.State
KIND, CANCELLED, TWICE = "refund_by_transfer", "transfer_cancelled", "transfer_given_twice"
WHY = {
    Transfer.Because.FAILED: "le remboursement par Stripe n’a pas abouti",
    Transfer.Because.TOO_OLD: "prélèvement de plus de 180 jours",
    Transfer.Because.ESTATE: "à la succession",
    Transfer.Because.OFFLINE: "payé autrement que par Stripe",
}


class CannotTransfer(ValidationError):
    """The transfer cannot take this step now; the message is a sentence for staff or for the reader."""


def ask(
    *,
    payment: Payment | None,
    credit_note: Invoice | None,
    amount: Decimal,
    because: str,
    reason: str,
    actor: Actor,
    at: datetime,
    customer_id: int | None = None,
    refund: Refund | None = None,
    receipt: BankReceipt | None = None,
    follows: Transfer | None = None,
) -> Transfer:
    """Write down that an amount is owed by transfer, and put it on finance's desk; the account is asked for next.

    Runs in the caller's transaction, which has locked the payment. Raises NothingToRefund when less is left of it, or
    when this credit note is being given back already; the database refuses both as well.
    """
    living = Transfer.objects.exclude(state__in=(State.FAILED, State.CANCELLED))
    if living.filter(payment=payment, credit_note=credit_note, receipt=receipt).exists():
        raise refunds.NothingToRefund(credit_note.reference if credit_note else payment)
    if payment is not None and amount > refunds.left_of(payment):
        raise refunds.NothingToRefund(payment.reference)
    transfer = Transfer.objects.create(
        reference=new_reference("VIR"),
        payment=payment,
        credit_note=credit_note,
        receipt=receipt,
        refund=refund,
        follows=follows,
        customer_id=customer_id or (payment.customer_id if payment else None),
        amount=amount,
        because=because,
        reason=reason[:300],
        actor=str(actor),
        created_at=at,
        state_since=at,
    )
    TransferEvent.objects.create(
        transfer=transfer, from_state="", to_state=State.ASKED, actor=str(actor), reason=reason[:200], at=at
    )
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind=KIND,
        subject=transfer.subject,
        sentence=f"{french(amount)} à rendre par virement ({WHY[Transfer.Because(because)]}) : "
        f"{transfer.reference} attend un IBAN.",
        at=at,
    )
    if refund is not None:
        take_off_desk(
            kind="refund_failed", subject=f"refund:{refund.pk}", because=f"goes by transfer {transfer.reference}",
            actor=actor, at=at,
        )  # fmt: skip
    return transfer


def instead_of(refund: Refund, *, reason: str, actor: Actor, at: datetime) -> Transfer:
    """Give a refund that failed back by transfer. In the caller's transaction; locks the payment and the refund.

    Raises CannotTransfer with a sentence where it has not failed, or goes by transfer already.
    """
    payment = Payment.objects.select_for_update(no_key=True).get(pk=refund.payment_id)
    locked = Refund.objects.select_for_update(no_key=True).get(pk=refund.pk)
    if locked.state != Refund.State.FAILED:
        raise CannotTransfer(_("This refund has not failed: its money is on its way."), code="not_failed")
    if is_disputed([payment]):
        raise CannotTransfer(NO_REFUND, code="disputed")
    try:
        return ask(
            payment=payment,
            credit_note=locked.credit_note,
            amount=amount_of(locked.amount),
            because=Transfer.Because.FAILED,
            reason=reason,
            refund=locked,
            actor=actor,
            at=at,
        )
    except refunds.NothingToRefund:
        raise CannotTransfer(_("This money goes back by transfer already."), code="already") from None


def surplus_by_transfer(payment: Payment, *, actor: Actor, at: datetime) -> None:
    """Money that came by cheque or transfer and pays for nothing goes back by transfer, once. In the caller's transaction."""
    if payment.transfers.exists():
        return
    because, amount = Transfer.Because.OFFLINE, amount_of(payment.amount)
    ask(
        payment=payment, credit_note=None, amount=amount, because=because, reason="surplus", actor=actor, at=at
    )  # fmt: skip


def give_account(transfer_id: int, *, holder: str, iban: str, actor: Actor, at: datetime, reason: str = "") -> Transfer:
    """Write down the account to pay to; before the bank has the order it may be corrected, which wants a new yes.

    In the caller's transaction. Raises IbanRefused, or CannotTransfer with a sentence.
    """
    checked = check_iban(iban)
    name = " ".join(holder.split())[:70]
    if not plain(name, 70):  # the bank's file would name nobody, and be refused whole
        raise CannotTransfer(_("Please give the name of the account, as the bank writes it."), code="holder")
    transfer = locked(transfer_id)
    if transfer.state not in (State.ASKED, State.GIVEN, State.APPROVED) or transfer.file_id is not None:
        raise CannotTransfer(_("This transfer has left, or is not wanted any more: nothing was changed."), code="over")
    if (transfer.holder, transfer.iban) == (name, checked):
        return transfer
    transfer.holder, transfer.iban, transfer.iban_end = name, checked, checked[-4:]
    transfer.given_by, transfer.approved_by, transfer.alone_because = str(actor), "", ""
    move([transfer], State.GIVEN, actor=actor, at=at, reason=reason)
    return transfer


def approve(transfer_id: int, *, actor: Actor, at: datetime, reason: str, alone: bool = False, end: str) -> Transfer:
    """Say yes to one transfer. `end`: the last signs of the account as the approver saw them.

    Whoever wrote the account down does not approve it, unless `alone` says that nobody else is there: then the reason
    stands on the transfer for good. In the caller's transaction. Raises CannotTransfer with a sentence.
    """
    transfer = locked(transfer_id)
    if transfer.state != State.GIVEN or transfer.iban_end != end:
        raise CannotTransfer(_("The account has changed meanwhile. Please look again."), code="changed")
    if transfer.given_by == str(actor) and not alone:
        raise CannotTransfer(
            _("You wrote this account down yourself: a colleague of finance approves it."), code="four_eyes"
        )
    if transfer.payment is not None and is_disputed([transfer.payment]):
        raise CannotTransfer(NO_REFUND, code="disputed")
    transfer.approved_by = str(actor)
    transfer.alone_because = reason[:300] if transfer.given_by == str(actor) else ""
    move([transfer], State.APPROVED, actor=actor, at=at, reason=reason)
    return transfer


def cancel(transfer_id: int, *, actor: Actor, at: datetime, reason: str) -> Transfer:
    """It is not wanted any more; what stays owed goes back to finance's desk. Raises CannotTransfer once the bank has it."""
    transfer = locked(transfer_id)
    if transfer.state not in (State.ASKED, State.GIVEN, State.APPROVED) or transfer.file_id is not None:
        raise CannotTransfer(_("This transfer is in the hands of the bank: it cannot be cancelled."), code="sent")
    move([transfer], State.CANCELLED, actor=actor, at=at, reason=reason)
    take_off_desk(kind=KIND, subject=transfer.subject, because=reason, actor=actor, at=at)
    after_refund = transfer.refund_id is not None
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind="refund_failed" if after_refund else CANCELLED,
        subject=f"refund:{transfer.refund_id}" if after_refund else transfer.subject,
        sentence=f"Le virement {transfer.reference} est annulé : l’argent reste à rendre par un autre moyen.",
        at=at,
    )
    return transfer


def call_off(payment: Payment, *, reason: str, actor: Actor, at: datetime) -> None:
    """What was to leave for a locked payment is not wanted any more: its bank has given the money back. Nothing stays owed.

    One that is in the hands of our own bank cannot be called off: finance has to stop it, or to claim it back.
    """
    living = (State.ASKED, State.GIVEN, State.APPROVED)
    waiting = Transfer.objects.select_for_update(no_key=True).filter(payment=payment, state__in=living)
    for transfer in list(waiting.order_by("pk")):
        if transfer.file_id is None:
            move([transfer], State.CANCELLED, actor=actor, at=at, reason=reason)
            take_off_desk(kind=KIND, subject=transfer.subject, because=reason, actor=actor, at=at)
            continue
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind=TWICE,
            subject=transfer.subject,
            sentence=f"Le virement {transfer.reference} est dans un fichier pour notre banque, alors que celle du client lui a rendu "
            "la même somme : à arrêter, ou à réclamer.",
            at=at,
        )


def ask_again(transfer_id: int, *, actor: Actor, at: datetime, reason: str) -> Transfer:
    """What was cancelled is wanted after all: the same amount is asked for again, as one that follows it. Returns the new one.

    In the caller's transaction. Raises CannotTransfer: it was not cancelled, the money goes back another way by now, or
    the payment is disputed.
    """
    transfer = locked(transfer_id)
    if transfer.state != State.CANCELLED:
        raise CannotTransfer(_("This transfer was not cancelled."), code="not_cancelled")
    if transfer.payment is not None and is_disputed([transfer.payment]):
        raise CannotTransfer(NO_REFUND, code="disputed")
    if Transfer.objects.filter(follows=transfer).exists():
        raise CannotTransfer(_("This transfer was asked for again already."), code="again")
    try:
        anew = _the_same(transfer, actor=actor, at=at)
    except refunds.NothingToRefund:
        raise CannotTransfer(_("This money has gone back another way."), code="already") from None
    take_off_desk(kind=CANCELLED, subject=transfer.subject, because=reason, actor=actor, at=at)
    return anew


def _the_same(transfer: Transfer, *, actor: Actor, at: datetime) -> Transfer:
    return ask(
        payment=transfer.payment,
        credit_note=transfer.credit_note,
        amount=amount_of(transfer.amount),
        because=transfer.because,
        reason=transfer.reason,
        customer_id=transfer.customer_id,
        refund=transfer.refund,
        receipt=transfer.receipt,
        follows=transfer,
        actor=actor,
        at=at,
    )


def arrived(transfer_id: int, *, actor: Actor, at: datetime, reason: str) -> Transfer:
    """The bank's statement shows it. Raises CannotTransfer."""
    transfer = locked(transfer_id)
    if transfer.state != State.SENT:
        raise CannotTransfer(_("This transfer is not with the bank."), code="not_sent")
    move([transfer], State.DONE, actor=actor, at=at, reason=reason)
    return transfer


def came_back(transfer_id: int, *, on: date, actor: Actor, at: datetime, reason: str) -> Transfer | None:
    """The bank sent the money back: its entry is mirrored, and the same amount is asked for again. Returns the new one.

    None where the customer's bank has given it back meanwhile: that this one came back is booked all the same. Raises
    CannotTransfer.
    """
    transfer = locked(transfer_id)
    if transfer.state not in LEFT:
        raise CannotTransfer(_("This transfer is not with the bank."), code="not_sent")
    transfer.failure = reason[:200]
    move([transfer], State.FAILED, actor=actor, at=at, reason=reason)
    post([entries.transfer_failed(transfer, booked_on=on, vat_by_rate=_vat(transfer))], actor=actor, at=at)
    try:
        return _the_same(transfer, actor=actor, at=at)
    except refunds.NothingToRefund:
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind=TWICE,
            subject=transfer.subject,
            sentence=f"Le virement {transfer.reference} est revenu alors que la banque du client lui avait rendu la même somme : "
            "rien n’est plus à rendre, la perte inscrite au 654 est à reprendre.",
            at=at,
        )
        return None


def entry_of(transfer: Transfer) -> EntryDraft:
    """What a transfer that left writes in the books, on its day."""
    if transfer.sent_on is None:
        raise CannotTransfer(_("This transfer is not with the bank."), code="not_sent")
    return entries.transferred(transfer, booked_on=transfer.sent_on, vat_by_rate=_vat(transfer))


def locked(transfer_id: int) -> Transfer:
    """A transfer under its lock, the payment before it."""
    payment_id = Transfer.objects.values_list("payment_id", flat=True).get(pk=transfer_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id) if payment_id else None
    transfer = Transfer.objects.select_for_update(no_key=True).get(pk=transfer_id)
    transfer.payment = payment
    return transfer


def _vat(transfer: Transfer) -> dict[Decimal, Decimal]:
    note = transfer.credit_note
    if note is None:
        return {}
    if note.payment_id is None:
        return vat_returned(transfer)
    return vat_by_rate(list(note.lines.all()))
