"""What letters about the charge of a renewal say: read from the rows when the letter is written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_date

from payments.days import paris_day
from payments.gateway import decline
from payments.models import Invoice, Payment
from payments.money import french
from payments.paid_by import means, paid_by
from subscriptions.calendar import expected_sepa_settlement
from subscriptions.models import Offer, Renewal, Subscription, Term
from subscriptions.notices.french import day, issues
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute, public_function
from subscriptions.renewals.links import pay_path
from subscriptions.renewals.links_by_choice import renew_path
from subscriptions.renewals.tries import lapse_day, tries_of

State = Renewal.State


def paid(facts: Facts) -> Context:
    """The receipt of a renewal, with how to stop (law.md 5.2)."""
    renewal = _renewal(facts)
    term = Term.objects.select_related("payment__saved_method").get(pk=facts["term_id"])
    invoice = Invoice.objects.get(pk=facts["invoice_id"])
    copies = [copy.issue for copy in term.entitlements.select_related("issue") if copy.issue is not None]
    return {
        **_told_of(renewal),
        "invoice": invoice,
        "invoice_reference": invoice.reference,
        "numbers": f"{term.copies}, {issues([copy.printed for copy in copies])}"
        if len(copies) == term.copies
        else str(term.copies),
        "period": f"du {day(term.starts_on)} au {day(term.ends_on)}",
        "amount": french(term.amount),
        "by_reader": term.payment is not None and term.payment.way == Payment.Way.CHECKOUT,
        "paid_on": day(term.payment.received_on) if term.payment and term.payment.received_on else "",
        "paid_by": paid_by(term.payment) if term.payment else "",
    }


def declined(facts: Facts) -> Context:
    """The bank refused, and the same method is tried again on a named day."""
    renewal = _renewal(facts)
    next_try_on = parse_date(str(facts["next_try_on"]))
    if next_try_on is None:
        raise ValueError("next_try_on is a date, as in 2027-11-26")
    return {
        **_told_of(renewal),
        "sentence": decline(facts["decline_code"], kind=facts["kind"]).sentence,
        "next_try": day(next_try_on),
        "still_so": renewal.state == State.RETRYING and renewal.next_try_on == next_try_on,
        "method": _method(renewal.subscription),
    }


def card_needed(facts: Facts) -> Context:
    """Nothing can be charged any more: another means of payment, or none at all, `decline_code` empty then."""
    renewal = _renewal(facts)
    code = facts["decline_code"]
    return {**_told_of(renewal), "sentence": decline(code, kind=facts["kind"]).sentence if code else ""}


def confirm(facts: Facts) -> Context:
    """The bank wants the reader to confirm the payment."""
    return _told_of(_renewal(facts))


def debit_pending(facts: Facts) -> Context:
    """A direct debit is on its way (law.md 5.3)."""
    payment = Payment.objects.select_related("saved_method").get(pk=facts["payment_id"])
    begun_on = paris_day(payment.called_at or payment.created_at)
    return {
        **_told_of(_renewal(facts)),
        "payment": payment,
        "paid_by": paid_by(payment),
        "expected_on": day(expected_sepa_settlement(begun_on)),
    }


def lapsed(facts: Facts) -> Context:
    """The end for want of payment, and the way back: the same subscription goes on with an order."""
    renewal = _renewal(facts)
    return {**_told_of(renewal), "renew_url": absolute(renew_path(renewal.subscription))}


def given_back(facts: Facts) -> Context:
    """Money that pays for no term any more."""
    renewal = _renewal(facts)
    payment = Payment.objects.select_related("saved_method").get(pk=facts["payment_id"])
    return {
        **_told_of(renewal),
        "amount": french(payment.amount),
        "paid_by": paid_by(payment),
        "stopped": renewal.state == State.CANCELLED,
        "lapsed": renewal.state == State.LAPSED,
    }


def no_longer_retried(context: Context, *, at: datetime) -> str:
    """A next try is not announced once there is none, or another."""
    return "" if context["still_so"] else "the charge is no longer planned for that day"


def no_longer_asked(context: Context, *, at: datetime) -> str:
    """Nobody is asked to pay what is paid, on its way, charged again or over."""
    renewal: Renewal = context["renewal"]
    if renewal.state not in (State.AWAITING_READER, State.MANUAL):
        return f"the renewal is {renewal.state}"
    coming = Payment.objects.filter(subject=renewal.subject, state=Payment.State.PROCESSING)
    return "a payment is on its way" if coming.exists() else ""


def no_longer_pending(context: Context, *, at: datetime) -> str:
    """A debit is not announced once it is known to be paid or refused."""
    pending = context["payment"].state == Payment.State.PROCESSING
    return "" if pending else "the debit is no longer on its way"


def back_again(context: Context, *, at: datetime) -> str:
    """An end is not told to somebody who has come back."""
    renewal: Renewal = context["renewal"]
    living = renewal.subscription.state != Subscription.State.LAPSED
    return "the subscription goes on" if living else ""


def _renewal(facts: Facts) -> Renewal:
    return Renewal.objects.select_related("subscription__offer", "subscription__saved_method").get(
        pk=facts["renewal_id"]
    )


def _told_of(renewal: Renewal) -> dict[str, Any]:
    """What every letter about a charge names."""
    subscription = renewal.subscription
    return {
        "renewal": renewal,
        "subscriber_number": subscription.number or "",
        "amount": french(renewal.amount),
        "offer": subscription.offer.title,
        "automatic": subscription.renewal == Offer.Renewal.AUTOMATIC,
        "renews_on": day(renewal.renews_on),
        "lapses_on": day(lapse_day(renewal, tries_of([renewal])[renewal.pk])),
        "pay_url": absolute(pay_path(renewal)),
        "terminate_url": public_function("terminate"),
    }


def _method(subscription: Subscription) -> str:
    saved = subscription.saved_method
    return means(saved.kind, last4=saved.last4) if saved is not None else ""
