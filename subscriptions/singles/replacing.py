"""Replacing: an issue that did not arrive as it should is owed once more, from the stock, worth nothing (C. conso L216-2).

Whether it was lost, support hears from the reader and decides; where none is left, its price goes back instead
(`giving_one_back`).
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments import refunds
from payments.actors import Actor
from payments.desk import record_act
from payments.disputes import is_disputed
from payments.invoicing.issuing import left_of, standing_invoice
from payments.models import Payment
from subscriptions.losses.stock import free, lock_stock
from subscriptions.models import Order, SoldIssue
from subscriptions.singles.giving_one_back import is_given_back
from subscriptions.singles.moving import Kind, move

State = SoldIssue.State


class CannotReplace(ValidationError):
    """This issue is not sent again; the message is a sentence for staff."""


@transaction.atomic
def replace_lost(sold_id: int, *, actor: Actor, at: datetime, reason: str) -> SoldIssue:
    """Owe a lost line once more: it leaves with the next run out of the stock. Once for each line.

    Raises CannotReplace: it has not left, is replaced already, or so many are not left; its money went back, its bank disputes
    the payment, or its address was forgotten. Locks, in the agreed order: payment, order, stock, line.
    """
    order = SoldIssue.objects.values_list("order", flat=True).get(pk=sold_id)
    paying = Payment.objects.select_for_update(no_key=True, of=("self",))
    payment = paying.filter(subject=f"order:{order}", state=Payment.State.SUCCEEDED, surplus=False).get()
    found = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("delivery").get(pk=order)
    lock_stock([order])
    lost = SoldIssue.objects.select_for_update(no_key=True, of=("self",)).get(pk=sold_id)
    _refuse_unpaid(payment)
    if not found.delivery.block:
        raise CannotReplace(_("Its address was erased: there is nowhere to send it."), code="no_address")
    if lost.state != State.SERVED:
        raise CannotReplace(_("It has not left yet: there is nothing to send again."), code="not_sent")
    if is_given_back(lost):
        raise CannotReplace(_("Its price went back already."), code="given_back")
    if SoldIssue.objects.filter(replaces=lost).exists():
        raise CannotReplace(_("It is sent again already."), code="again")
    if free([lost.issue_id])[lost.issue_id] < lost.copies:
        raise CannotReplace(_("So many are not left in stock: give the money back instead."), code="no_stock")
    again = SoldIssue.objects.create(
        order_id=order, issue_id=lost.issue_id, copies=lost.copies, amount="0.00", value_ht="0.00", replaces=lost
    )
    move([again], Kind.GRANT, actor=actor, at=at, reason=reason)
    record_act("sent a sold issue again", subject=f"order:{order}", actor=actor, at=at, reason=reason)
    return again


def _refuse_unpaid(payment: Payment) -> None:
    """What is no longer paid for is not sent once more."""
    if is_disputed([payment]):
        raise CannotReplace(
            _("The payment is disputed at the bank: nothing is sent again until that has ended."), code="disputed"
        )
    invoice = standing_invoice(payment.pk)
    if invoice is None or not left_of(invoice):
        raise CannotReplace(_("The whole order was given back: nothing of it is sent again."), code="given_back")
    if refunds.left_of(payment) <= 0:
        raise CannotReplace(_("The bank has taken this payment back: nothing of it is sent again."), code="bank")
