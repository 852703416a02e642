"""What does not agree? Each fault is found by one finder, as one thing; set-based, over what may have changed lately."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from payments.actors import Actor
from payments.models import BalanceMovement, Discrepancy, Payment, Payout, PayoutEvent, ReconciliationRun, Refund
from payments.money import amount_of
from payments.reconciliation.discrepancies import Found, end_what_is_gone, put
from payments.reconciliation.explaining import CHARGES, REFUNDS
from payments.reconciliation.meanings import Meaning
from payments.reconciliation.sentences import GONE_LATER, MATCHED_LATER
from payments.reconciliation.sums import made_of

Kind, State = Discrepancy.Kind, Payout.State
#: What settled so long ago has its line on Stripe's balance: cards in seconds, debits with their settlement.
PATIENCE = timedelta(days=7)
#: How far back finders look for what is new; what is open is looked at whatever its age.
REACH = timedelta(days=60)


def find(*, run: ReconciliationRun | None, actor: Actor, at: datetime) -> int:
    """Open what does not agree, end what does again; returns how many are new. A constant number of statements."""
    found = [*movements(), *missing(at), *remainders(at), *foreign(at), *came_back(at)]
    end_what_is_gone(MATCHED_LATER | GONE_LATER, found, actor=actor, at=at)
    return put(found, run=run, actor=actor, at=at)


def movements() -> Iterator[Found]:
    """Lines whose meaning says that somebody must explain them; the kinds of both are called alike."""
    rows = BalanceMovement.objects.filter(meaning__in=BalanceMovement.UNEXPLAINED).select_related("payment", "refund")
    for line in rows.order_by("pk").iterator(2000):
        yield Found(
            line.meaning,
            f"movement:{line.pk}",
            line.payout_id,
            line.pk,
            at_stripe=line.amount,
            in_books=_in_books(line) if line.meaning in (Meaning.OTHER_AMOUNT, Meaning.OTHER_CURRENCY) else None,
        )


def not_explained() -> QuerySet[BalanceMovement]:
    """Lines that wait for a person: what one has booked or explained keeps its meaning, and is settled."""
    ended = Discrepancy.objects.filter(
        movement=OuterRef("pk"), end__in=(Discrepancy.End.EXPLAINED, Discrepancy.End.BOOKED)
    )
    settled = Exists(ended.filter(kind=OuterRef("meaning")))
    return BalanceMovement.objects.filter(~settled, meaning__in=BalanceMovement.UNEXPLAINED)


def _in_books(line: BalanceMovement) -> Any:
    """What the books hold on 517 for the payment or refund of a line, in euros."""
    if line.refund is not None:
        return -amount_of(line.refund.amount) if line.kind in REFUNDS else amount_of(line.refund.amount)
    return amount_of(line.payment.amount) if line.payment is not None else None


def missing(at: datetime) -> Iterator[Found]:
    """Payments and refunds that the books hold, and of which Stripe's balance shows no line."""
    lines = BalanceMovement.objects.filter(payment=OuterRef("pk"), kind__in=CHARGES)
    paid = Payment.objects.filter(~Exists(lines), state=Payment.State.SUCCEEDED, stripe_charge__isnull=False)
    for payment in paid.filter(_lately("payment", Kind.MISSING_LINE, at)).order_by("pk").iterator(2000):
        yield Found(Kind.MISSING_LINE, f"payment:{payment.pk}", in_books=amount_of(payment.amount))
    back = BalanceMovement.objects.filter(refund=OuterRef("pk"), kind__in=REFUNDS)
    given = Refund.objects.filter(~Exists(back), state=Refund.State.SUCCEEDED, stripe_refund__isnull=False)
    for refund in given.filter(_lately("refund", Kind.MISSING_REFUND, at)).order_by("pk").iterator(2000):
        yield Found(Kind.MISSING_REFUND, f"refund:{refund.pk}", in_books=-amount_of(refund.amount))


def _lately(of: str, kind: str, at: datetime) -> Q:
    """What settled within reach and long enough ago, or is open already."""
    open_ = Discrepancy.objects.filter(kind=kind, ended_at=None).values_list("subject", flat=True)
    keys = [int(subject.removeprefix(f"{of}:")) for subject in open_]
    return Q(state_since__gt=at - REACH, state_since__lte=at - PATIENCE) | Q(pk__in=keys)


def remainders(at: datetime) -> Iterator[Found]:
    """Payouts that are not the sum of their movements."""
    payouts = list(_payouts(Kind.REMAINDER, at).filter(read_at__isnull=False))
    made = made_of(payouts)
    for payout in payouts:
        left = made[payout.pk].remainder
        if left:
            sum_ = payout.amount - left
            yield Found(Kind.REMAINDER, f"payout:{payout.pk}", payout.pk, at_stripe=payout.amount, in_books=sum_)


def foreign(at: datetime) -> Iterator[Found]:
    """Money of other products that went to our bank: one thing for each payout, whatever the number of its lines."""
    sums = (
        BalanceMovement.objects.filter(
            payout__in=_payouts(Kind.FOREIGN, at).filter(read_at__isnull=False),
            meaning__in=(Meaning.FOREIGN, Meaning.CONVERTED),
        )
        .order_by("payout")
        .values_list("payout")
        .annotate(sum=Sum("net"))
    )
    for key, sum_ in sums:
        yield Found(Kind.FOREIGN, f"payout:{key}", key, at_stripe=sum_)


def came_back(at: datetime) -> Iterator[Found]:
    """Payouts that the bank has sent back, before or after they were said to be paid."""
    paid_before = PayoutEvent.objects.filter(payout=OuterRef("pk"), from_state=State.PAID, to_state=State.FAILED)
    rows = _payouts(Kind.FAILED, at).filter(state=State.FAILED).annotate(after_paid=Exists(paid_before))
    for payout in rows:
        kind = Kind.FAILED_AFTER_PAID if payout.after_paid else Kind.FAILED
        yield Found(kind, f"payout:{payout.pk}", payout.pk, at_stripe=payout.amount)


def _payouts(kind: str, at: datetime) -> QuerySet[Any]:
    """Payouts of late, and those about which something of this kind is open."""
    open_ = Discrepancy.objects.filter(kind=kind, ended_at=None).values("payout")
    return Payout.objects.filter(Q(created__gte=at - REACH) | Q(pk__in=open_)).order_by("pk")
