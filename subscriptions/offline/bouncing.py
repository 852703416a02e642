"""A cheque came back unpaid: what it had paid for is held, its reader told; paid again, it goes on; given up, it is undone.

| what happens | copies owed | subscription | letter | desk |
| it bounced | held | stays as it is, renews no further | cheque_bounced | finance: another payment is awaited |
| paid again, by cheque or transfer | come again, later where their issue has left | goes on | cheque_paid_again | closed |
| given up | credited, with a credit note; what was served is a loss | ends, unless another year runs | cheque_given_up | closed |

A copy in a closed file is still sent. The same table as for a payment that is disputed (`subscriptions.disputing`).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from payments.actors import Actor
from payments.audit import CHUNK, Breaches
from payments.cheques import bouncing
from payments.cheques.receiving import Written
from payments.days import paris_day
from payments.invoicing.issuing import left_of, standing_invoice
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Cheque, Invoice, PaidAgain, WriteOff
from payments.transfers import giving_back
from subscriptions.disputing import hold, release, terms_paid_by, undo_year
from subscriptions.models import Entitlement, Order, Term
from subscriptions.notices.telling import tell_reader
from subscriptions.notices.whom import reader_by_now

UNPAID, PAID_AGAIN, GIVEN_UP = "its cheque came back unpaid", "its cheque was paid again", "its cheque was never paid"
#: On the credit note, in French.
CREDITED = "chèque impayé"


@transaction.atomic
def bounce(cheque_id: int, *, on: date, because: str, reason: str, actor: Actor, at: datetime) -> Cheque:
    """Note that a cheque bounced. Holds copies, queues the letter. Raises CannotBounce."""
    cheque = bouncing.bounce(cheque_id, on=on, because=because, reason=reason, actor=actor, at=at)
    payment = cheque.payment
    if payment.surplus:  # it paid for nothing: nothing is to be given back any more
        giving_back.call_off(payment, reason=UNPAID, actor=actor, at=at)
        return cheque
    _lock_order(cheque)
    hold([payment], actor=actor, at=at, reason=UNPAID)
    _tell("cheque_bounced", cheque, at=at)
    return cheque


@transaction.atomic
def pay_again_by_cheque(cheque_id: int, written: Written, *, reason: str, actor: Actor, at: datetime) -> PaidAgain:
    """Another cheque came for one that bounced. Raises CannotBounce or CannotTake."""
    again = bouncing.pay_again_by_cheque(cheque_id, written, reason=reason, actor=actor, at=at)
    return _go_on(again, actor=actor, at=at)


@transaction.atomic
def pay_again_by_transfer(
    cheque_id: int, *, bank_reference: str, received_on: date, reason: str, actor: Actor, at: datetime
) -> PaidAgain:
    """A transfer came for a cheque that bounced. Raises CannotBounce."""
    again = bouncing.pay_again_by_transfer(
        cheque_id, bank_reference=bank_reference, received_on=received_on, reason=reason, actor=actor, at=at
    )
    return _go_on(again, actor=actor, at=at)


@transaction.atomic
def give_up(cheque_id: int, *, reason: str, actor: Actor, at: datetime) -> Invoice | None:
    """Nobody expects the money any more: what was not served is credited, what was is a loss; returns the credit note.

    The subscription ends, unless another year still runs. Raises CannotBounce.
    """
    cheque = bouncing.give_up(cheque_id, reason=reason, actor=actor, at=at)
    payment = cheque.payment
    invoice = standing_invoice(payment.pk)
    term = Term.objects.filter(payment=payment).select_related("order").first()
    note = None
    if term is not None:
        note = undo_year(
            term, payment, taken=cheque.amount.amount, credited_as=CREDITED, actor=actor, at=at, reason=GIVEN_UP
        )
    if invoice is not None:
        _write_off(cheque, invoice, note, reason=reason, actor=actor, at=at)
    _tell("cheque_given_up", cheque, at=at)
    return note


def _write_off(
    cheque: Cheque, invoice: Invoice, note: Invoice | None, *, reason: str, actor: Actor, at: datetime
) -> None:
    """What no credit note takes off is a loss: what was served. Its VAT never fell due, for it was never paid (law.md 1.5)."""
    credited = note.total_ttc.amount if note is not None else Decimal("0.00")
    lost = min(cheque.amount.amount - credited, left_of(invoice))
    if lost <= 0:
        return
    vat = (cheque.bounced_vat or Decimal("0.00")) - (note.total_vat.amount if note is not None else Decimal("0.00"))
    loss = WriteOff.objects.create(
        invoice=invoice, amount=lost, vat=max(vat, Decimal("0.00")), actor=str(actor), reason=reason[:300], at=at
    )
    post([entries.written_off(loss, booked_on=paris_day(at))], actor=actor, at=at)


def _go_on(again: PaidAgain, *, actor: Actor, at: datetime) -> PaidAgain:
    _lock_order(again.bounced)
    release(terms_paid_by([again.bounced.payment]), actor=actor, at=at, reason=PAID_AGAIN)
    _tell("cheque_paid_again", again.bounced, at=at)
    return again


def _lock_order(cheque: Cheque) -> None:
    """Payment, order, subscription: in the order of every other act."""
    list(Order.objects.select_for_update(of=("self",), no_key=True).filter(term__payment=cheque.payment_id))


def _tell(kind: str, cheque: Cheque, *, at: datetime) -> None:
    """Whoever paid hears of it; nobody who had their data erased."""
    reader = reader_by_now(cheque.payment.customer_id)
    tell_reader(reader, kind, f"{kind}:cheque:{cheque.pk}", {"cheque_id": cheque.pk}, at=at)


def held_while_unpaid(at: datetime) -> Breaches:
    """COPIES: nothing is owed of what a cheque that bounced has paid, until it is paid again or given up."""
    unpaid = Cheque.objects.filter(state=Cheque.State.BOUNCED, given_up_at=None, paid_again=None).values("payment")
    for copy in Entitlement.objects.filter(state=Entitlement.State.OWED, term__payment__in=unpaid).iterator(CHUNK):
        yield f"entitlement:{copy.pk}", "still owed though its cheque came back unpaid"
