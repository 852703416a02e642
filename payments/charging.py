"""Asking for money: the payment's row first, then the hosted page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from djmoney.money import Money

from payments import gateway
from payments.actors import Actor, job
from payments.desk import put_on_desk
from payments.gateway import CheckoutSeen, Outcome
from payments.keys import new_key, new_reference
from payments.looking_up import look_up
from payments.methods import known_at_stripe
from payments.models import DeskItem, PayerAccount, Payment, PaymentEvent
from payments.money import amount_of, to_cents
from payments.settling import News, apply

log = structlog.get_logger(__name__)
State = Payment.State
# An asker who has been silent for so long has died: what became of its request is looked up before anything is asked.
STILL_ASKING = timedelta(minutes=2)
# Stripe wants 30 minutes at least; the request itself takes time.
SHORTEST_PAGE = timedelta(minutes=31)


def intend(
    *,
    purpose: str,
    subject: str,
    amount: Money,
    description: str,
    customer: Any,
    account: PayerAccount,
    save_method: bool,
    actor: Actor,
    at: datetime,
) -> Payment:
    """Write down one collection by the hosted page, with its idempotency key; inside the caller's transaction.

    The database refuses a second open payment of one subject (IntegrityError). Stripe is asked only after the commit.
    """
    payment = Payment.objects.create(
        reference=new_reference("PAY"),
        purpose=purpose,
        subject=subject,
        customer=customer,
        payer_account=account,
        amount=amount_of(amount),
        description=description,
        way=Payment.Way.CHECKOUT,
        save_method=save_method,
        idempotency_key=new_key(),
        checkout_expires_at=at + timedelta(minutes=settings.CHECKOUT_MINUTES),
        created_at=at,
        state_since=at,
    )
    PaymentEvent.objects.create(payment=payment, from_state="", to_state=State.CREATED, actor=str(actor), at=at)
    return payment


def open_hosted_page(
    payment: Payment,
    *,
    email: str,
    name: str,
    success_url: str,
    cancel_url: str,
    actor: Actor,
    at: datetime,
    kinds: Sequence[str] = gateway.KINDS,
) -> Payment:
    """Open Stripe's page for a freshly read payment and remember its address. Network; outside a transaction. `kinds`: the
    means that the page offers.

    Asking twice, at once or later, opens one page: same key, same parameters (the URLs must therefore not vary). When
    Stripe does not answer the payment is `unknown`, and the next asking looks it up first. A refusal is our mistake:
    the payment is cancelled and technique's desk told. Raises `gateway.NotConfigured`: then nothing has changed.
    """
    forgotten = payment.called_at is not None and at - payment.called_at > STILL_ASKING
    if payment.state == State.UNKNOWN or (forgotten and not payment.checkout_url):
        payment = _find_page(payment, actor=actor, at=at)
    if payment.checkout_url or payment.state not in (State.CREATED, State.UNKNOWN):
        return payment
    account = payment.payer_account
    if account is None or payment.checkout_expires_at is None:
        raise ValueError("only a payment meant for the hosted page has one")
    if payment.called_at is None and payment.checkout_expires_at - at < SHORTEST_PAGE:
        # Nobody ever asked for the page, and Stripe would refuse so short a one. Two askers at once keep one end.
        Payment.objects.filter(pk=payment.pk, called_at=None, is_open=True).update(
            called_at=at, checkout_expires_at=at + timedelta(minutes=settings.CHECKOUT_MINUTES)
        )
        payment.refresh_from_db()
    # Only while it is open: another tab may have given this payment up in the same instant.
    if not Payment.objects.filter(pk=payment.pk, is_open=True).update(called_at=at):
        payment.refresh_from_db()
        return payment
    payment.called_at = at
    try:
        account = known_at_stripe(account, email=email, name=name)
        page = gateway.open_checkout(
            reference=payment.reference,
            customer=account.stripe_customer or "",
            amount_cents=to_cents(payment.amount),
            description=payment.description,
            success_url=success_url,
            cancel_url=cancel_url,
            expires_at=payment.checkout_expires_at,
            save_method=payment.save_method,
            metadata={"subject": payment.subject, "purpose": payment.purpose},
            key=payment.idempotency_key,
            statement_descriptor=settings.STATEMENT_DESCRIPTOR,
            kinds=kinds,
        )
    except (gateway.Unknown, gateway.RateLimited):
        apply([News(payment.pk, Outcome.UNKNOWN, reason="Stripe did not answer")], actor=actor, at=at)
        payment.refresh_from_db()
    except gateway.Refused as fault:
        _refused(payment, fault, actor=actor, at=at)
        payment.refresh_from_db()
    else:
        _remember(payment, page, actor=actor, at=at)
    return payment


def _remember(payment: Payment, page: CheckoutSeen, *, actor: Actor, at: datetime) -> None:
    told = {"checkout_session": page.id, "checkout_url": page.url}
    ours = Payment.objects.filter(pk=payment.pk, checkout_session=None)
    if payment.state == State.CREATED and ours.filter(state=State.CREATED).update(**told):
        payment.checkout_session, payment.checkout_url = page.id, page.url
        return
    # Unknown before, or another asker was told nothing meanwhile and has said so.
    ours.update(**told)
    payment.refresh_from_db()
    if payment.state == State.UNKNOWN:
        apply([News(payment.pk, Outcome.CREATED, reason="page opened")], actor=actor, at=at)
        payment.refresh_from_db()


def _refused(payment: Payment, fault: gateway.Refused, *, actor: Actor, at: datetime) -> None:
    log.error("page_refused", payment=payment.reference, fault=type(fault).__name__, code=fault.code)
    put_on_desk(
        DeskItem.Desk.TECHNIQUE,
        kind="page_refused",
        subject=f"payment:{payment.pk}",
        sentence=f"Stripe a refusé d’ouvrir la page de paiement de {payment.reference} ({fault.code or 'sans code'}).",
        at=at,
    )
    apply([News(payment.pk, Outcome.CANCELLED, reason=f"refused: {fault.code}"[:200])], actor=actor, at=at)


def _find_page(payment: Payment, *, actor: Actor, at: datetime) -> Payment:
    try:
        return look_up(payment, actor=actor, at=at)
    except gateway.GatewayFault:
        return payment


def close_hosted_page(payment: Payment, *, actor: Actor, at: datetime) -> Payment:
    """Make sure that nobody can pay on this page any more, and learn whether somebody did. Network.

    Raises `gateway.Unknown` when Stripe does not answer: the page may still be open.
    """
    if payment.state == State.CREATED and payment.called_at is None:
        apply([_never_sent(payment.pk)], actor=actor, at=at)
        payment.refresh_from_db()
    if payment.checkout_session is None and payment.state in (State.CREATED, State.UNKNOWN):
        payment = look_up(payment, actor=actor, at=at)
    if payment.checkout_session and payment.is_open:
        gateway.expire_checkout(payment.checkout_session)
        payment = look_up(payment, actor=actor, at=at)
    return payment


def _never_sent(payment_id: int) -> News:
    return News(payment_id, Outcome.CANCELLED, reason="never sent to Stripe", only_uncalled=True)


def abandon_uncalled(*, at: datetime, limit: int) -> int:
    """Cancel payments whose row was written but for which Stripe was never asked (a process died in between)."""
    stale = (
        Payment.objects.filter(
            state=State.CREATED, called_at=None, way=Payment.Way.CHECKOUT, checkout_expires_at__lte=at
        )
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    return len(apply([_never_sent(pk) for pk in stale], actor=job("order-expiry"), at=at))
