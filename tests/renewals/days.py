"""The sweeps of a day, as the clockwork runs them, and small changes of the world for stories."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from payments.actors import job
from payments.models import DeskItem
from subscriptions.models import Entitlement, Issue, Price, Renewal, Subscription
from subscriptions.renewals.planning import Planned, plan

CLOCK = job("renewals")


def noon(on: date) -> datetime:
    """Noon UTC: the afternoon of that day in Paris."""
    return datetime.combine(on, time(12), tzinfo=UTC)


def plan_on(on: date, *, limit: int = 100) -> Planned:
    """The planning of one day."""
    return plan(on=on, at=noon(on), actor=CLOCK, limit=limit)


def the_renewal(subscription: Subscription | None = None) -> Renewal:
    """The newest renewal (of one subscription)."""
    rows = Renewal.objects.filter(subscription=subscription) if subscription else Renewal.objects.all()
    return rows.order_by("-pk")[0]


def succeed_price(subscription: Subscription, amount: str, *, valid_from: date, zone: str = "FR") -> Price:
    """Another price from a day on."""
    Price.objects.filter(offer=subscription.offer, delivery_zone=zone, valid_to=None).update(valid_to=valid_from)
    return Price.objects.create(
        offer=subscription.offer, delivery_zone=zone, amount=Decimal(amount), valid_from=valid_from
    )


def post_later(number: int, on: date) -> None:
    """An issue is planned for another day."""
    Issue.objects.filter(number=number).update(post_on=on)


def move_to(subscription: Subscription, zone: str) -> None:
    """The reader's copies go to another zone."""
    recipient = subscription.recipient
    address = recipient.address
    address.pk, address.delivery_zone = None, zone
    address.save(force_insert=True)
    recipient.address = address
    recipient.save()


def dispute(subscription: Subscription, *, at: datetime) -> DeskItem:
    """The bank says that the first payment is contested."""
    payment = subscription.terms.get(number=1).payment
    return DeskItem.objects.create(
        desk="finance", kind="charge.dispute.created", subject=f"payment:{payment.pk}", sentence="x", opened_at=at
    )


def serve_all(subscription: Subscription) -> None:
    """Every copy is posted."""
    Entitlement.objects.filter(term__subscription=subscription).update(state="served")


def steps(renewal: Renewal) -> list[tuple[Any, ...]]:
    """Its life: (from, to, R, reason)."""
    return list(renewal.events.values_list("from_state", "to_state", "renews_on", "reason"))
