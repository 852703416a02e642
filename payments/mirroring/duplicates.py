"""Was anybody ever charged twice for one thing, and when was the last time?

One thing is one subject: an order, or one term of one subscription, by whichever of its payments (design, rule 4). The
second success of a subject is surplus from the moment it settles (the database refuses a second paying payment), so
duplicates are found among surplus payments alone; those that pay for nothing for another reason have no twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from djmoney.money import Money

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.models import MirrorDifference, Payment, Refund, Transfer
from payments.money import eur
from payments.refunds import NothingToRefund, left_of, request

State = Payment.State


@dataclass(frozen=True, slots=True)
class Record:
    """How long nobody was charged twice. `last`: the day of the last duplicate; without one, days since the first payment."""

    days: int
    last: date | None
    first_payment: date | None


def duplicates() -> QuerySet[Payment]:
    """Second successes of one subject, the newest first, each with `given` (euros given back, or on their way)."""
    returned = Refund.objects.exclude(state=Refund.State.FAILED)
    transferred = Transfer.objects.exclude(state__in=(Transfer.State.FAILED, Transfer.State.CANCELLED))
    twin = Payment.objects.filter(subject=OuterRef("subject"), state=State.SUCCEEDED).exclude(pk=OuterRef("pk"))
    return (
        Payment.objects.filter(Exists(twin), state=State.SUCCEEDED, surplus=True)
        .annotate(given=_sum(returned) + _sum(transferred))
        .order_by("-state_since", "-pk")
    )


def _sum(rows: QuerySet[Any]) -> Coalesce:
    """What these rows give back of each payment."""
    theirs = rows.filter(payment=OuterRef("pk")).order_by().values("payment")
    return Coalesce(Subquery(theirs.annotate(sum=Sum("amount")).values("sum")), eur(0).amount)


def record(at: datetime) -> Record:
    """Days since the last duplicate, counted by Paris days; what the mirror has seen at Stripe alone counts as well."""
    newest = duplicates().values_list("state_since", flat=True).first()
    second = MirrorDifference.objects.filter(kind=MirrorDifference.Kind.SECOND).order_by("pk")
    seen = [one for one in (newest, second.values_list("at", flat=True).last()) if one is not None]
    first = Payment.objects.filter(state=State.SUCCEEDED).aggregate(first=Min("received_on"))["first"]
    last = paris_day(max(seen)) if seen else None
    since = last or first or paris_day(at)
    return Record(max((paris_day(at) - since) // timedelta(days=1), 0), last, first)


def left_to_give_back(payment: Payment) -> Money:
    """What of a surplus payment nobody has given back, nor asked to, by either way."""
    return eur(left_of(payment)) if payment.surplus else eur(0)


@transaction.atomic
def give_back_rest(payment_id: int, *, reason: str, actor: Actor, at: datetime) -> Refund:
    """Ask again for what is left of a surplus payment, whose own refund has failed; to be sent after the commit.

    Locks the payment. Raises `refunds.NothingToRefund` when it is no surplus or nothing of it is left.
    """
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    rest = left_to_give_back(payment)
    if rest.amount <= 0:
        raise NothingToRefund(payment.reference)
    record_act("gave a duplicate back", subject=f"payment:{payment.pk}", actor=actor, at=at, reason=reason)
    return request(payment, amount=rest, reason=reason, actor=actor, at=at)
