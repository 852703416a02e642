"""What a run has seen is written down together with how far it has come: one transaction per page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from payments.gateway import ChargeSeen
from payments.mirroring.comparing import Found
from payments.mirroring.matters import put
from payments.models import MirrorCharge, MirrorDifference, MirrorRun, Payment
from payments.money import from_cents

Kind = MirrorDifference.Kind
#: What of a run changes while it goes on.
MOVES = (
    "cursor",
    "read_to_end",
    "compared",
    "ours",
    "ours_amount",
    "foreign",
    "foreign_amount",
    "mended",
    "differences",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One successful charge of Stripe's beside its payment, and what differs. `ours`: not another product's."""

    charge: ChargeSeen
    payment: Payment | None
    ours: bool
    found: Sequence[Found] = field(default_factory=tuple)


@transaction.atomic
def write(
    run: MirrorRun,
    rows: Sequence[Seen],
    *,
    missing: Sequence[tuple[Payment, Found]] = (),
    cursor: str | None = None,
    read_to_end: bool | None = None,
    compared: int | None = None,
    at: datetime,
) -> bool:
    """Keep the charges and the differences of one page and move the run on; False, and nothing, if another one has.

    `missing`: payments without a charge. Locks the run. Six statements whatever the number.
    """
    locked = MirrorRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if (locked.cursor, locked.read_to_end, locked.compared) != (run.cursor, run.read_to_end, run.compared):
        run.refresh_from_db()
        return False
    _keep(locked, rows)
    differences = [_difference(locked, row, found, at=at) for row in rows for found in row.found]
    differences += [_missing(locked, payment, found, at=at) for payment, found in missing]
    MirrorDifference.objects.bulk_create(differences, ignore_conflicts=True)
    put(differences, at=at)
    for ours in (True, False):
        mine = [row.charge for row in rows if row.ours is ours]
        sum_ = sum((_euros(one.amount_cents) for one in mine if one.currency == "eur"), Decimal(0))
        if ours:
            locked.ours, locked.ours_amount = locked.ours + len(mine), locked.ours_amount + sum_
        else:
            locked.foreign, locked.foreign_amount = locked.foreign + len(mine), locked.foreign_amount + sum_
    mended = sum(one.kind == Kind.MENDED for one in differences)
    locked.mended += mended
    locked.differences += len(differences) - mended
    locked.cursor = locked.cursor if cursor is None else cursor
    locked.read_to_end = locked.read_to_end if read_to_end is None else read_to_end
    locked.compared = locked.compared if compared is None else compared
    locked.save(update_fields=[*MOVES])
    run.refresh_from_db()
    return True


def _keep(run: MirrorRun, rows: Sequence[Seen]) -> None:
    """One row per charge, with what is new about it. In the order of their ids: two who keep the same ones never cross."""
    MirrorCharge.objects.bulk_create(
        [
            MirrorCharge(
                stripe_charge=row.charge.id,
                stripe_intent=row.charge.payment_intent,
                created=row.charge.created,
                amount=_euros(row.charge.amount_cents),
                refunded=_euros(row.charge.amount_refunded),
                currency=row.charge.currency,
                reference=row.charge.reference[:40] if row.ours else "",
                ours=row.ours,
                payment=row.payment,
                first_run=run,
                last_run=run,
            )
            for row in sorted(rows, key=lambda row: row.charge.id)
        ],
        update_conflicts=True,
        unique_fields=["stripe_charge"],
        update_fields=["refunded", "ours", "payment", "last_run"],
    )


def _difference(run: MirrorRun, row: Seen, found: Found, *, at: datetime) -> MirrorDifference:
    return MirrorDifference(
        run=run,
        kind=found.kind,
        subject=subject_of(row, found),
        payment=row.payment,
        stripe_charge=row.charge.id,
        at_stripe=_cents(found.at_stripe),
        in_books=_cents(found.in_books),
        at=at,
    )


def _missing(run: MirrorRun, payment: Payment, found: Found, *, at: datetime) -> MirrorDifference:
    return MirrorDifference(
        run=run,
        kind=found.kind,
        subject=f"payment:{payment.pk}",
        payment=payment,
        stripe_charge=payment.stripe_charge or "",
        at_stripe=_cents(found.at_stripe),
        in_books=_cents(found.in_books),
        at=at,
    )


def subject_of(row: Seen, found: Found) -> str:
    """What a difference is about: the payment, or the charge where the books have none, or have another one."""
    if row.payment is None or found.kind == Kind.SECOND:
        return f"charge:{row.charge.id}"[:80]
    return f"payment:{row.payment.pk}"


def _euros(cents: int) -> Decimal:
    return Decimal(from_cents(cents).amount)


def _cents(cents: int | None) -> Decimal | None:
    return None if cents is None else _euros(cents)
