"""What became of an order, said truthfully whichever of return, webhook and sweep came first."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from payments import gateway
from payments.actors import job
from payments.looking_up import look_up
from payments.models import Payment
from subscriptions.models import Order
from subscriptions.orders.placing import payment_of

State = Payment.State
ASK_AGAIN_AFTER = timedelta(seconds=3)


class Situation(StrEnum):
    """What the reader is told."""

    PAID = "paid"
    ON_ITS_WAY = "on_its_way"
    REFUSED = "refused"
    NOT_YET_KNOWN = "not_yet_known"
    NOT_PAID = "not_paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SURPLUS = "surplus"


def follow(order: Order, *, at: datetime, ask: bool) -> Situation:
    """Where an order stands, by its payment as it stands now (`payment_now`)."""
    payment = payment_now(order, at=at, ask=ask)
    return situation(order, payment, asked=not ask or payment.looked_up_at == at)


def payment_now(order: Order, *, at: datetime, ask: bool) -> Payment:
    """The payment of an order; with `ask`, Stripe is asked first if we do not know yet (at most every 3 seconds).

    Network only with `ask`, outside a transaction. When Stripe does not answer, what we know is told. The order is read
    again unless its payment tells all: what it pays for is served.
    """
    payment = payment_of(order)
    undecided = payment.is_open or payment.state == State.PROCESSING
    fresh = payment.looked_up_at is None or at - payment.looked_up_at >= ASK_AGAIN_AFTER
    if ask and undecided and fresh and payment.called_at is not None:
        try:
            payment = look_up(payment, actor=job("return-page"), at=at)
        except gateway.GatewayFault:
            Payment.objects.filter(pk=payment.pk).update(looked_up_at=at)
    if payment.effect != Payment.Effect.DONE:
        order.refresh_from_db(fields=["state", "state_since", "customer"])
    return payment


def situation(order: Order, payment: Payment, *, asked: bool = True) -> Situation:
    """The pure table behind `follow`.

    `asked`: Stripe was asked just now. Else what it refused a moment ago may be paid by now: the page stays open, and the
    reader who comes back from it is not told that nothing was debited.
    """
    if payment.effect == Payment.Effect.DONE:
        return Situation.PAID
    if payment.state == State.SUCCEEDED and payment.surplus and order.state != Order.State.PAID:
        return Situation.SURPLUS
    if order.state == Order.State.PAID:
        return Situation.PAID
    if order.state == Order.State.CANCELLED and payment.state == State.PROCESSING:
        return Situation.SURPLUS  # given up by its reader while the debit was on its way: it goes back
    if order.state == Order.State.CANCELLED and payment.state in (State.CREATED, State.ACTION_REQUIRED):
        return Situation.CANCELLED  # given up by its reader; the payment page is about to be closed
    if payment.state == State.SUCCEEDED:
        return Situation.NOT_YET_KNOWN  # paid, its effect is parked: it will be served
    if payment.state == State.UNKNOWN and not payment.checkout_session and not payment.stripe_intent:
        # Whether Stripe made a page we do not know; nobody was ever led to one, so nobody can have paid.
        return Situation.NOT_PAID
    return {
        State.PROCESSING: Situation.ON_ITS_WAY,
        State.DECLINED: Situation.REFUSED if asked or not payment.is_open else Situation.NOT_YET_KNOWN,
        State.UNKNOWN: Situation.NOT_YET_KNOWN,
        State.ACTION_REQUIRED: Situation.NOT_PAID,
        State.CREATED: Situation.NOT_PAID,
        State.CANCELLED: Situation.EXPIRED if order.state == Order.State.EXPIRED else Situation.CANCELLED,
    }[State(payment.state)]
