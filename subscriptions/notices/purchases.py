"""What letters about an order say: read from its rows when the letter is written, set as the reader sees it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from payments.days import paris_day
from payments.french_days import french_day as day
from payments.invoicing.mentions import percent
from payments.models import Invoice
from payments.money import french
from payments.paid_by import paid_by
from subscriptions.calendar import DeliveryZone, last_day_to_refuse, legal_notice_window, withdraw_until
from subscriptions.models import Offer, Order, Term
from subscriptions.notices.french import issue, issues, month
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import TERMINATE, WITHDRAW, absolute
from subscriptions.orders.links import tracking_path


def confirmation(facts: Facts) -> Context:
    """The contract on a durable medium (C. conso L221-13; law.md 4.1, 4.3)."""
    order = order_of(facts)
    term = Term.objects.select_related("subscription__recipient__address", "payment__saved_method").get(
        pk=facts["term_id"]
    )
    invoice = Invoice.objects.get(pk=facts["invoice_id"])
    copies = [copy.issue for copy in term.entitlements.select_related("issue") if copy.issue is not None]
    first = copies[0] if copies else order.first_issue
    renews_on = term.ends_on + timedelta(days=1)
    window = legal_notice_window(renews_on)
    zone = DeliveryZone(order.delivery.delivery_zone)
    withdrawable = withdraw_until(posted_on=first.posted_on or first.post_on, zone=zone)
    return {
        **told_of(order),
        "order": order,
        "invoice": invoice,
        "invoice_reference": invoice.reference,
        "subscriber_number": term.subscription.number or "",
        "numbers": f"{term.copies}, {issues([copy.number for copy in copies])}",
        "first_issue": issue(first.number),
        "first_cover": month(first.cover_month, first.cover_year),
        "first_posted_about": day(first.post_on),
        "last_issue": issue(copies[-1].number) if len(copies) == term.copies else "",
        "period": f"du {day(term.starts_on)} au {day(term.ends_on)}",
        "paid_on": day(term.payment.received_on) if term.payment and term.payment.received_on else "",
        "paid_by": paid_by(term.payment) if term.payment else "",
        "price": price(invoice, rate=term.vat_rate),
        "address": term.subscription.recipient.address.lines,
        "automatic": term.subscription.renewal == Offer.Renewal.AUTOMATIC,
        "renews_on": day(renews_on),
        "refuse_until": day(last_day_to_refuse(renews_on)),
        "notice_from": day(window.send_from),
        "notice_until": day(window.send_until),
        "withdraw_until_at_least": day(withdrawable) if withdrawable else "",
        "withdraw_url": absolute(WITHDRAW),
        "terminate_url": absolute(TERMINATE),
    }


def order_of(facts: Facts) -> Order:
    """The order a letter is about, with what letters name of it."""
    return Order.objects.select_related("offer__magazine", "delivery", "first_issue").get(pk=facts["order_id"])


def told_of(order: Order) -> dict[str, Any]:
    """What every letter about an order names."""
    return {
        "reference": order.reference,
        "amount": french(order.amount),
        "offer": order.offer.title,
        "placed_on": day(paris_day(order.placed_at)),
        "tracking_url": absolute(tracking_path(order)),
    }


def price(invoice: Invoice, *, rate: Decimal) -> str:
    """« 27,60 € TTC (27,03 € HT, TVA 2,10 % : 0,57 €) », or the mention that explains why there is no VAT."""
    if invoice.total_vat.amount:
        split = f"{french(invoice.total_ht)} HT, TVA {percent(rate)} : {french(invoice.total_vat)}"
        return f"{french(invoice.total_ttc)} TTC ({split})"
    return (
        f"{french(invoice.total_ttc)} ({invoice.legal_mention})" if invoice.legal_mention else french(invoice.total_ttc)
    )
