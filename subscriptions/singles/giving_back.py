"""Taking back an order of past issues: what has not left does not leave, and its price goes back with a credit note.

The law gives no right to withdraw from a single issue of a periodical (C. conso L221-28, 10°). What has not been handed over
may be cancelled all the same, because we say so before the order; of what has left a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments import refunds
from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.disputes import NO_REFUND, is_disputed
from payments.invoicing.issuing import credit_part, credit_rest, left_of, standing_invoice
from payments.ledger.entries import REV_SINGLE
from payments.models import Invoice, Payment, Refund
from subscriptions.losses.stock import lock_stock
from subscriptions.models import Order, SoldIssue
from subscriptions.notices.french import issues
from subscriptions.singles.moving import UNSENT, Kind, move
from subscriptions.singles.unsent import price_back, unsent
from subscriptions.stopping.unserved import send_back

State = SoldIssue.State


class CannotTakeBack(ValidationError):
    """The order cannot be given back now; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Bought:
    """An order of past issues, locked with its paying payment, its stock and its lines."""

    order: Order
    payment: Payment
    invoice: Invoice
    lines: Sequence[SoldIssue]

    @property
    def unsent(self) -> list[SoldIssue]:
        """What can still be taken back."""
        return [line for line in self.lines if line.state in UNSENT]


@transaction.atomic
def take_back_unsent(order: Order, *, reason: str, actor: Actor, at: datetime) -> Refund | None:
    """What of a paid order has not left is cancelled at its reader's word; what has left stays sold, and is still sent again
    where it was lost.

    Returns the refund, None where its money goes by transfer. Raises CannotTakeBack: nothing of it is left to cancel, or its
    bank disputes the payment.
    """
    bought = _locked(order)
    back = unsent(bought.lines)
    price = price_back(back, bought.payment)
    if not price:
        raise CannotTakeBack(_("Nothing of this order is left to cancel."), code="sent")
    return _give_back(bought, back, price=price, reason=reason, actor=actor, at=at)


@transaction.atomic
def hold_unsent(order: Order, *, reason: str, actor: Actor, at: datetime) -> None:
    """What its reader has cancelled is in no file while the bank disputes its payment. The caller holds the order's stock."""
    lines = SoldIssue.objects.filter(order=order, replaces=None, state=State.OWED)
    owed = list(lines.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    move(owed, Kind.HOLD, actor=actor, at=at, reason=reason)


@transaction.atomic
def take_back_whole(order: Order, *, reason: str, actor: Actor, at: datetime) -> Refund | None:
    """A person gives back everything that was paid for an order, what has left too: its revenue is taken back.

    Raises CannotTakeBack: nothing left to give back, a dispute open, or a copy in a file that is not posted yet.
    """
    bought = _locked(order)
    if any(line.state == State.ASSIGNED for line in bought.lines):
        raise CannotTakeBack(
            _("A copy is in a mailing file that is not posted yet. Refund the order once it is."), code="assigned"
        )
    left = left_of(bought.invoice)
    if not left:
        raise CannotTakeBack(_("This order is already refunded."), code="already")
    if refunds.left_of(bought.payment) < left:
        raise CannotTakeBack(
            _("The bank has taken part of this payment back: give back the rest as a part of it."), code="bank"
        )
    record_act("refunded in full", subject=order.subject, actor=actor, at=at, reason=reason)
    return _give_back(bought, bought.unsent, price=left, reason=reason, actor=actor, at=at)


def _locked(order: Order) -> Bought:
    """Locks, in the agreed order: payment, order, stock, lines."""
    payments = Payment.objects.select_for_update(no_key=True, of=("self",))
    payment = payments.filter(subject=order.subject, state=Payment.State.SUCCEEDED, surplus=False).first()
    locked = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order.pk)
    if payment is None or locked.state != Order.State.PAID:
        raise CannotTakeBack(_("This order is not paid: there is nothing to refund."), code="not_paid")
    if is_disputed([payment]):
        raise CannotTakeBack(NO_REFUND, code="disputed")
    invoice = standing_invoice(payment.pk)
    if invoice is None:
        raise Invoice.DoesNotExist(order.subject)
    lock_stock([locked.pk])
    lines = (
        SoldIssue.objects.filter(order=locked)
        .select_for_update(no_key=True, of=("self",))
        .select_related("issue__magazine")
        .order_by("pk")
    )
    return Bought(locked, payment, invoice, list(lines))


def _give_back(
    bought: Bought, back: Sequence[SoldIssue], *, price: Decimal, reason: str, actor: Actor, at: datetime
) -> Refund | None:
    today = paris_day(at)
    worth = sum((line.value_ht for line in back), Decimal("0.00"))
    move(back, Kind.VOID, actor=actor, at=at, reason=reason)
    if price == left_of(bought.invoice):
        note = credit_rest(
            bought.invoice, reason=reason, unserved_ht=worth, on=today, actor=actor, at=at, revenue=REV_SINGLE,
            name=title_of(bought.lines),
        )  # fmt: skip
    else:
        note = credit_part(
            bought.invoice, ttc=price, unserved_ht=worth, what=cancelled_words(back), reason=reason, on=today,
            actor=actor, at=at, revenue=REV_SINGLE, name=title_of(back),
        )  # fmt: skip
    return send_back(bought.payment, amount=price, credit_note=note, reason=reason, actor=actor, at=at)


def title_of(lines: Sequence[SoldIssue]) -> str:
    """Of what a credit note gives a part back: the magazine, for the lines of its invoice name one issue each."""
    return lines[0].issue.magazine.title


def cancelled_words(lines: Sequence[SoldIssue]) -> str:
    """« n° 22 et n° 24 non envoyés », by their numbers and as they are printed: « n° 26-27 »."""
    which = issues([issue.printed for issue in sorted((line.issue for line in lines), key=attrgetter("number"))])
    return f"{which} non envoyé{'s' if len(lines) > 1 else ''}"
