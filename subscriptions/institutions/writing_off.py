"""Writing off what an institution will not pay: after everything was sent or credited, by a person, with a reason."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.invoicing.open_items import open_item, rate_of, vat_due
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Invoice, WriteOff
from subscriptions.institutions.receiving import follow_up, lock_orders
from subscriptions.models import Entitlement
from subscriptions.moving import COMING


class CannotWriteOff(ValidationError):
    """It cannot be written off now; the message is a sentence for staff."""


@transaction.atomic
def write_off(invoice: Invoice, *, reason: str, actor: Actor, at: datetime) -> WriteOff:
    """Give up what is left to pay of an invoice: a loss without VAT, which never fell due (law.md 6.3).

    Locks the order. Raises CannotWriteOff while copies are still to come (they are cancelled first), and where nothing is
    left to pay. Once for each invoice: the database refuses another.
    """
    orders = lock_orders([invoice])
    coming = Entitlement.objects.filter(term__order__in=orders, state__in=COMING)
    if coming.exists():
        raise CannotWriteOff(_("Copies of this order are still to come: cancel it first."), code="coming")
    item = open_item(invoice)
    if item.left <= 0:
        raise CannotWriteOff(_("Nothing is left to pay of this invoice."), code="nothing")
    vat = vat_due(item.kept, item.kept + item.left, rate=rate_of(item.invoice))
    loss = WriteOff.objects.create(
        invoice=item.invoice, amount=item.left, vat=vat, actor=str(actor), reason=reason[:300], at=at
    )
    post([entries.written_off(loss, booked_on=paris_day(at))], actor=actor, at=at)
    record_act("wrote an invoice off", subject=f"invoice:{invoice.pk}", actor=actor, at=at, reason=reason)
    follow_up(orders, actor=actor, at=at, reason="written off")
    return loss
