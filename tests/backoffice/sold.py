"""A shop that has sold, without asking Stripe: orders settled as the webhook would have settled them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from payments.actors import stripe_event
from payments.gateway import IntentSeen, Outcome
from payments.models import Invoice, Payment, StripeEvent
from payments.settling import News, apply
from shop.customers.models import Customer
from subscriptions.models import Notice, Offer, Order, Price, Renewal, RenewalEvent, Subscription, Term
from subscriptions.orders.placing import payment_of
from tests.makers import HOME, make_wish, place_order


@dataclass
class Sale:
    """One order that was paid, and all that came of it."""

    order: Order
    payment: Payment
    customer: Customer
    subscription: Subscription
    invoice: Invoice
    letter: Notice
    event: StripeEvent


def intent_of(payment: Payment, *, number: int) -> IntentSeen:
    """A payment intent that has succeeded."""
    return IntentSeen(
        id=f"pi_{number}",
        outcome=Outcome.SUCCEEDED,
        status="succeeded",
        amount_cents=2760,
        currency="eur",
        amount_received=2760,
        customer=f"cus_{number}",
        payment_method=f"pm_{number}",
        charge=f"ch_{number}",
        decline=None,
        metadata={},
        created=timezone.now(),
        livemode=False,
        method_kind="card",
    )


def sell(
    offer: Offer, *, number: int = 1, first_name: str = "Élodie", last_name: str = "Lefèvre", **changes: Any
) -> Sale:
    """An order of `offer`, paid by card a minute later; `number` tells buyers apart."""
    at = timezone.now()
    email = changes.pop("email", f"reader{number}@example.fr")
    address = changes.pop("address", HOME)
    address = replace(address, first_name=first_name, last_name=last_name)
    wish = make_wish(offer, address=address, email=email, first_name=first_name, last_name=last_name, **changes)
    order = place_order(wish, token=uuid.uuid4(), at=at)
    payment = payment_of(order)
    later = at + timedelta(seconds=60)
    event = StripeEvent.objects.create(
        event_id=f"evt_{number}",
        type="payment_intent.succeeded",
        object_id=f"pi_{number}",
        created=later,
        received_at=later,
        next_attempt_at=later,
        state=StripeEvent.State.APPLIED,
        done_at=later,
    )
    apply(
        [News(payment.pk, Outcome.SUCCEEDED, intent=intent_of(payment, number=number), closed=True)],
        actor=stripe_event(event.event_id),
        at=later,
    )
    order.refresh_from_db()
    payment.refresh_from_db()
    assert order.state == Order.State.PAID, order.state
    term = Term.objects.select_related("subscription").get(order=order)
    return Sale(
        order=order,
        payment=payment,
        customer=Customer.objects.get(pk=order.customer_id),
        subscription=term.subscription,
        invoice=Invoice.objects.get(subject=order.subject, kind="invoice"),
        letter=Notice.objects.get(matter=f"order_confirmation:{order.subject}"),
        event=event,
    )


def planned(subscription: Subscription, *, state: str = "planned", **changes: Any) -> Renewal:
    """The next term of a subscription, planned for 23 November 2027."""
    now = timezone.now()
    renewal = Renewal.objects.create(
        subscription=subscription,
        number=2,
        renews_on=date(2027, 11, 23),
        state=state,
        state_since=now,
        price=Price.objects.get(offer=subscription.offer, delivery_zone="FR", valid_to=None),
        amount="27.60",
        created_at=now,
        **changes,
    )
    RenewalEvent.objects.create(
        renewal=renewal, from_state="", to_state=state, renews_on=renewal.renews_on, actor="job:renewal-plan",
        reason="R is near", at=now,
    )  # fmt: skip
    return renewal
