"""A second charge that only Stripe knows is taken over into the books, where it is surplus and goes back by itself.

Money that really moved is never refused (design, rule 4): the row that it lacked is written, and settled by the one way.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments import gateway
from payments.actors import Actor
from payments.desk import record_act
from payments.gateway import Outcome
from payments.keys import new_key, new_reference
from payments.models import MirrorCharge, MirrorDifference, Payment, PaymentEvent
from payments.settling import News, apply

State = Payment.State


class NotASecondCharge(ValueError):
    """This charge is in the books already, or pays for nothing that another one has paid."""


def first_payment(charge: MirrorCharge) -> Payment:
    """The payment that another charge has paid. Raises NotASecondCharge."""
    second = MirrorDifference.objects.filter(kind=MirrorDifference.Kind.SECOND, stripe_charge=charge.stripe_charge)
    known = Payment.objects.filter(stripe_charge=charge.stripe_charge)
    if charge.payment is None or not second.exists() or known.exists():
        raise NotASecondCharge(charge.stripe_charge)
    return charge.payment


def take_over(charge: MirrorCharge, *, reason: str, actor: Actor, at: datetime) -> Payment:
    """Write the payment that the books lack, and settle it: surplus, booked, on the desk, its refund queued. Network.

    Safe to repeat: a charge is one payment. Raises NotASecondCharge, or what the gateway raises.
    """
    intent = gateway.fetch_intent(charge.stripe_intent)
    if intent.outcome != Outcome.SUCCEEDED or intent.charge != charge.stripe_charge:
        raise NotASecondCharge(charge.stripe_charge)
    with transaction.atomic():
        first = Payment.objects.select_for_update(no_key=True).get(pk=first_payment(charge).pk)
        first_payment(charge)  # once more, behind the lock
        twin = Payment.objects.create(
            reference=new_reference("PAY"),
            purpose=first.purpose,
            subject=first.subject,
            customer_id=first.customer_id,
            payer_account_id=first.payer_account_id,
            amount=charge.amount,
            description=first.description,
            way=Payment.Way.CHECKOUT,
            method_kind=intent.method_kind,
            idempotency_key=new_key(),
            created_at=at,
            called_at=at,
            state_since=at,
        )
        PaymentEvent.objects.create(
            payment=twin, from_state="", to_state=State.CREATED, actor=str(actor), reason=reason[:200], at=at
        )
        record_act("took a second charge over", subject=f"payment:{twin.pk}", actor=actor, at=at, reason=reason)
        [settled] = apply([News(twin.pk, Outcome.SUCCEEDED, intent=intent, closed=True)], actor=actor, at=at)
    return settled
