"""Effects that failed after the money had come: tried again until they hold or a person steps in."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk, take_off_desk
from payments.disputes import disputed_payments, is_disputed
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import DeskItem, LedgerLine, Payment
from payments.settling import give_back, serve

log = structlog.get_logger(__name__)
#: Finance's item about a payment that its bank took back before it was served.
TAKEN_BACK = "taken_back_unserved"


def retry(*, actor: Actor, at: datetime, limit: int = 20) -> int:
    """Serve parked payments again, each in its own transaction; returns how many were served or given back.

    A payment whose amount differs waits for finance, who closes the desk item first; one that is disputed, for its bank.
    Tried in no order: those that fail every time must not stand in front of the others.
    """
    parked = Payment.objects.filter(effect=Payment.Effect.PARKED)
    if not parked.exists():
        return 0
    waiting = DeskItem.objects.filter(kind="amount_differs", closed_at=None).values_list("subject", flat=True)
    held = {int(subject.removeprefix("payment:")) for subject in waiting} | disputed_payments()
    keys = parked.exclude(pk__in=held).order_by("?")
    return sum(_try(key, actor=actor, at=at) for key in keys.values_list("pk", flat=True)[:limit])


def _try(payment_id: int, *, actor: Actor, at: datetime) -> int:
    try:
        return _retry_one(payment_id, actor=actor, at=at)
    except Exception as trouble:  # the others are tried all the same; this one is on its desk already
        log.exception("parked_still", payment=payment_id, trouble=type(trouble).__name__)
        return 0


@transaction.atomic
def _retry_one(payment_id: int, *, actor: Actor, at: datetime) -> int:
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    if payment.effect != Payment.Effect.PARKED or is_disputed([payment]):
        return 0
    serve([payment], actor=actor, at=at)
    if payment.effect == Payment.Effect.PARKED:
        return 0
    if payment.surplus:
        post([entries.became_surplus(payment, booked_on=paris_day(at))], actor=actor, at=at)
        give_back([payment], actor=actor, at=at)
    elif payment.customer_id and _booked_to_nobody(payment):
        post([entries.found_its_party(payment, booked_on=paris_day(at))], actor=actor, at=at)
    payment.save(update_fields=["effect", "surplus", "customer"])
    take_off_desk(
        kind="effect_parked", subject=f"payment:{payment.pk}", because="served on a later try", actor=actor, at=at
    )
    return 1


def taken_by_bank(payment: Payment, *, reason: str, actor: Actor, at: datetime) -> None:
    """Its bank has taken a locked payment back before it could be served: it pays for nothing any more, and is not tried again.

    What it was for stays where it stood: a person ends that.
    """
    if payment.effect != Payment.Effect.PARKED:
        return
    payment.effect, payment.surplus = Payment.Effect.SURPLUS, True
    payment.save(update_fields=["effect", "surplus"])
    post([entries.became_surplus(payment, booked_on=paris_day(at))], actor=actor, at=at)
    take_off_desk(kind="effect_parked", subject=f"payment:{payment.pk}", because=reason, actor=actor, at=at)
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind=TAKEN_BACK,
        subject=f"payment:{payment.pk}",
        sentence=f"{payment.reference} n’avait pas pu être suivi d’effet, et la banque l’a repris : la commande ou la reconduction "
        "qu’il payait est à clore.",
        at=at,
    )


def _booked_to_nobody(payment: Payment) -> bool:
    """Was its money booked before anybody knew whose it was?"""
    return LedgerLine.objects.filter(entry__source=f"payment:{payment.pk}", credit__gt=0, party="").exists()
