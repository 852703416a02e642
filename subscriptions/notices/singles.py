"""What letters about past issues bought one by one say."""

from __future__ import annotations

from datetime import timedelta

from payments.days import paris_day
from payments.invoicing.rendering import read_whole
from payments.models import Payment
from payments.money import french
from payments.paid_by import paid_by
from subscriptions.calendar import RULES
from subscriptions.models import Order, SoldIssue
from subscriptions.notices.french import day, issue, issues, month
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute, public_function
from subscriptions.notices.purchases import price_words
from subscriptions.orders.links import tracking_path


def confirmation(facts: Facts) -> Context:
    """What was bought, on a durable medium (C. conso L221-13; law.md 4.1, 4.3)."""
    order = Order.objects.select_related("offer__magazine", "delivery").get(pk=facts["order_id"])
    payment = Payment.objects.filter(subject=order.subject, state=Payment.State.SUCCEEDED, surplus=False).first()
    invoice = read_whole(facts["invoice_id"])
    lines = list(SoldIssue.objects.filter(order=order, replaces=None).select_related("issue").order_by("issue__number"))
    received_on = payment.received_on if payment is not None else None
    posted_by = (received_on or paris_day(order.placed_at)) + timedelta(days=RULES.single_posted_within_days)
    return {
        "order": order,
        "invoice": invoice,
        "invoice_reference": invoice.reference,
        "reference": order.reference,
        "placed_on": day(paris_day(order.placed_at)),
        "magazine_title": order.offer.magazine.title,
        "which": issues([line.issue.printed for line in lines]),
        "bought": [{"what": _named(line), "that": _said(line)} for line in lines],
        "several": len(lines) > 1,
        "amount": french(order.amount),
        "price": price_words(invoice, rate=order.vat_rate),
        "paid_on": day(received_on) if received_on else "",
        "paid_by": paid_by(payment) if payment is not None else "",
        "posted_by": day(posted_by),
        "address": order.delivery.lines,
        "tracking_url": absolute(tracking_path(order)),
        "withdraw_url": public_function("withdraw"),
    }


def sent(facts: Facts) -> Context:
    """One issue has left."""
    line = SoldIssue.objects.select_related("order__offer__magazine", "order__delivery", "issue").get(
        pk=facts["sold_id"]
    )
    order = line.order
    run = line.dispatches.select_related("run").get().run
    return {
        "order": order,
        "reference": order.reference,
        "magazine_title": order.offer.magazine.title,
        "issue": issue(line.issue.printed),
        "cover": month(line.issue.cover_month, line.issue.cover_year),
        "copies": line.copies,
        "again": line.replaces_id is not None,
        "posted_on": day(run.posted_on) if run.posted_on else "",
        "label": order.delivery.lines,
        "tracking_url": absolute(tracking_path(order)),
    }


def _named(line: SoldIssue) -> str:
    return f"{issue(line.issue.printed)}, {month(line.issue.cover_month, line.issue.cover_year)}"


def _said(line: SoldIssue) -> str:
    """« 2 exemplaires, 18,00 € »."""
    return f"{line.copies} exemplaire{'s' if line.copies > 1 else ''}, {french(line.amount)}"
