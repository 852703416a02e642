"""What letters about a purchase and its payment say: read from the rows when the letter is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from payments.days import paris_day
from payments.gateway import decline
from payments.invoicing.mentions import percent
from payments.invoicing.rendering import read_whole
from payments.models import Invoice, Payment
from payments.money import french
from payments.paid_by import paid_by
from subscriptions.beginning import calendars, first_of
from subscriptions.calendar import (
    DeliveryZone,
    expected_sepa_settlement,
    last_day_to_refuse,
    legal_notice_window,
    withdraw_until,
)
from subscriptions.models import Entitlement, Issue, Offer, Order, Term
from subscriptions.notices.french import day, issue, issues, month
from subscriptions.notices.gifts import order_told
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import OFFER, absolute, public_function
from subscriptions.orders.links import card_path, tracking_path
from subscriptions.stopping.given_up import given_up


def confirmation(facts: Facts) -> Context:
    """The contract on a durable medium (C. conso L221-13; law.md 4.1, 4.3)."""
    order, term, copies = _sold(facts)
    invoice = read_whole(facts["invoice_id"])
    prolongs = term.number > 1
    first = copies[0] if copies else None if prolongs else order.first_issue
    renews_on = term.ends_on + timedelta(days=1)
    window = legal_notice_window(renews_on)
    zone = DeliveryZone(order.delivery.delivery_zone)
    withdrawable = withdraw_until(posted_on=first.posted_on or first.post_on, zone=zone) if first else None
    return {
        **_told_of(order),
        "order": order,
        "invoice": invoice,
        "invoice_reference": invoice.reference,
        "subscriber_number": term.subscription.number or "",
        "numbers": _numbers(term, copies),
        "prolongs": prolongs,
        "without_gap": prolongs and _without_gap(term),
        "first_issue": issue(first.printed) if first else "",
        "first_cover": month(first.cover_month, first.cover_year) if first else "",
        "first_posted_about": day(first.post_on) if first else "",
        "last_issue": issue(copies[-1].printed) if len(copies) == term.copies else "",
        "period": f"du {day(term.starts_on)} au {day(term.ends_on)}",
        "paid_on": day(term.payment.received_on) if term.payment and term.payment.received_on else "",
        "paid_by": paid_by(term.payment) if term.payment else "",
        "price": price_words(invoice, rate=term.vat_rate),
        "address": [] if order.is_gift else term.subscription.recipient.address.lines,
        **(order_told(order.pk) if order.is_gift else {"gift": None}),
        "card_url": absolute(card_path(order)) if order.is_gift else "",
        "automatic": term.subscription.renewal == Offer.Renewal.AUTOMATIC,
        "renews_on": day(renews_on),
        "refuse_until": day(last_day_to_refuse(renews_on)),
        "notice_from": day(window.send_from),
        "notice_until": day(window.send_until),
        "withdraw_until_at_least": day(withdrawable) if withdrawable else "",
        "withdraw_url": public_function("withdraw"),
        "terminate_url": public_function("terminate"),
    }


def _numbers(term: Term, copies: Sequence[Issue]) -> str:
    """« 4, du n° 25 au n° 28 »; of issues that are not all planned yet, the first."""
    each = f", {term.quantity} exemplaires de chaque" if term.quantity > 1 else ""
    if not copies:
        return f"{term.copies}{each}"
    if len(copies) < term.copies:
        return f"{term.copies}{each}, à partir du {issue(copies[0].printed)}"
    return f"{term.copies}{each}, {issues([copy.printed for copy in copies])}"


def _without_gap(term: Term) -> bool:
    """Whether a term follows the one before it from one day to the next."""
    before = Term.objects.standing().filter(subscription=term.subscription_id)
    return before.filter(ends_on=term.starts_on - timedelta(days=1)).exists()


def refused(facts: Facts) -> Context:
    """A card was refused on the hosted page, and the reader did not try again."""
    order = _order(facts)
    return {**_told_of(order), "order": order, "sentence": decline(facts["decline_code"]).sentence}


def pending(facts: Facts) -> Context:
    """A direct debit is on its way (law.md 5.3)."""
    order = _order(facts)
    payment = _last_payment(order)
    debited_on = paris_day(payment.called_at or payment.created_at) if payment else paris_day(order.placed_at)
    settles_on = expected_sepa_settlement(debited_on)
    shelf = calendars({order.offer.magazine_id})[order.offer.magazine_id]
    first = (first_of(order, payment, shelf, on=settles_on) if payment else None) or order.first_issue
    return {
        **_told_of(order),
        "order": order,
        "paid_by": paid_by(payment) if payment else "prélèvement SEPA",
        "expected_on": day(settles_on),
        "first_issue": issue(first.printed),
        "first_posted_about": day(first.post_on),
    }


def debit_failed(facts: Facts) -> Context:
    """A direct debit came back."""
    order = _order(facts)
    return {
        **_told_of(order),
        "order": order,
        "sentence": decline(facts["decline_code"], kind="sepa_debit").sentence,
    }


def late_money(facts: Facts) -> Context:
    """Money that pays for nothing any more: the order is over, or was already paid by another payment."""
    order = _order(facts)
    return {
        **_told_of(order),
        "order": order,
        "paid_twice": order.state == Order.State.PAID,
        "offer_url": absolute(OFFER),
    }


def already_paid(context: Context, *, at: datetime) -> str:
    """A refusal is not told once the order is paid, about to be, or replaced by another one."""
    order: Order = context["order"]
    if order.state == Order.State.PAID:
        return "the order is paid"
    coming = Q(state=Payment.State.PROCESSING) | Q(state=Payment.State.SUCCEEDED)
    if Payment.objects.filter(coming, subject=order.subject).exists():
        return "another payment is on its way"
    if Order.objects.filter(supersedes=order).exists():
        return "another order took its place"
    return "the reader gave the order up" if given_up([order]) else ""


def no_longer_pending(context: Context, *, at: datetime) -> str:
    """A debit is not announced once it is known to be paid or refused."""
    order: Order = context["order"]
    if given_up([order]):
        return "the reader gave the order up"
    processing = Payment.objects.filter(subject=order.subject, state=Payment.State.PROCESSING)
    return "" if processing.exists() else "the debit is no longer on its way"


def _order(facts: Facts) -> Order:
    return Order.objects.select_related("offer__magazine", "delivery", "first_issue").get(pk=facts["order_id"])


def _sold(facts: Facts) -> tuple[Order, Term, list[Issue]]:
    """What was ordered, the term that it became, and the issues of its copies as far as they are planned; one query."""
    related = ("order__offer", "order__delivery", "order__first_issue", "subscription__recipient__address")
    of_the_term = [f"term__{name}" for name in (*related, "payment__saved_method")]
    copies = list(Entitlement.objects.select_related("issue", *of_the_term).filter(term=facts["term_id"]))
    term = copies[0].term
    if term.order is None:
        raise ValueError(f"term {term.pk} was not ordered")
    return term.order, term, [copy.issue for copy in copies if copy.issue is not None]


def _told_of(order: Order) -> dict[str, Any]:
    """What every letter about an order names."""
    return {
        "reference": order.reference,
        "single": order.offer.kind == Offer.Kind.SINGLE,
        "amount": french(order.amount),
        "offer": order.offer.title,
        "placed_on": day(paris_day(order.placed_at)),
        "tracking_url": absolute(tracking_path(order)),
    }


def _last_payment(order: Order) -> Payment | None:
    return Payment.objects.select_related("saved_method").filter(subject=order.subject).order_by("-id").first()


def price_words(invoice: Invoice, *, rate: Decimal) -> str:
    """« 27,60 € TTC (27,03 € HT, TVA 2,10 % : 0,57 €) », or the mention that explains why there is no VAT."""
    if invoice.total_vat.amount:
        split = f"{french(invoice.total_ht)} HT, TVA {percent(rate)} : {french(invoice.total_vat)}"
        return f"{french(invoice.total_ttc)} TTC ({split})"
    total = french(invoice.total_ttc)
    return f"{total} ({invoice.legal_mention})" if invoice.legal_mention else total
