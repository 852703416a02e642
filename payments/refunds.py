"""Giving money back through the original charge: row, commit, call; then Stripe's word decides (style.md, pretix).

A pending refund is not a refund: books and letters wait for `succeeded`, and a refund that fails later is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Sum
from djmoney.money import Money

from payments import gateway
from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk, take_off_desk
from payments.disputes import disputed_payments
from payments.gateway import RefundSeen
from payments.invoicing.issuing import vat_by_rate
from payments.keys import new_key, new_reference
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Cheque, DeskItem, Dispute, Invoice, Payment, Refund, RefundEvent, Transfer
from payments.money import amount_of, to_cents
from payments.offline_kinds import is_offline
from payments.owners import owner_of

log = structlog.get_logger(__name__)
State = Refund.State

#: From → to. `failed` after `succeeded` is real: a bank may send the money back days later (stripe.md).
TRANSITIONS: dict[str, frozenset[str]] = {
    State.CREATED: frozenset({State.PENDING, State.SUCCEEDED, State.FAILED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.CREATED, State.PENDING, State.SUCCEEDED, State.FAILED}),
    State.PENDING: frozenset({State.SUCCEEDED, State.FAILED}),
    State.SUCCEEDED: frozenset({State.FAILED}),
    State.FAILED: frozenset(),
}
#: Stripe's words in ours. `requires_action`: the payer's bank is asked for details; the money has not arrived.
STATUS = {
    "pending": State.PENDING,
    "requires_action": State.PENDING,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}


class NothingToRefund(ValueError):
    """More would be given back than was received."""


def request(
    payment: Payment,
    *,
    amount: Money,
    reason: str,
    actor: Actor,
    at: datetime,
    credit_note: Invoice | None = None,
) -> Refund:
    """Write down a refund to be sent; the sweep (or `send` after the commit) calls Stripe.

    Runs inside the caller's transaction, which has locked the payment. Raises NothingToRefund when the payment has not
    succeeded or less than `amount` is left of it; ValueError for one that Stripe never had, a mistake of ours.
    """
    if is_offline(payment):
        raise ValueError(f"{payment.reference} did not come through Stripe")
    if payment.state != Payment.State.SUCCEEDED or amount.amount > left_of(payment):
        raise NothingToRefund(payment.reference)
    return Refund.objects.create(
        reference=new_reference("RMB"),
        payment=payment,
        amount=amount_of(amount),
        reason=reason,
        credit_note=credit_note,
        actor=str(actor),
        idempotency_key=new_key(),
        created_at=at,
        state_since=at,
    )


def left_of(payment: Payment) -> Decimal:
    """What was not given back yet of a payment, nor is about to be, nor taken back by the bank; in euros. Four queries."""
    return Decimal(payment.amount.amount - given_back([payment]))


def given_back(payments: Sequence[Payment]) -> Decimal:
    """What was given back of these payments, or is about to be, by Stripe and by transfer; in euros. Four queries.

    What the bank has taken back over a dispute, and not returned, went the same way; so did a cheque that bounced.
    """
    over = (Transfer.State.FAILED, Transfer.State.CANCELLED)
    back = Refund.objects.filter(payment__in=payments).exclude(state=State.FAILED).aggregate(sum=Sum("amount"))
    sent = Transfer.objects.filter(payment__in=payments).exclude(state__in=over).aggregate(sum=Sum("amount"))
    taken = Dispute.objects.filter(payment__in=payments).aggregate(sum=Sum(F("taken") - F("returned")))
    bounced = Cheque.objects.filter(payment__in=payments, state=Cheque.State.BOUNCED, paid_again=None)
    unpaid = bounced.aggregate(sum=Sum("amount"))
    return sum((one["sum"] or Decimal("0.00") for one in (back, sent, taken, unpaid)), Decimal("0.00"))


def call_off(payment: Payment, *, reason: str, actor: Actor, at: datetime) -> None:
    """The refunds of a locked payment that Stripe was never asked for are not wanted any more: the bank was faster."""
    waiting = Refund.objects.select_for_update(no_key=True).filter(payment=payment, state=State.CREATED, called_at=None)
    for refund in list(waiting.order_by("pk")):
        refund.state, refund.state_since, refund.failure = State.FAILED, at, reason[:60]
        refund.save(update_fields=["state", "state_since", "failure"])
        RefundEvent.objects.create(
            refund=refund, from_state=State.CREATED, to_state=State.FAILED, actor=str(actor), reason=reason, at=at
        )


def notes_waiting(payment: Payment) -> list[Invoice]:
    """Credit notes of a payment for which nothing has gone back, nor is about to: oldest first. One query."""
    over = (Transfer.State.FAILED, Transfer.State.CANCELLED)
    refunded = Refund.objects.filter(credit_note=OuterRef("pk")).exclude(state=State.FAILED)
    transferred = Transfer.objects.filter(credit_note=OuterRef("pk")).exclude(state__in=over)
    notes = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE, payment=payment, made_room_for=None)
    return list(notes.filter(~Exists(refunded), ~Exists(transferred)).order_by("pk"))


def request_for_surplus(payment: Payment, *, actor: Actor, at: datetime) -> Refund | None:
    """Queue the giving back of a whole surplus payment, once."""
    if payment.refunds.exists():
        return None
    return request(payment, amount=payment.amount, reason="surplus", actor=actor, at=at)


def send(refund_id: int, *, actor: Actor, at: datetime) -> Refund:
    """Ask Stripe for one refund. Network; outside a transaction; safe to repeat: a repeat only looks up.

    A time-out leaves the refund `unknown`; a refusal makes it `failed` and puts it on finance's desk.
    """
    with transaction.atomic():
        refund = Refund.objects.select_for_update(of=("self",), no_key=True).select_related("payment").get(pk=refund_id)
        if refund.state != State.CREATED or refund.called_at is not None:
            claimed = False
        else:
            refund.called_at = at
            refund.save(update_fields=["called_at"])
            claimed = True
    if not claimed:
        return look_up(refund, actor=actor, at=at)
    return _ask(refund, actor=actor, at=at)


def look_up(refund: Refund, *, actor: Actor, at: datetime) -> Refund:
    """Ask Stripe what became of a refund, by its id or by our reference on the payment's refunds. Network.

    A request that Stripe does not list was never carried out and is asked again under the same key: within a day the
    key keeps two of them one, later the list alone says that there is none.
    """
    # Before asking: whatever cannot be answered goes to the end of the queue.
    if refund.called_at is not None:
        Refund.objects.filter(pk=refund.pk).update(called_at=at)
    intent = refund.payment.stripe_intent
    if refund.stripe_refund:
        seen: RefundSeen | None = gateway.fetch_refund(refund.stripe_refund)
    elif intent and refund.called_at:
        found = gateway.find_refunds(payment_intent=intent, reference=refund.reference)
        seen = found[0] if found else None
    else:
        return refund
    if seen is not None:
        apply(seen, refund_id=refund.pk, actor=actor, at=at)
    elif refund.state in (State.CREATED, State.UNKNOWN):
        return _ask(refund, actor=actor, at=at)
    refund.refresh_from_db()
    return refund


def _ask(refund: Refund, *, actor: Actor, at: datetime) -> Refund:
    try:
        seen = gateway.refund(
            reference=refund.reference,
            payment_intent=refund.payment.stripe_intent or "",
            amount_cents=to_cents(refund.amount),
            reason="duplicate" if refund.payment.surplus else "requested_by_customer",
            metadata={"reference": refund.reference},
            key=refund.idempotency_key,
        )
    except gateway.Unknown:
        _move(refund.pk, State.UNKNOWN, reason="Stripe did not answer", actor=actor, at=at)
    except gateway.Refused as refused:
        _move(refund.pk, State.FAILED, reason=refused.code or "refused", actor=actor, at=at)
    else:
        apply(seen, refund_id=refund.pk, actor=actor, at=at)
    refund.refresh_from_db()
    return refund


def apply(seen: RefundSeen, *, refund_id: int, actor: Actor, at: datetime) -> None:
    """Apply what Stripe says of a refund; monotonic, safe to repeat."""
    _move(
        refund_id,
        STATUS.get(seen.status, State.PENDING),
        reason=seen.failure_reason,
        stripe_refund=seen.id,
        actor=actor,
        at=at,
    )


@transaction.atomic
def _move(
    refund_id: int, target: str, *, reason: str, actor: Actor, at: datetime, stripe_refund: str | None = None
) -> None:
    # Lock order: payment before refund, as everywhere.
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    refund = Refund.objects.select_for_update(no_key=True).get(pk=refund_id)
    refund.payment = payment
    if stripe_refund and refund.stripe_refund is None:
        refund.stripe_refund = stripe_refund
        refund.save(update_fields=["stripe_refund"])
    if target not in TRANSITIONS[refund.state]:
        return
    came_from, refund.state, refund.state_since = refund.state, target, at
    refund.failure = reason[:60] if target == State.FAILED else ""
    if target == State.SUCCEEDED:
        refund.refunded_on = paris_day(at)
    refund.save(update_fields=["state", "state_since", "failure", "refunded_on"])
    RefundEvent.objects.create(
        refund=refund, from_state=came_from, to_state=target, actor=str(actor), reason=reason, at=at
    )
    log.info("refund_moved", refund=refund.reference, was=came_from, now=target)
    note = refund.credit_note
    vat = vat_by_rate(list(note.lines.all())) if note else {}
    owner = owner_of(payment.purpose)
    if target == State.SUCCEEDED:
        post([entries.refunded(refund, booked_on=paris_day(at), vat_by_rate=vat)], actor=actor, at=at)
        owner.refunded([refund], actor=actor, at=at)
        if payment.surplus:
            take_off_desk(kind="surplus", subject=f"payment:{payment.pk}", because="given back", actor=actor, at=at)
    elif target == State.FAILED:
        if came_from == State.SUCCEEDED:
            post([entries.refund_failed(refund, booked_on=paris_day(at), vat_by_rate=vat)], actor=actor, at=at)
        put_on_desk(
            DeskItem.Desk.FINANCE,
            kind="refund_failed",
            subject=f"refund:{refund.pk}",
            sentence=f"Le remboursement {refund.reference} n’a pas abouti : à rendre par un autre moyen.",
            at=at,
        )
        owner.refund_failed([refund], actor=actor, at=at)


def due(*, at: datetime, limit: int) -> list[int]:
    """Refunds to send or to look up now: new ones, silent ones, and pending ones once a day.

    Not while the bank disputes the payment: Stripe would refuse (design, section 6).
    """
    rows = Refund.objects.filter(
        Q(state=State.CREATED, called_at=None)
        | Q(state__in=(State.CREATED, State.UNKNOWN), called_at__lte=at - timedelta(minutes=5))
        | Q(state=State.PENDING, called_at__lte=at - timedelta(days=1))
    )
    if not rows.exists():
        return []
    rows = rows.exclude(state=State.CREATED, called_at=None, payment__in=disputed_payments())
    return list(rows.order_by(F("called_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:limit])
