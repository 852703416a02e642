"""What letters say about orders that are paid by cheque or transfer, and about a cheque that came back unpaid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from payments.cheques.bouncing import is_unpaid
from payments.iban import in_fours
from payments.invoicing.rendering import read_whole
from payments.models import Cheque, Invoice, PaidAgain, Payment
from payments.money import french
from payments.offline_kinds import Kind
from subscriptions.models import Order, Subscription, Term
from subscriptions.notices.french import day, issue
from subscriptions.notices.letter import Context, Facts


def awaited(facts: Facts) -> Context:
    """An order by post or telephone waits for its cheque or its transfer: what to pay, where, and what comes then."""
    order = Order.objects.select_related("offer", "first_issue", "delivery", "gift").get(pk=facts["order_id"])
    payment = Payment.objects.filter(subject=order.subject).order_by("-pk").first()
    gift = order.gift if order.is_gift else None
    return {
        **_where_to_pay(),
        "order": order,
        "payment": payment,
        "reference": order.reference,
        "offer": order.offer.title,
        "amount": french(order.amount),
        "cheque": payment is not None and payment.method_kind == Kind.CHEQUE,
        "first_issue": issue(order.first_issue.printed),
        "recipient": gift.recipient_name if gift is not None else "",
        "address": [] if order.is_gift else order.delivery.lines,
    }


def no_longer_awaited(context: Context, *, at: datetime) -> str:
    """Not told once the money is here, or nobody waits for it any more."""
    payment: Payment | None = context["payment"]
    waits = payment is not None and payment.is_open and context["order"].state == Order.State.AWAITING_PAYMENT
    return "" if waits else "the order is paid, or given up"


def bounced(facts: Facts) -> Context:
    """A cheque came back unpaid: what is held, and what to do."""
    cheque = _cheque(facts)
    return {**_where_to_pay(), **_about(cheque), "because": cheque.bounced_because}


def settled_since(context: Context, *, at: datetime) -> str:
    """Not told to whoever has paid again meanwhile, nor once it was given up."""
    return "" if is_unpaid(context["cheque_row"]) else "it was paid again, or given up"


def paid_again(facts: Facts) -> Context:
    """Another cheque or a transfer has paid what a cheque that bounced owed: the copies come again."""
    cheque = _cheque(facts)
    again = PaidAgain.objects.select_related("by").get(bounced=cheque)
    return {**_about(cheque), "again": again, "by_cheque": again.by is not None, "paid_on": day(again.received_on)}


def bounced_again(context: Context, *, at: datetime) -> str:
    """Not told of a second cheque that bounced as well."""
    by: Cheque | None = context["again"].by
    return "the second cheque bounced as well" if by is not None and by.state == Cheque.State.BOUNCED else ""


def given_up(facts: Facts) -> Context:
    """Nothing was paid instead of a cheque that bounced: what ends with it."""
    cheque = _cheque(facts)
    note = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE, payment=cheque.payment).order_by("-pk").first()
    whole = read_whole(note.pk) if note is not None else None
    return {
        **_about(cheque),
        "invoice": whole,
        "whole": whole is not None and whole.original is not None and whole.total_ttc == whole.original.total_ttc,
        "note_reference": whole.reference if whole is not None else "",
        "invoice_reference": whole.original.reference if whole is not None and whole.original else "",
    }


def _cheque(facts: Facts) -> Cheque:
    return Cheque.objects.select_related("payment").get(pk=facts["cheque_id"])


def _about(cheque: Cheque) -> dict[str, Any]:
    """What every letter about a cheque names."""
    term = Term.objects.select_related("subscription", "order").filter(payment=cheque.payment).first()
    subscription = term.subscription if term is not None else None
    return {
        "cheque_row": cheque,
        "amount": french(cheque.amount),
        "cheque_number": cheque.number,
        "bank": cheque.bank,
        "received_on": day(cheque.received_on),
        "bounced_on": day(cheque.bounced_on or cheque.received_on),
        "number": subscription.number if subscription is not None else "",
        "gift": subscription is not None and subscription.is_gift,
        "over": subscription is None or subscription.state == Subscription.State.ENDED,
        "reference": term.order.reference if term is not None and term.order is not None else "",
    }


def _where_to_pay() -> dict[str, Any]:
    """To whose order a cheque is made out and where it is sent; the account of a transfer."""
    publisher = settings.PUBLISHER
    return {
        "account_holder": publisher["name"],
        "send_to": [publisher["name"], *publisher["address"]],
        "iban": in_fours(settings.BANK_IBAN) if settings.BANK_IBAN else "",
        "bic": settings.BANK_BIC,
    }
