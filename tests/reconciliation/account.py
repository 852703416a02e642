"""A Stripe account with payouts: readers who paid, money on its way to the bank, and what may be wrong with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.utils import timezone

from payments import fees
from payments.actors import job
from payments.audit import CHECKS
from payments.models import Discrepancy, Payment, Payout
from payments.reconciliation.running import Reconciled, reconcile
from payments.sandbox import paying_out
from tests.mirror.nights import bought, charge_by_hand
from tests.sandbox.fixtures import RunningStandIn

CLOCK = job("payouts")
__all__ = ["CLOCK", "bought", "charge_by_hand"]


def later(days: int = 10) -> datetime:
    """The instant at which the shop looks, so many days after its clock."""
    return timezone.now() + timedelta(days=days)


def paid_out(till: RunningStandIn, *, after: int = 7) -> str:
    """What is available after some days leaves for the bank and is itemised; the id of the payout in euros."""
    till.advance(days=after)
    world = till.application.world
    with world.lock:
        made = {one["currency"]: one["id"] for one in paying_out.pay_out(world)}
    till.advance(days=5)
    return str(made["eur"])


def world_of(till: RunningStandIn) -> Any:
    """The stand-in's own world, to plant faults in."""
    return till.application.world


def looked(at: datetime | None = None) -> Reconciled:
    """One round of reconciliation, twelve days later unless told otherwise; the fees are read as every ten minutes."""
    at = at or later(13)
    with time_machine.travel(at, tick=False):
        fees.read_movements(actor=CLOCK, at=at)
        return reconcile(actor=CLOCK, at=at)


def found() -> list[tuple[str, str]]:
    """The open discrepancies."""
    return list(Discrepancy.objects.filter(ended_at=None).order_by("pk").values_list("kind", "subject"))


def breached(at: datetime | None = None) -> list[tuple[str, str, str]]:
    """What the ground floor's PAYOUT and BALANCED have to say."""
    at = at or later(13)
    return [(name, *one) for name in ("BALANCED", "PAYOUT") for check in CHECKS[name] for one in check(at)]


def the_payout() -> Payout:
    return Payout.objects.get()


def payments() -> list[Payment]:
    return list(Payment.objects.order_by("pk"))
