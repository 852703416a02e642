"""Giving one past issue back that has left and did not arrive, where it is not sent again: its price alone, with a credit note.

The others of its order stay sold. A person decides, as of everything that has left; once for each line, as its act says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments import refunds
from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.disputes import NO_REFUND, is_disputed
from payments.invoicing.issuing import credit_part, left_of, standing_invoice
from payments.ledger.entries import REV_SINGLE
from payments.models import Act, Invoice, Payment, Refund
from subscriptions.losses.stock import lock_stock
from subscriptions.models import Order, SoldIssue
from subscriptions.notices.french import issue
from subscriptions.singles.giving_back import CannotTakeBack, title_of
from subscriptions.stopping.unserved import send_back

State = SoldIssue.State
VERB = "gave a lost past issue back"


@dataclass(frozen=True, slots=True)
class One:
    """What giving one line back comes to. `price`: in euros incl. VAT."""

    line: SoldIssue
    payment: Payment
    invoice: Invoice
    price: Decimal


def subject_of(line: SoldIssue) -> str:
    """Under which its act is found."""
    return f"sold_issue:{line.pk}"


def is_given_back(line: SoldIssue) -> bool:
    """Whether its price went back by itself. One query."""
    return Act.objects.filter(subject=subject_of(line), verb=VERB).exists()


def foresee(line: SoldIssue) -> One:
    """What giving it back would come to now. Raises CannotTakeBack: it has not left, is sent again and on its way, went back
    already, or so much is not left of its order; its bank disputes the payment.
    """
    if line.replaces_id is not None or line.state != State.SERVED:
        raise CannotTakeBack(_("It has not left: what has not left is cancelled with its order."), code="not_sent")
    if SoldIssue.objects.filter(replaces=line).exclude(state__in=(State.SERVED, State.VOID)).exists():
        raise CannotTakeBack(_("It is sent again already."), code="again")
    if is_given_back(line):
        raise CannotTakeBack(_("Its price went back already."), code="already")
    payments = Payment.objects.filter(subject=line.order.subject, state=Payment.State.SUCCEEDED, surplus=False)
    payment = payments.select_related("saved_method").get()
    if is_disputed([payment]):
        raise CannotTakeBack(NO_REFUND, code="disputed")
    invoice, price = standing_invoice(payment.pk), Decimal(line.amount.amount)
    if invoice is None or price > min(left_of(invoice), refunds.left_of(payment)):
        raise CannotTakeBack(_("So much is not left of this order: look at what went back of it."), code="too_much")
    return One(line, payment, invoice, price)


@transaction.atomic
def give_lost_back(sold_id: int, *, actor: Actor, at: datetime, reason: str) -> Refund | None:
    """Give the price of a line back that was lost: credit note out of what was earned, refund queued (None: by transfer).

    Raises CannotTakeBack. Locks, in the agreed order: payment, order, stock, line.
    """
    order = SoldIssue.objects.values_list("order", flat=True).get(pk=sold_id)
    subject = f"order:{order}"
    list(Payment.objects.select_for_update(no_key=True, of=("self",)).filter(subject=subject).order_by("pk"))
    Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order)
    lock_stock([order])
    lines = SoldIssue.objects.select_for_update(no_key=True, of=("self",)).select_related("order", "issue__magazine")
    one = foresee(lines.get(pk=sold_id))
    note = credit_part(
        one.invoice, ttc=one.price, unserved_ht=Decimal("0.00"), what=f"{issue(one.line.issue.printed)} non reçu", reason=reason,
        on=paris_day(at), actor=actor, at=at, revenue=REV_SINGLE, name=title_of([one.line]),
    )  # fmt: skip
    record_act(VERB, subject=subject_of(one.line), actor=actor, at=at, reason=reason, facts={"credit_note": note.pk})
    return send_back(one.payment, amount=one.price, credit_note=note, reason=reason, actor=actor, at=at)
