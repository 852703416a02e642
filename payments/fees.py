"""Fees: Stripe tells them late, on the lines of its balance; each is booked once (law.md 6.3, stripe.md Money)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from payments import gateway
from payments.actors import Actor
from payments.days import paris_day
from payments.gateway import MovementSeen
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import BalanceMovement, Payment, Refund
from payments.money import from_cents

PAGE = 100
OVERLAP = timedelta(days=3)
ORPHANS_ARE_TRIED_FOR = timedelta(days=31)


def read_movements(*, actor: Actor, at: datetime, complete_until: datetime | None = None) -> int:
    """Read Stripe's balance lines of the last days and keep those that are new, with their fees; returns how many.

    Reads three days back from `complete_until`, the instant of the last reading that came to its end (a month without
    one). Network, then one transaction per page; safe to repeat and to stop anywhere.
    """
    seen = gateway.list_movements(since=(complete_until or at - ORPHANS_ARE_TRIED_FOR) - OVERLAP)
    kept = 0
    while page := list(islice(seen, PAGE)):
        kept += keep(page, actor=actor, at=at)
    book_ours(actor=actor, at=at)
    return kept


def book_for_charge(charge: str, *, actor: Actor, at: datetime) -> bool:
    """Fetch what a charge cost, if Stripe knows it yet. Network. False when the charge is none of ours."""
    if not Payment.objects.filter(stripe_charge=charge).exists():
        return False
    movement = gateway.fetch_charge(charge).balance_transaction
    if movement:
        keep([gateway.fetch_movement(movement)], actor=actor, at=at)
    return True


@transaction.atomic
def keep(seen: Iterable[MovementSeen], *, actor: Actor, at: datetime) -> int:
    """Keep balance lines that are new and book the fees of ours; returns how many were new."""
    lines = {line.id: line for line in seen}
    known = set(BalanceMovement.objects.filter(stripe_id__in=lines).values_list("stripe_id", flat=True))
    fresh = [line for line in lines.values() if line.id not in known]
    BalanceMovement.objects.bulk_create(
        [
            BalanceMovement(
                stripe_id=line.id,
                kind=line.kind,
                amount=from_cents(line.amount_cents).amount,
                fee=from_cents(line.fee_cents).amount,
                net=from_cents(line.net_cents).amount,
                currency=line.currency,
                source=line.source,
                created=line.created,
                available_on=line.available_on,
            )
            for line in fresh
        ],
        ignore_conflicts=True,
    )
    book_ours(actor=actor, at=at)
    return len(fresh)


@transaction.atomic
def book_ours(*, actor: Actor, at: datetime) -> int:
    """Match balance lines to our payments and refunds, and book their fees; returns how many were matched.

    A line may be read before the payment that it belongs to has settled here, so every line of the last month that
    belongs to nobody yet is looked at again.
    """
    orphans = BalanceMovement.objects.filter(
        payment=None, refund=None, created__gte=at - ORPHANS_ARE_TRIED_FOR
    ).exclude(source="")
    lines: dict[str, list[BalanceMovement]] = defaultdict(list)
    for row in orphans.select_for_update(no_key=True).order_by("pk"):
        lines[row.source].append(row)  # a refund that failed has two lines: out, and back again
    for payment in Payment.objects.filter(stripe_charge__in=lines):
        for row in lines[str(payment.stripe_charge)]:
            row.payment = payment
    for refund in Refund.objects.filter(stripe_refund__in=lines):
        for row in lines[str(refund.stripe_refund)]:
            row.refund = refund
    ours = [row for rows in lines.values() for row in rows if row.payment_id or row.refund_id]
    BalanceMovement.objects.bulk_update(ours, ["payment", "refund"])
    post(
        [
            entries.fee(row.pk, amount=row.fee, reference=row.stripe_id, booked_on=paris_day(row.created))
            for row in ours
            if row.fee
        ],
        actor=actor,
        at=at,
    )
    return len(ours)


def late(*, at: datetime, after: timedelta = timedelta(days=3)) -> int:
    """How many settled payments still have no fee after so long: something for technique to look at."""
    return Payment.objects.filter(
        state=Payment.State.SUCCEEDED, stripe_charge__isnull=False, movements=None, state_since__lte=at - after
    ).count()
