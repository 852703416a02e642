"""Money that comes to our bank account: noted by finance with the bank's reference, against the invoices it pays.

What is more than these ask for is booked apart, stands on finance's desk and goes back. Whoever sold locks what was sold,
so that two colleagues who note the same transfer pay it once; the database refuses the second as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk, record_act
from payments.invoicing.open_items import ZERO, OpenItem, open_items, rate_of, vat_due
from payments.keys import new_reference
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import BankReceipt, DeskItem, ReceiptShare
from payments.money import eur, french

SURPLUS = "receipt_surplus"


class CannotReceive(ValidationError):
    """The transfer cannot be noted so; the message is a sentence for staff."""


def note_receipt(
    shares: Mapping[int, Decimal],
    *,
    amount: Decimal,
    bank_reference: str,
    received_on: date,
    payer: str,
    reason: str,
    actor: Actor,
    at: datetime,
) -> BankReceipt:
    """Note a transfer of `amount` euros; `shares`: what of it pays which invoice, by primary key.

    Runs in the caller's transaction, which has locked what the invoices are for. Writes the receipt, its shares and one
    entry: 512 to 411, the VAT that falls due, and the rest to the surplus account. Raises CannotReceive: noted already, a
    day that has not come, or a share that is more than its invoice asks for; Invoice.DoesNotExist.
    """
    if received_on > paris_day(at):
        raise CannotReceive(_("This day has not come yet: when did the bank credit it?"), code="future")
    given = sum(shares.values(), ZERO)
    if amount <= 0 or given > amount or any(share <= 0 for share in shares.values()):
        raise CannotReceive(_("The shares are more than the transfer brought."), code="shares")
    items = open_items(shares)
    if any(received_on < item.invoice.issued_on for item in items.values()):
        raise CannotReceive(
            _("This day lies before the invoice was issued: a transfer pays what was asked for by then."), code="before"
        )
    for key, share in shares.items():
        _refuse_more_than_asked(items[key], share)
    try:
        with transaction.atomic():
            receipt = BankReceipt.objects.create(
                reference=new_reference("ENC"),
                bank_reference=bank_reference,
                received_on=received_on,
                amount=amount,
                payer=payer,
                actor=str(actor),
                reason=reason[:300],
                at=at,
            )
    except IntegrityError:
        raise CannotReceive(
            _("A transfer with this bank reference is noted for that day already."), code="noted"
        ) from None
    rows = [ReceiptShare(receipt=receipt, **_share(items[key], share)) for key, share in sorted(shares.items())]
    ReceiptShare.objects.bulk_create(rows)
    post([entries.banked(receipt, rows, rates=_rates(items), booked_on=paris_day(at))], actor=actor, at=at)
    record_act("noted a transfer received", subject=f"receipt:{receipt.pk}", actor=actor, at=at, reason=reason)
    if amount > given:
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind=SURPLUS,
            subject=f"receipt:{receipt.pk}",
            sentence=f"Le virement {receipt.reference} a apporté {french(eur(amount - given))} de trop : à rendre.",
            at=at,
        )
    return receipt


def surplus_of(receipt: BankReceipt) -> Decimal:
    """What of it pays for nothing, in euros. One query."""
    return Decimal(receipt.amount.amount - sum((one.amount.amount for one in receipt.shares.all()), ZERO))


def _share(item: OpenItem, share: Decimal) -> dict[str, object]:
    due = vat_due(item.kept, item.kept + share, rate=rate_of(item.invoice))
    return {"invoice": item.invoice, "amount": share, "vat": due}


def _rates(items: Mapping[int, OpenItem]) -> dict[int, Decimal]:
    return {key: rate_of(item.invoice) for key, item in items.items()}


def _refuse_more_than_asked(item: OpenItem, share: Decimal) -> None:
    if share > item.left:
        raise CannotReceive(
            _("Invoice %(number)s asks for %(left)s, no more."),
            code="too_much",
            params={"number": item.invoice.reference, "left": french(eur(max(item.left, ZERO)))},
        )
