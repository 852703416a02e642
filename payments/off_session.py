"""Taking money without the reader: the rows first, all of them at once; then `payments.collecting` asks Stripe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments import gateway
from payments.actors import Actor
from payments.charging import close_hosted_page
from payments.keys import new_key, new_reference
from payments.looking_up import look_up
from payments.models import Payment, PaymentEvent, SavedMethod
from payments.money import amount_of
from payments.saving import insert_all

State = Payment.State


@dataclass(frozen=True, slots=True)
class Intention:
    """One charge to be made: what for, how much (Money), of whom, by which saved method (with its payer account)."""

    purpose: str
    subject: str
    amount: Any
    description: str
    customer_id: int | None
    method: SavedMethod


def intend_off_session(rows: Sequence[Intention], *, actor: Actor, at: datetime) -> list[Payment]:
    """Write down charges, each with an idempotency key of its own, inside the caller's transaction. Two queries.

    `called_at` is set here and not when Stripe is asked: whoever dies in between leaves rows that the look-up finds
    (`payments.looking_up.due`) and resolves, to their truth or to "never received". The database refuses a second open
    payment of one subject (IntegrityError), and a charge that nothing allows.
    """
    payments = [
        Payment(
            reference=new_reference("PAY"),
            purpose=row.purpose,
            subject=row.subject,
            customer_id=row.customer_id,
            payer_account=row.method.payer_account,
            amount=amount_of(row.amount),
            description=row.description,
            way=Payment.Way.OFF_SESSION,
            method_kind=row.method.kind,
            saved_method=row.method,
            idempotency_key=new_key(),
            created_at=at,
            called_at=at,
            state_since=at,
        )
        for row in rows
    ]
    insert_all(payments)
    insert_all(
        [
            PaymentEvent(payment=payment, from_state="", to_state=State.CREATED, actor=str(actor), at=at)
            for payment in payments
        ]
    )
    return payments


def close(payment: Payment, *, actor: Actor, at: datetime) -> Payment:
    """Make sure that no money can come by an open payment any more, and learn whether it did. Network.

    A hosted page is expired; a charge that waits for the reader's bank is cancelled at Stripe, so that it can never be
    confirmed. Whatever is on its way stays as it is: look at `is_open`. Raises what the gateway raises: it may be open.
    """
    if payment.way == Payment.Way.CHECKOUT:
        return close_hosted_page(payment, actor=actor, at=at)
    if payment.state == State.ACTION_REQUIRED and payment.stripe_intent:
        gateway.cancel_intent(payment.stripe_intent)
        return look_up(payment, actor=actor, at=at)
    return payment
