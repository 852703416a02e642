"""The sweeps of a day, as the clockwork runs them, and small changes of the world for stories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core import mail

from payments.actors import job
from payments.models import DeskItem, SavedMethod
from subscriptions.models import Entitlement, Issue, Notice, NoticeProof, Price, Renewal, Subscription
from subscriptions.notices.delivering import deliver
from subscriptions.renewals.noticing import Noticed, notice
from subscriptions.renewals.planning import Planned, plan
from subscriptions.renewals.proving import Proved, prove
from subscriptions.renewals.unproved import Unproved, sort_out
from tests.makers import NOW

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


@dataclass(slots=True)
class Day:
    """What the sweeps of one day did, in the order of the clock."""

    planned: Planned
    noticed: Noticed
    sent: int
    proved: Proved
    unproved: Unproved


def notice_on(on: date) -> Noticed:
    """The letters queued on one day."""
    return notice(on=on, at=noon(on), limit=100)


def prove_on(on: date) -> tuple[Proved, Unproved]:
    """The proofs of one day, and what never got there."""
    return (
        prove(on=on, at=noon(on), actor=CLOCK, limit=100),
        sort_out(on=on, at=noon(on), actor=CLOCK, limit=100),
    )


def live(on: date) -> Day:
    """One whole day of the clockwork, letters included."""
    planned, noticed = plan_on(on), notice_on(on)
    sent = deliver(100, at=noon(on)).sent
    proved, unproved = prove_on(on)
    sent += deliver(100, at=noon(on)).sent
    return Day(planned, noticed, sent, proved, unproved)


def live_on(days: Iterable[date]) -> dict[date, list[str]]:
    """Each of these days; the subjects of the letters that left, by day."""
    told: dict[date, list[str]] = {}
    for on in days:
        before = len(mail.outbox)
        live(on)
        if len(mail.outbox) > before:
            told[on] = [letter.subject for letter in mail.outbox[before:]]
    return told


def live_through(first: date, last: date) -> dict[date, list[str]]:
    """Every day from first to last."""
    return live_on(first + timedelta(days=days) for days in range((last - first).days + 1))


def around(renews_on: date, *days_before: int) -> list[date]:
    """Days before (after, if negative) an R."""
    return [renews_on - timedelta(days=days) for days in days_before]


def bounce(renewal: Renewal, *, kind: str = "renewal_notice", at: datetime) -> Notice:
    """The mail provider says later that a letter did not arrive."""
    notice_ = Notice.objects.filter(kind=kind, matter__contains=f":renewal:{renewal.pk}:").order_by("-pk")[0]
    NoticeProof.objects.create(notice=notice_, kind="bounced", at=at)
    Notice.objects.filter(pk=notice_.pk).update(state="bounced")
    return notice_


def other_card(subscription: Subscription, **card: Any) -> SavedMethod:
    """Another card (or IBAN) is kept for the subscription."""
    old = subscription.saved_method
    facts = {"kind": "card", "brand": "visa", "last4": "1881", "exp_month": 12, "exp_year": 2035}
    new = SavedMethod.objects.create(
        payer_account=old.payer_account, stripe_method=f"pm_other_{SavedMethod.objects.count()}", created_at=NOW,
        **(facts | card),
    )  # fmt: skip
    Subscription.objects.filter(pk=subscription.pk).update(saved_method=new)
    return new
