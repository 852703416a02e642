"""The movements of one payout, read from Stripe's own list; whoever dies in the middle is followed at that place."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice

import structlog
from django.db import connection, transaction

from payments import fees, gateway
from payments.actors import Actor
from payments.gateway import MovementSeen
from payments.models import (
    BalanceMovement,
    Discrepancy,
    MirrorCharge,
    PayerAccount,
    Payment,
    Payout,
    ReconciliationRun,
)
from payments.money import from_cents
from payments.reconciliation.discrepancies import Found, put

log = structlog.get_logger(__name__)
#: Movements of one transaction: five of Stripe's pages.
BATCH = 500
#: How our references of payments and refunds begin (`payments.keys`).
OURS = ("PAY-", "RMB-")

# A line that was read before says now in which payout it is, and whose it is.
ASSIGN = """
UPDATE payments_balancemovement AS line
SET payout_id = %(payout)s, category = seen.category, converted = seen.converted, charge = seen.charge,
    reference = seen.reference, names_us = seen.names_us
FROM jsonb_to_recordset(%(lines)s::jsonb) AS seen(
    stripe_id text, category text, converted boolean, charge text, reference text, names_us boolean)
WHERE line.stripe_id = seen.stripe_id
"""
# What Stripe shows otherwise than when it was read first: the first is what was booked.
CHANGED = """
SELECT line.id, line.net, seen.net
FROM jsonb_to_recordset(%(lines)s::jsonb) AS seen(
    stripe_id text, amount numeric, fee numeric, net numeric, currency text)
JOIN payments_balancemovement AS line USING (stripe_id)
WHERE (line.amount, line.fee, line.net, line.currency) IS DISTINCT FROM (seen.amount, seen.fee, seen.net, seen.currency)
ORDER BY line.id
"""


def read_due(*, actor: Actor, at: datetime, go_on: Callable[[], bool] = lambda: True) -> int:
    """Read the movements of payouts that are itemised by now, the oldest first; returns how many lines. Network.

    One that Stripe refuses to list stands in nobody's way: it is tried again with the next round. Raises that refusal at the
    end, and at once what else the gateway raises.
    """
    read, refused = 0, dict[int, gateway.Refused]()
    due = Payout.objects.filter(itemised=True, read_at=None).order_by("created", "pk")
    while payout := due.exclude(pk__in=refused).first():
        while payout.read_at is None and payout.pk not in refused:
            if not go_on():
                return read
            try:
                read += read_next(payout, actor=actor, at=at)
            except gateway.Refused as trouble:
                log.warning("payout_not_listed", payout=payout.stripe_payout, code=trouble.code)
                refused[payout.pk] = trouble
    if refused:
        raise next(iter(refused.values()))
    return read


def read_next(payout: Payout, *, actor: Actor, at: datetime) -> int:
    """Read the next movements of a payout and write down how far that was; returns how many. Network, then one transaction.

    A rival who was faster has kept the same lines: then nothing is written, and the payout says where it stands.
    """
    seen = list(islice(gateway.list_movements(payout=payout.stripe_payout, after=payout.cursor or None), BATCH))
    with transaction.atomic():
        locked = Payout.objects.select_for_update(no_key=True).get(pk=payout.pk)
        if (locked.cursor, locked.read_at) == (payout.cursor, None):
            fees.keep(seen, actor=actor, at=at)
            _assign(locked, seen, actor=actor, at=at)
            locked.cursor = seen[-1].id if seen else locked.cursor
            locked.read_at = at if len(seen) < BATCH else None
            locked.save(update_fields=["cursor", "read_at"])
    payout.cursor, payout.read_at = locked.cursor, locked.read_at
    return len(seen)


def _assign(payout: Payout, seen: Sequence[MovementSeen], *, actor: Actor, at: datetime) -> None:
    readers, charges = _readers(seen), _charges(seen)
    lines = json.dumps(
        [
            {
                "stripe_id": one.id,
                "amount": str(from_cents(one.amount_cents).amount),
                "fee": str(from_cents(one.fee_cents).amount),
                "net": str(from_cents(one.net_cents).amount),
                "currency": one.currency,
                "category": one.category[:60],
                "converted": one.converted,
                "charge": one.charge[:255],
                "reference": one.reference[:40] if one.reference.startswith(OURS) else "",
                "names_us": one.reference.startswith(OURS) or one.customer in readers or one.charge in charges,
            }
            for one in seen
        ]
    )
    # In the order in which `fees.book_ours` and `explain` lock them.
    ours = BalanceMovement.objects.filter(stripe_id__in=[one.id for one in seen]).order_by("pk")
    list(ours.select_for_update(no_key=True).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(ASSIGN, {"payout": payout.pk, "lines": lines})
        cursor.execute(CHANGED, {"lines": lines})
        changed = cursor.fetchall()
    put(
        [
            Found(Discrepancy.Kind.CHANGED, f"movement:{key}", payout.pk, key, at_stripe=now, in_books=kept)
            for key, kept, now in changed
        ],
        run=ReconciliationRun.objects.filter(finished_at=None).order_by("pk").last() if changed else None,
        actor=actor,
        at=at,
    )


def _readers(seen: Sequence[MovementSeen]) -> frozenset[str]:
    """Those of the customers of these lines that are readers of ours."""
    wanted = {one.customer for one in seen if one.customer}
    found = PayerAccount.objects.filter(stripe_customer__in=wanted).values_list("stripe_customer", flat=True)
    return frozenset(name for name in found if name)


def _charges(seen: Sequence[MovementSeen]) -> frozenset[str]:
    """Those of the charges that these lines are, or are about, that are ours: refunds made at Stripe's own pages name no more."""
    wanted = {one.charge for one in seen if one.charge}
    ours = Payment.objects.filter(stripe_charge__in=wanted).values_list("stripe_charge", flat=True)
    mirrored = MirrorCharge.objects.filter(stripe_charge__in=wanted, ours=True)
    return frozenset([*(name for name in ours if name), *mirrored.values_list("stripe_charge", flat=True)])
