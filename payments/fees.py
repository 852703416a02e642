"""Fees: Stripe tells them late, on the lines of its balance; each is booked once (law.md 6.3, stripe.md Money)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import OuterRef, Subquery

from payments import gateway
from payments.actors import Actor
from payments.days import paris_day
from payments.gateway import MovementSeen
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import BalanceMovement, Dispute, Payment, Refund
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


def book_for_charge(charge: str, *, actor: Actor, at: datetime) -> None:
    """Fetch what a charge of ours cost, if Stripe knows it yet, and book it. Network; safe to repeat."""
    movement = gateway.fetch_charge(charge).balance_transaction
    if movement and not keep([gateway.fetch_movement(movement)], actor=actor, at=at):
        book_ours(actor=actor, at=at)  # its line was read before we knew the charge: it has waited for this


# A line finds what it belongs to as it is written; one of a dispute, the payment that is contested. In the order of the ids, so that two who keep the same lines do not
# wait for each other.
INSERT = """
INSERT INTO payments_balancemovement
    (stripe_id, kind, category, amount, fee, net, currency, converted, source, created, available_on, payment_id, refund_id,
     charge, reference, names_us, meaning)
SELECT line.stripe_id, line.kind, line.category, line.amount, line.fee, line.net, line.currency, line.converted, line.source,
    line.created, line.available_on, coalesce(payment.id, dispute.payment_id), refund.id, '', '', false, ''
FROM jsonb_to_recordset(%s::jsonb) AS line(
    stripe_id text, kind text, category text, amount numeric, fee numeric, net numeric, currency text, converted boolean,
    source text, created timestamptz, available_on date)
LEFT JOIN payments_payment payment ON payment.stripe_charge = line.source
LEFT JOIN payments_refund refund ON refund.stripe_refund = line.source
LEFT JOIN payments_dispute dispute ON dispute.stripe_dispute = line.source
ORDER BY line.stripe_id
ON CONFLICT (stripe_id) DO NOTHING
RETURNING *
"""


@transaction.atomic
def keep(seen: Iterable[MovementSeen], *, actor: Actor, at: datetime) -> int:
    """Keep balance lines that are new and book the fees of ours; returns how many were new. Two statements."""
    lines = [
        {
            "stripe_id": line.id,
            "kind": line.kind[:60],
            "category": line.category[:60],
            "converted": line.converted,
            "amount": str(from_cents(line.amount_cents).amount),
            "fee": str(from_cents(line.fee_cents).amount),
            "net": str(from_cents(line.net_cents).amount),
            "currency": line.currency,
            "source": line.source,
            "created": line.created.isoformat(),
            "available_on": line.available_on.isoformat(),
        }
        for line in seen
    ]
    fresh = list(BalanceMovement.objects.raw(INSERT, [json.dumps(lines)]))
    _book_fees(fresh, actor=actor, at=at)
    return len(fresh)


@transaction.atomic
def book_ours(*, actor: Actor, at: datetime) -> int:
    """Match balance lines to our payments and refunds, and book their fees; returns how many were matched.

    A line may be read before the payment that it belongs to has settled here, so every line of the last month that
    belongs to nobody yet is looked at again. Three statements whatever the number.
    """
    orphans = (
        BalanceMovement.objects.select_for_update(no_key=True)
        .filter(payment=None, refund=None, created__gte=at - ORPHANS_ARE_TRIED_FOR)
        .exclude(source="")
        .annotate(
            paid=Subquery(Payment.objects.filter(stripe_charge=OuterRef("source")).values("pk")),
            contested=Subquery(Dispute.objects.filter(stripe_dispute=OuterRef("source")).values("payment")),
            given_back=Subquery(Refund.objects.filter(stripe_refund=OuterRef("source")).values("pk")),
        )
    )
    ours = [row for row in orphans.order_by("pk") if row.paid or row.contested or row.given_back]
    for row in ours:
        row.payment_id, row.refund_id = row.paid or row.contested, row.given_back
    BalanceMovement.objects.bulk_update(ours, ["payment", "refund"])
    _book_fees(ours, actor=actor, at=at)
    return len(ours)


def _book_fees(lines: Iterable[BalanceMovement], *, actor: Actor, at: datetime) -> None:
    """What Stripe kept on lines of ours; one statement. What it kept of a balance in another currency is no euro of the books."""
    post(
        [
            entries.fee(row.pk, amount=row.fee, reference=row.stripe_id, booked_on=paris_day(row.created))
            for row in lines
            if row.fee and row.currency == "eur" and (row.payment_id or row.refund_id)
        ],
        actor=actor,
        at=at,
    )


def late(*, at: datetime, after: timedelta = timedelta(days=3)) -> int:
    """How many settled payments still have no fee after so long: something for technique to look at."""
    return Payment.objects.filter(
        state=Payment.State.SUCCEEDED, stripe_charge__isnull=False, movements=None, state_since__lte=at - after
    ).count()
