"""The reverse: what the books hold as received, Stripe must hold as a charge."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from payments import gateway
from payments.actors import Actor
from payments.gateway import ChargeSeen
from payments.mirroring.comparing import Found, Kind
from payments.mirroring.refunded import given_back
from payments.mirroring.stripe_list import row_of
from payments.mirroring.writing import Seen, write
from payments.models import MirrorCharge, MirrorRun, Payment
from payments.money import to_cents

#: Payments of one step, and how many of them Stripe is asked about one by one in it.
STEP, ASKED = 1000, 50


def hold_books(run: MirrorRun, *, actor: Actor, at: datetime) -> bool:
    """Hold the next payments received in the run's period against the list that was read; False when none is left. Network.

    Those whose charge the list did not show (it was made before the period, or never) are asked about one by one.
    """
    last = received(run).order_by("pk").values_list("pk", flat=True)[:STEP]
    reached = max(last, default=None)
    if reached is None:
        return False
    unseen = list(received(run).filter(~Exists(_shown(run)), pk__lte=reached).order_by("pk")[:ASKED])
    if len(unseen) == ASKED:
        reached = unseen[-1].pk
    seen, missing = [], []
    for payment in unseen:
        charge = _charge_of(payment)
        if charge is not None and charge.status == "succeeded":
            seen.append(Seen(charge, payment, ours=True, found=row_of(charge, payment).found))
        else:
            missing.append((payment, Found(Kind.MISSING, in_books=to_cents(payment.amount))))
    write(run, given_back(seen, actor=actor, at=at), missing=missing, compared=reached, at=at)
    return True


def received(run: MirrorRun) -> QuerySet[Payment]:
    """What the books received through Stripe in the run's period and was not held against the list yet."""
    return Payment.objects.filter(
        state=Payment.State.SUCCEEDED, state_since__gte=run.since, state_since__lt=run.until, pk__gt=run.compared
    ).exclude(way=Payment.Way.OFFLINE)


def _shown(run: MirrorRun) -> QuerySet[MirrorCharge]:
    return MirrorCharge.objects.filter(payment=OuterRef("pk"), stripe_charge=OuterRef("stripe_charge"), last_run=run)


def _charge_of(payment: Payment) -> ChargeSeen | None:
    """The charge that paid, asked for by its id; None when Stripe has none. Raises what the gateway raises otherwise."""
    try:
        charge = payment.stripe_charge
        if not charge and payment.stripe_intent:
            charge = gateway.fetch_intent(payment.stripe_intent).charge
        return gateway.fetch_charge(charge) if charge else None
    except gateway.Missing:
        return None
