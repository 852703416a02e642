"""What the letter about a refund says."""

from __future__ import annotations

from datetime import datetime

from payments.days import paris_day
from payments.invoicing.rendering import read_whole
from payments.models import Payment, Refund
from payments.money import french
from payments.paid_by import paid_by
from subscriptions.models import Order
from subscriptions.notices.french import day
from subscriptions.notices.letter import Context, Facts


def sent(facts: Facts) -> Context:
    """The money went back by the way it came."""
    refund = Refund.objects.select_related("payment__saved_method").get(pk=facts["refund_id"])
    note = read_whole(refund.credit_note_id) if refund.credit_note_id else None
    return {
        "refund": refund,
        "invoice": note,
        "amount": french(refund.amount),
        "whole": refund.amount == refund.payment.amount,
        "paid": french(refund.payment.amount),
        "refunded_on": day(refund.refunded_on or paris_day(refund.state_since)),
        "paid_by": paid_by(refund.payment),
        "card": refund.payment.method_kind != "sepa_debit",
        "note_reference": note.reference if note else "",
        "invoice_reference": note.original.reference if note and note.original else "",
        "surplus": refund.payment.surplus,
        "reference": _order_reference(refund.payment),
    }


def came_back(context: Context, *, at: datetime) -> str:
    """A refund that the bank sent back is not told as done."""
    return "the refund failed" if context["refund"].state == Refund.State.FAILED else ""


def _order_reference(payment: Payment) -> str:
    kind, _colon, key = payment.subject.partition(":")
    if kind != "order":
        return ""
    return Order.objects.filter(pk=int(key)).values_list("reference", flat=True).first() or ""
