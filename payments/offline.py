"""Money that does not come through Stripe: intended, received, given up; through the one way in which payments move.

Stripe is never asked about it (the database refuses its numbers on such a row). Whoever sold hears of it as of any payment.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from payments.actors import Actor
from payments.days import paris_day
from payments.gateway import Outcome
from payments.keys import new_key, new_reference
from payments.models import Payment, PaymentEvent
from payments.money import amount_of
from payments.offline_kinds import is_offline
from payments.settling import News, apply

State = Payment.State


class CannotReceiveOffline(ValidationError):
    """This money cannot be noted so; the message is a sentence for staff."""


def intend(
    *, purpose: str, subject: str, amount: Money, description: str, customer: Any, kind: str, actor: Actor, at: datetime
) -> Payment:
    """Write down that an amount is awaited by cheque or transfer (`payments.offline_kinds.Kind`), in the caller's transaction.

    The database refuses a second open payment of one subject (IntegrityError).
    """
    payment = Payment.objects.create(
        reference=new_reference("PAY"),
        purpose=purpose,
        subject=subject,
        customer=customer,
        amount=amount_of(amount),
        description=description,
        way=Payment.Way.OFFLINE,
        method_kind=kind,
        idempotency_key=new_key(),
        created_at=at,
        state_since=at,
    )
    PaymentEvent.objects.create(payment=payment, from_state="", to_state=State.CREATED, actor=str(actor), at=at)
    return payment


def receive(payment_id: int, *, received_on: date, reason: str, actor: Actor, at: datetime) -> Payment:
    """The money is here: settles the payment, serves what it pays. Joins the caller's transaction. Locks the payment first.

    `received_on`: the day a cheque was handed over, or a transfer credited: its VAT fell due then (law.md 1.5). Raises
    CannotReceiveOffline: received already, given up, not awaited this way, or a day that has not come.
    """
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    if not is_offline(payment) or payment.state != State.CREATED:
        raise CannotReceiveOffline(_("Nothing is awaited of this payment by cheque or transfer any more."), code="over")
    if received_on > paris_day(at):
        raise CannotReceiveOffline(_("This day has not come yet."), code="future")
    news = News(payment.pk, Outcome.SUCCEEDED, reason=reason[:200], received_on=received_on)
    [moved] = apply([news], actor=actor, at=at)
    return moved


def give_up(payment_id: int, *, reason: str, actor: Actor, at: datetime) -> Payment:
    """Nobody waits for this money any more: what it was to pay is cancelled. Raises CannotReceiveOffline."""
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    if not is_offline(payment) or payment.state != State.CREATED:
        raise CannotReceiveOffline(_("Nothing is awaited of this payment by cheque or transfer any more."), code="over")
    [moved] = apply([News(payment.pk, Outcome.CANCELLED, reason=reason[:200])], actor=actor, at=at)
    return moved
