"""One page of Stripe's charges held against the books: what the list shows, the books must know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

import structlog
from django.db.models import Q

from payments import gateway
from payments.actors import Actor
from payments.gateway import ChargeSeen
from payments.looking_up import look_up
from payments.mirroring.comparing import Found, compare
from payments.mirroring.refunded import given_back
from payments.mirroring.writing import Seen, write
from payments.models import MirrorRun, PayerAccount, Payment

log = structlog.get_logger(__name__)
PAGE = 100
#: How our references of payments begin (`payments.keys`): one that the books do not know is our matter all the same.
OURS = "PAY-"
State = Payment.State


def read_list(run: MirrorRun, *, actor: Actor, at: datetime) -> None:
    """Read the next page of Stripe's list for a run, settle what the books had missed, write down what differs. Network.

    The money is settled by the one way (`payments.looking_up`), before the page's one transaction.
    """
    seen = gateway.list_charges(since=run.since, until=run.until, after=run.cursor)
    page = list(islice(seen, PAGE))
    taken = [charge for charge in page if charge.status == "succeeded"]
    known = payments_of(taken)
    late = {payment.pk: payment for payment in known.values() if payment.state != State.SUCCEEDED}
    learnt = {key for key, payment in late.items() if _settles(payment, actor=actor, at=at)}
    if learnt:
        known = payments_of(taken)
    accounts = _accounts(charge.customer for charge in taken if charge.id not in known)
    rows = [row_of(charge, known.get(charge.id), learnt=learnt, accounts=accounts) for charge in taken]
    rows = given_back(rows, actor=actor, at=at)
    write(run, rows, cursor=page[-1].id if page else run.cursor, read_to_end=len(page) < PAGE, at=at)


def row_of(
    charge: ChargeSeen, payment: Payment | None, *, learnt: Iterable[int] = (), accounts: Iterable[str] = ()
) -> Seen:
    """A charge beside its payment, and what differs between them, but for what was given back."""
    ours = payment is not None or charge.reference.startswith(OURS) or charge.customer in accounts
    found = compare(charge, payment) if ours else []
    if payment is not None and payment.pk in learnt and not found:
        found = [Found("mended", at_stripe=charge.amount_cents, in_books=charge.amount_cents)]
    return Seen(charge, payment, ours=ours, found=found)


def payments_of(charges: Sequence[ChargeSeen]) -> dict[str, Payment]:
    """The payment of each charge that has one, by the charge's id: by charge, by intent, by our reference. One query."""
    rows = Payment.objects.select_related("payer_account").filter(
        Q(stripe_charge__in=[one.id for one in charges])
        | Q(stripe_intent__in=[one.payment_intent for one in charges if one.payment_intent])
        | Q(reference__in=[one.reference for one in charges if one.reference])
    )
    by_name: dict[str, Payment] = {}
    for payment in rows:
        for name in (payment.stripe_charge, payment.stripe_intent, payment.reference):
            if name:
                by_name[name] = payment
    return {
        one.id: by_name[name]
        for one in charges
        if (name := next((key for key in (one.id, one.payment_intent, one.reference) if key in by_name), ""))
    }


def _accounts(customers: Iterable[str]) -> frozenset[str]:
    """Those of these customers of Stripe's that are readers of ours."""
    wanted = {one for one in customers if one}
    if not wanted:
        return frozenset()
    found = PayerAccount.objects.filter(stripe_customer__in=wanted).values_list("stripe_customer", flat=True)
    return frozenset(name for name in found if name)


def _settles(payment: Payment, *, actor: Actor, at: datetime) -> bool:
    """Look up a payment whose money Stripe has; whether the books hold it now. Raises what the gateway raises."""
    settled = look_up(payment, actor=actor, at=at).state == State.SUCCEEDED
    log.warning("mirror_found_money", payment=payment.reference, settled=settled)
    return settled
