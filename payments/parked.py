"""Effects that failed after the money had come: tried again until they hold or a person steps in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import take_off_desk
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import DeskItem, Payment
from payments.settling import give_back, serve


def retry(*, actor: Actor, at: datetime, limit: int = 20) -> int:
    """Serve parked payments again, each in its own transaction; returns how many were served or given back.

    A payment whose amount differs waits for finance, who closes the desk item first.
    """
    waiting = DeskItem.objects.filter(kind="amount_differs", closed_at=None).values_list("subject", flat=True)
    held = {int(subject.removeprefix("payment:")) for subject in waiting}
    keys = Payment.objects.filter(effect=Payment.Effect.PARKED).exclude(pk__in=held).order_by("pk")
    return sum(_retry_one(key, actor=actor, at=at) for key in keys.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _retry_one(payment_id: int, *, actor: Actor, at: datetime) -> int:
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    if payment.effect != Payment.Effect.PARKED:
        return 0
    serve([payment], actor=actor, at=at)
    if payment.effect == Payment.Effect.PARKED:
        return 0
    if payment.surplus:
        post([entries.became_surplus(payment, booked_on=paris_day(at))], actor=actor, at=at)
        give_back([payment], actor=actor, at=at)
    payment.save(update_fields=["effect", "surplus", "customer"])
    take_off_desk(
        kind="effect_parked", subject=f"payment:{payment.pk}", because="served on a later try", actor=actor, at=at
    )
    return 1
