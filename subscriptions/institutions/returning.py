"""What a transfer brought too much of goes back by transfer; its payer is asked for an account."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act, take_off_desk
from payments.models import BankReceipt, Transfer
from payments.receipts import SURPLUS, surplus_of
from payments.refunds import NothingToRefund
from payments.transfers import giving_back
from subscriptions.transferring import ask_for_account


class CannotReturn(ValidationError):
    """Nothing can go back; the message is a sentence for staff."""


@transaction.atomic
def give_surplus_back(receipt_id: int, *, reason: str, actor: Actor, at: datetime) -> Transfer:
    """Ask for an account to give a surplus back to. The database refuses a second one. Raises CannotReturn."""
    receipt = BankReceipt.objects.prefetch_related("shares__invoice").get(pk=receipt_id)
    too_much = surplus_of(receipt)
    shares = list(receipt.shares.all())
    try:
        if not too_much:
            raise NothingToRefund(receipt.reference)
        transfer = giving_back.ask(
            payment=None,
            credit_note=None,
            receipt=receipt,
            amount=too_much,
            because=Transfer.Because.OFFLINE,
            reason=reason,
            customer_id=shares[0].invoice.customer_id if shares else None,
            actor=actor,
            at=at,
        )
    except NothingToRefund:
        raise CannotReturn(_("Nothing of this transfer is left to give back."), code="nothing") from None
    ask_for_account(transfer, at=at)
    take_off_desk(
        kind=SURPLUS,
        subject=f"receipt:{receipt.pk}",
        because=f"goes by transfer {transfer.reference}",
        actor=actor,
        at=at,
    )
    record_act("began a transfer", subject=transfer.subject, actor=actor, at=at, reason=reason)
    return transfer
