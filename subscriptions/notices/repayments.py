"""What letters about money given back say."""

from __future__ import annotations

from datetime import datetime

from payments.days import paris_day
from payments.iban import masked
from payments.invoicing.rendering import read_whole
from payments.models import Dispute, Payment, Refund, Reissue, Transfer
from payments.money import french
from payments.paid_by import paid_by
from subscriptions.models import Offer, Order, Subscription, Term
from subscriptions.notices.french import day
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute
from subscriptions.transfer_links import account_path


def sent(facts: Facts) -> Context:
    """The money went back by the way it came."""
    refund = Refund.objects.select_related("payment__saved_method").get(pk=facts["refund_id"])
    note = read_whole(refund.credit_note_id) if refund.credit_note_id else None
    order = _order_of(refund.payment)
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
        "reference": order.reference if order else "",
        "single": order is not None and order.offer.kind == Offer.Kind.SINGLE,
    }


def came_back(context: Context, *, at: datetime) -> str:
    """A refund that the bank sent back is not told as done."""
    return "the refund failed" if context["refund"].state == Refund.State.FAILED else ""


def taken_by_bank(facts: Facts) -> Context:
    """A bank has given back what its customer had contested: what ends with it."""
    dispute = Dispute.objects.select_related("payment").get(pk=facts["dispute_id"])
    term = Term.objects.select_related("subscription").filter(payment=dispute.payment).first()
    subscription = term.subscription if term is not None else None
    note = read_whole(dispute.credit_note_id) if dispute.credit_note_id else None
    order = _order_of(dispute.payment) if term is None else None
    return {
        "invoice": note,
        "single": order.reference if order is not None and order.offer.kind == Offer.Kind.SINGLE else "",
        "amount": french(dispute.taken),
        "debit": french(dispute.payment.amount),
        "paid_on": day(dispute.payment.received_on or paris_day(dispute.payment.state_since)),
        "number": subscription.number if subscription is not None else "",
        "gift": subscription is not None and subscription.is_gift,
        "over": subscription is None or subscription.state == Subscription.State.ENDED,
        "whole": note is not None and note.original is not None and note.total_ttc == note.original.total_ttc,
        "note_reference": note.reference if note else "",
        "invoice_reference": note.original.reference if note and note.original else "",
    }


def account_wanted(facts: Facts) -> Context:
    """Stripe cannot give the money back: to which account does it go?"""
    transfer = _transfer(facts)
    return {
        "transfer": transfer,
        "amount": french(transfer.amount),
        "because": transfer.because,
        "again": transfer.follows_id is not None,
        "paid_by": paid_by(transfer.payment) if transfer.payment else "",
        "account_wanted_url": absolute(account_path(transfer)),
    }


def account_known(context: Context, *, at: datetime) -> str:
    """Whoever has named their account is not asked for it."""
    return "" if context["transfer"].state == Transfer.State.ASKED else "the account is known, or not wanted any more"


def transferred(facts: Facts) -> Context:
    """The bank has carried the transfer out."""
    transfer = _transfer(facts)
    note = read_whole(transfer.credit_note_id) if transfer.credit_note_id else None
    return {
        "transfer": transfer,
        "invoice": note,
        "amount": french(transfer.amount),
        "sent_on": day(transfer.sent_on or paris_day(transfer.state_since)),
        "account": masked(transfer.iban_end),
        "holder": transfer.holder,
        "note_reference": note.reference if note else "",
        "invoice_reference": note.original.reference if note and note.original else "",
    }


def transfer_came_back(context: Context, *, at: datetime) -> str:
    """A transfer that the bank sent back is not told as done."""
    return "the transfer came back" if context["transfer"].state == Transfer.State.FAILED else ""


def _transfer(facts: Facts) -> Transfer:
    return Transfer.objects.select_related("payment__saved_method").get(pk=facts["transfer_id"])


def _order_of(payment: Payment) -> Order | None:
    kind, _colon, key = payment.subject.partition(":")
    if kind != "order":
        return None
    return Order.objects.select_related("offer").filter(pk=int(key)).first()


def reissued(facts: Facts) -> Context:
    """An invoice made out anew to a firm: its credit note, and the new one."""
    done = Reissue.objects.select_related("original").get(pk=facts["reissue_id"])
    anew = read_whole(done.invoice_id)
    return {
        "note": read_whole(done.credit_note_id),
        "anew": anew,
        "buyer": anew.buyer_name,
        "invoice_reference": done.original.reference,
        "note_reference": done.credit_note.reference,
        "new_reference": anew.reference,
        "amount": french(anew.total_ttc),
    }
