"""A cheque came back unpaid: its amount is owed again, and its VAT is due no more until it is paid again (law.md 1.5, 6.3).

The payment itself stays what it was: the cheque was handed over, and what came of it is other rows. While nothing was paid
instead, its money is with the bank as that of a disputed charge is (`payments.disputes`).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.cheques.moving import STANDS_ON, lock_cheques, move
from payments.cheques.receiving import Written, checked, write
from payments.days import paris_day
from payments.desk import put_on_desk, record_act, take_off_desk
from payments.invoicing.issuing import standing_invoice
from payments.invoicing.open_items import ZERO, rate_of, vat_due
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Cheque, DeskItem, Invoice, PaidAgain, Payment, Transfer
from payments.money import french
from payments.transfers.moving import LEFT

State = Cheque.State
BOUNCED = "cheque_bounced"


class CannotBounce(ValidationError):
    """This cannot be said of the cheque; the message is a sentence for staff."""


def bounce(cheque_id: int, *, on: date, because: str, reason: str, actor: Actor, at: datetime) -> Cheque:
    """Its bank did not pay it: books and desk follow. In the caller's transaction. Locks the payment, then the cheque.

    Raises CannotBounce: it came back already, or a day that has not come or lies before it was handed over.
    """
    cheque = locked(cheque_id)
    if cheque.state == State.BOUNCED:
        raise CannotBounce(_("This cheque came back already."), code="again")
    if not cheque.received_on <= on <= paris_day(at):
        raise CannotBounce(_("On which day did the bank send it back?"), code="day")
    stood = STANDS_ON[cheque.state]
    invoice = standing_invoice(cheque.payment_id)
    cheque.bounced_on, cheque.bounced_because = on, because
    cheque.bounced_vat = _vat(cheque, invoice)
    move([cheque], State.BOUNCED, actor=actor, at=at, reason=reason)
    rate = rate_of(invoice) if invoice is not None else None
    post([entries.cheque_bounced(cheque, stood=stood, rate=rate, booked_on=paris_day(at))], actor=actor, at=at)
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind=BOUNCED,
        subject=cheque.subject,
        sentence=f"Le chèque {cheque.reference} de {french(cheque.amount)} est revenu impayé : un autre règlement est attendu.",
        at=at,
    )
    record_act("noted a cheque that bounced", subject=cheque.subject, actor=actor, at=at, reason=reason)
    return cheque


def pay_again_by_cheque(cheque_id: int, written: Written, *, reason: str, actor: Actor, at: datetime) -> PaidAgain:
    """Another cheque pays what one that bounced owed. In the caller's transaction. Locks payment and cheque.

    Raises CannotBounce or CannotTake with a sentence.
    """
    bounced = _unpaid(cheque_id)
    found = checked(written, on=paris_day(at), asked=bounced.amount.amount)
    cheque = write(bounced.payment, found, reason=reason, actor=actor, at=at)
    return _again(bounced, by=cheque, received_on=found.received_on, reason=reason, actor=actor, at=at)


def pay_again_by_transfer(
    cheque_id: int, *, bank_reference: str, received_on: date, reason: str, actor: Actor, at: datetime
) -> PaidAgain:
    """A transfer to our account pays what a cheque that bounced owed, to the cent. As `pay_again_by_cheque`."""
    bounced = _unpaid(cheque_id)
    if not (bounced.bounced_on or bounced.received_on) <= received_on <= paris_day(at):
        raise CannotBounce(_("On which day did the bank credit the transfer?"), code="day")
    return _again(
        bounced, bank_reference=bank_reference[:80], received_on=received_on, reason=reason, actor=actor, at=at
    )  # fmt: skip


def give_up(cheque_id: int, *, reason: str, actor: Actor, at: datetime) -> Cheque:
    """Nobody expects its money any more; what becomes of the sale is the caller's. Locks payment and cheque. Raises CannotBounce."""
    cheque = _unpaid(cheque_id)
    cheque.given_up_at = at
    cheque.save(update_fields=["given_up_at"])
    take_off_desk(kind=BOUNCED, subject=cheque.subject, because=reason, actor=actor, at=at)
    record_act("gave up a cheque that bounced", subject=cheque.subject, actor=actor, at=at, reason=reason)
    return cheque


def locked(cheque_id: int) -> Cheque:
    """A cheque under its lock, its payment before it."""
    payment_id = Cheque.objects.values_list("payment_id", flat=True).get(pk=cheque_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    [cheque] = lock_cheques([cheque_id])
    cheque.payment = payment
    return cheque


def is_unpaid(cheque: Cheque) -> bool:
    """Whether it bounced, and nothing was paid instead nor given up. One query."""
    bounced = cheque.state == State.BOUNCED and cheque.given_up_at is None
    return bounced and not PaidAgain.objects.filter(bounced=cheque).exists()


def _unpaid(cheque_id: int) -> Cheque:
    cheque = locked(cheque_id)
    if not is_unpaid(cheque):
        raise CannotBounce(_("Nothing is awaited for this cheque: it is paid, paid again or given up."), code="over")
    return cheque


def _again(
    bounced: Cheque,
    *,
    received_on: date,
    reason: str,
    actor: Actor,
    at: datetime,
    by: Cheque | None = None,
    bank_reference: str = "",
) -> PaidAgain:
    again = PaidAgain.objects.create(
        bounced=bounced,
        by=by,
        amount=bounced.amount,
        received_on=received_on,
        bank_reference=bank_reference,
        actor=str(actor),
        reason=reason[:300],
        at=at,
    )
    invoice = standing_invoice(bounced.payment_id)
    rate = rate_of(invoice) if invoice is not None else None
    post([entries.paid_again(again, rate=rate, booked_on=paris_day(at))], actor=actor, at=at)
    take_off_desk(kind=BOUNCED, subject=bounced.subject, because="paid again", actor=actor, at=at)
    record_act("noted what a bounced cheque was paid by", subject=bounced.subject, actor=actor, at=at, reason=reason)
    return again


def _vat(cheque: Cheque, invoice: Invoice | None) -> Decimal:
    """What of its VAT is due no more: of what was received for it and has not gone back by transfer since."""
    if invoice is None:
        return ZERO
    back = Transfer.objects.filter(payment=cheque.payment_id, state__in=LEFT).aggregate(sum=Sum("amount"))["sum"]
    kept = Decimal(cheque.payment.amount.amount - (back or ZERO))
    return vat_due(max(kept - cheque.amount.amount, ZERO), kept, rate=rate_of(invoice))
