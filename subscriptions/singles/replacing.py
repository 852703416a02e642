"""Replacing: an issue that did not arrive as it should is owed once more, from the stock, worth nothing (C. conso L216-2).

Whether it was lost, support hears from the reader and decides; where none is left, the order is refunded instead.
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.losses.stock import free, lock_stock
from subscriptions.models import Order, SoldIssue
from subscriptions.singles.moving import Kind, move

State = SoldIssue.State


class CannotReplace(ValidationError):
    """This issue is not sent again; the message is a sentence for staff."""


@transaction.atomic
def replace_lost(sold_id: int, *, actor: Actor, at: datetime, reason: str) -> SoldIssue:
    """Owe a lost line once more: it leaves with the next run out of the stock. Once for each line.

    Raises CannotReplace: it has not left, is replaced already, or so many are not left.
    """
    order = SoldIssue.objects.values_list("order", flat=True).get(pk=sold_id)
    Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order)
    lock_stock([order])
    lost = SoldIssue.objects.select_for_update(no_key=True, of=("self",)).get(pk=sold_id)
    if lost.state != State.SERVED:
        raise CannotReplace(_("It has not left yet: there is nothing to send again."), code="not_sent")
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
