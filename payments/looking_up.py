"""Looking up at Stripe what became of a payment: the only way out of `unknown` (design, rule 3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from payments import gateway
from payments.actors import Actor
from payments.gateway import CheckoutSeen, IntentSeen, MethodSeen, Outcome
from payments.models import Payment
from payments.settling import News, apply

State = Payment.State
# Stripe's own time-outs end well before: a request that it has not seen by then will never arrive.
NEVER_ARRIVED = timedelta(minutes=10)


def look_up(payment: Payment, *, actor: Actor, at: datetime) -> Payment:
    """Ask Stripe about one payment and apply the answer; returns it as it stands then. Network; outside a transaction;
    safe to repeat.

    Raises what the gateway raises (`Unknown` when Stripe does not answer: then nothing has changed).
    """
    # Before asking: whatever cannot be answered goes to the end of the queue.
    Payment.objects.filter(pk=payment.pk).update(looked_up_at=at)
    news = look(payment, at=at)
    moved = apply([news], actor=actor, at=at) if news is not None else []
    if moved:
        return moved[0]  # as it was saved a moment ago, under its lock
    payment.refresh_from_db()
    return payment


def look(payment: Payment, *, at: datetime) -> News | None:
    """What Stripe says of a payment now; None when there is nothing that could change it. Network, no writing of state."""
    if payment.way == Payment.Way.CHECKOUT:
        return _look_at_page(payment, at=at)
    return _look_for_charge(payment, at=at)


def _look_at_page(payment: Payment, *, at: datetime) -> News | None:
    page = _page(payment)
    if page is None:
        silent = payment.state in (State.CREATED, State.UNKNOWN)
        if silent and payment.called_at and at - payment.called_at > NEVER_ARRIVED:
            return News(payment.pk, Outcome.CANCELLED, reason="no payment page was ever opened")
        return None
    if payment.checkout_session is None:
        Payment.objects.filter(pk=payment.pk, checkout_session=None).update(
            checkout_session=page.id, checkout_url=page.url
        )
    closed = page.status != "open"
    intent = _intent_of(payment, page)
    if intent is not None and intent.outcome == Outcome.SUCCEEDED:
        return News(payment.pk, intent.outcome, intent=intent, method=_method(payment, intent), closed=True)
    if page.status == "expired":
        return News(payment.pk, Outcome.CANCELLED, intent=intent, closed=True, reason="the payment page has expired")
    if intent is None or intent.outcome == Outcome.CREATED:
        return News(payment.pk, Outcome.CREATED) if payment.state == State.UNKNOWN else None
    return News(payment.pk, intent.outcome, intent=intent, closed=closed)


def _intent_of(payment: Payment, page: CheckoutSeen) -> IntentSeen | None:
    """The intent behind a page. Stripe names it on the page only once the page is complete; a refusal comes before."""
    known = page.payment_intent or payment.stripe_intent
    if known:
        return gateway.fetch_intent(known)
    if page.status == "open" and page.customer:
        found = gateway.find_intents(customer=page.customer, reference=payment.reference)
        return found[0] if found else None
    return None


def _page(payment: Payment) -> CheckoutSeen | None:
    if payment.checkout_session:
        return gateway.fetch_checkout(payment.checkout_session)
    account = payment.payer_account
    if account is None or not account.stripe_customer or payment.called_at is None:
        return None
    pages = gateway.find_checkouts(customer=account.stripe_customer)
    return next((page for page in pages if page.client_reference_id == payment.reference), None)


def _look_for_charge(payment: Payment, *, at: datetime) -> News | None:
    if payment.stripe_intent:
        intent: IntentSeen | None = gateway.fetch_intent(payment.stripe_intent)
    elif payment.payer_account and payment.payer_account.stripe_customer and payment.called_at:
        found = gateway.find_intents(customer=payment.payer_account.stripe_customer, reference=payment.reference)
        # Should two exist under one reference, the one that took money is the truth.
        found.sort(key=lambda one: one.outcome == Outcome.SUCCEEDED, reverse=True)
        intent = found[0] if found else None
    else:
        return None
    if intent is None:
        # A charge still `created` long after it was asked for: the process that asked has died.
        silent = payment.state in (State.CREATED, State.UNKNOWN)
        if silent and payment.called_at and at - payment.called_at > NEVER_ARRIVED:
            return News(payment.pk, Outcome.CANCELLED, reason="Stripe never received the charge")
        return None
    if intent.outcome == Outcome.CREATED:
        return None
    return News(payment.pk, intent.outcome, intent=intent, method=_method(payment, intent), closed=True)


def _method(payment: Payment, intent: IntentSeen) -> MethodSeen | None:
    if not payment.save_method or not intent.payment_method:
        return None
    try:
        return gateway.fetch_method(intent.payment_method, mandate=intent.mandate)
    except gateway.Missing:
        return None  # taken back at Stripe since: the money came all the same


# Asked twice a minute, and mostly answered by nothing: written out, for to build it anew took longer than to answer it.
DUE = """
SELECT id FROM payments_payment
WHERE (
        (state = 'unknown' OR (state = 'created' AND way = 'off_session'))
        AND called_at <= %(minutes)s AND (looked_up_at IS NULL OR looked_up_at <= %(minutes)s)
    )
    OR (
        state IN ('created', 'declined', 'action_required') AND is_open AND called_at IS NOT NULL
        AND checkout_expires_at <= %(minutes)s AND (looked_up_at IS NULL OR looked_up_at <= %(hour)s)
    )
    OR (state = 'processing' AND (looked_up_at IS NULL OR looked_up_at <= %(day)s) AND state_since <= %(day)s)
ORDER BY looked_up_at NULLS FIRST, id LIMIT %(limit)s
"""


def due(*, at: datetime, limit: int) -> list[Payment]:
    """Payments worth asking about: unknown after 5 minutes, then hourly; open pages that are over; slow debits daily.

    Also charges without the reader whose asker never came back with an answer. One query; two where there are any.
    """
    given: dict[str, datetime | int] = {
        "minutes": at - timedelta(minutes=5),
        "hour": at - timedelta(hours=1),
        "day": at - timedelta(days=1),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(DUE, given)
        keys = [key for (key,) in cursor.fetchall()]
    if not keys:
        return []
    found = Payment.objects.select_related("payer_account").in_bulk(keys)
    return [found[key] for key in keys]
