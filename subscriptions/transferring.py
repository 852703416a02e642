"""Refunds by transfer as the reader sees them: who is asked for an account, by which letter, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from payments.actors import Actor
from payments.desk import record_act, take_off_desk
from payments.ledger.posting import post
from payments.models import Refund, Transfer, TransferFile
from payments.transfers import giving_back
from payments.transfers.giving_back import CannotTransfer, entry_of
from payments.transfers.moving import LEFT, move
from subscriptions.models import Order
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.notices.whom import reader_by_now
from subscriptions.orders.names import person_name

State = Transfer.State


def ask_for_account(transfer: Transfer, *, at: datetime) -> bool:
    """Queue the letter that asks for an IBAN, in the caller's transaction; False where there is nobody to write to.

    Nobody writes to the dead: an estate is asked by a person.
    """
    if transfer.because == Transfer.Because.ESTATE:
        return False
    return _tell("transfer_account_wanted", transfer, at=at)


def after_failure(refunds: Sequence[Refund], *, actor: Actor, at: datetime) -> None:
    """Refunds that Stripe accepted and the bank sent back go by transfer; the reader is asked where to.

    What Stripe refused at once stays on finance's desk: it may have been given back already, or be disputed.
    """
    for refund in refunds:
        if refund.stripe_refund is None:
            continue
        try:
            with transaction.atomic():
                ask_for_account(giving_back.instead_of(refund, reason=refund.reason, actor=actor, at=at), at=at)
        except CannotTransfer:
            continue  # a dispute: it stays on finance's desk


@transaction.atomic
def begin(refund: Refund, *, reason: str, actor: Actor, at: datetime) -> Transfer:
    """Finance decides that a failed refund goes by transfer; the reader is asked. Raises CannotTransfer."""
    transfer = giving_back.instead_of(refund, reason=reason, actor=actor, at=at)
    ask_for_account(transfer, at=at)
    record_act("began a transfer", subject=transfer.subject, actor=actor, at=at, reason=reason)
    return transfer


@transaction.atomic
def ask_again(transfer_id: int, *, reason: str, actor: Actor, at: datetime) -> Transfer:
    """A cancelled transfer is wanted after all: the reader is asked for an account. Raises CannotTransfer."""
    anew = giving_back.ask_again(transfer_id, actor=actor, at=at, reason=reason)
    ask_for_account(anew, at=at)
    record_act("asked for a transfer again", subject=anew.subject, actor=actor, at=at, reason=reason)
    return anew


@transaction.atomic
def mark_sent(
    file: TransferFile, *, on: date, reason: str, actor: Actor, at: datetime, only: Sequence[int] | None = None
) -> list[Transfer]:
    """The bank carried the orders of a file out on day `on`: books, letters and desks follow. Safe to repeat.

    `only`: those of its transfers that a statement shows; of the others nothing is known yet. The credit notes' VAT becomes
    deductible on that day (docs/decisions/0002). Returns those that were marked now.
    """
    keys = Transfer.objects.filter(file=file, state=State.APPROVED).order_by("payment_id", "pk")
    if only is not None:
        keys = keys.filter(pk__in=only)
    locked = [giving_back.locked(key) for key in keys.values_list("pk", flat=True)]
    transfers = [one for one in locked if one.state == State.APPROVED and one.file_id == file.pk]
    for one in transfers:
        one.sent_on = on
    move(transfers, State.SENT, actor=actor, at=at, reason=reason)
    post([entry_of(one) for one in transfers], actor=actor, at=at)
    for one in transfers:
        take_off_desk(kind=giving_back.KIND, subject=one.subject, because="sent", actor=actor, at=at)
        _tell("transfer_sent", one, at=at)
    if transfers:
        record_act("marked transfers sent", subject=f"transfer_file:{file.pk}", actor=actor, at=at, reason=reason)
    return transfers


@transaction.atomic
def came_back(transfer_id: int, *, on: date, reason: str, actor: Actor, at: datetime) -> Transfer | None:
    """The bank sent a transfer back: the reader is asked for another account, unless nothing is owed any more; then None.

    Raises CannotTransfer.
    """
    anew = giving_back.came_back(transfer_id, on=on, actor=actor, at=at, reason=reason)
    if anew is not None:
        ask_for_account(anew, at=at)
    return anew


def has_left(refund: Refund) -> bool:
    """Whether a refund that failed has gone by transfer since."""
    return Transfer.objects.filter(refund=refund, state__in=LEFT).exists()


def has_left_for(reference: str) -> bool:
    """Whether what a declaration gives back left by transfer; `reference` is the declaration's, which its credit names."""
    return Transfer.objects.filter(credit_note__reason__contains=reference, state__in=LEFT).exists()


def _tell(kind: str, transfer: Transfer, *, at: datetime) -> bool:
    whom = _reader_of(transfer)
    if whom is None:
        return False
    key, email, name = whom
    queue(
        [
            NoticeDraft(
                kind=kind,
                matter=f"{kind}:transfer:{transfer.pk}",
                customer_id=key,
                to_email=email,
                to_name=name,
                facts={"transfer_id": transfer.pk},
                due_at=at,
                created_at=at,
            )
        ]
    )
    return True


def _reader_of(transfer: Transfer) -> tuple[int | None, str, str] | None:
    """Who is written to: the payer of the money, by e-mail or on paper, else whoever ordered; None where nobody is left."""
    customer = reader_by_now(transfer.customer_id)
    if customer is not None:
        return customer.pk, customer.email or "", customer.full_name
    subject = transfer.payment.subject if transfer.payment else ""
    kind, _colon, key = subject.partition(":")
    order = Order.objects.filter(pk=int(key)).first() if kind == "order" else None
    return (order.customer_id, order.email, person_name(order)) if order is not None and order.email else None
