"""What payouts are made of: the sums of their movements by meaning, and what is left over. The same for pages, finders and audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from payments.ledger.posting import ZERO
from payments.models import BalanceMovement, Discrepancy, Payout


@dataclass(frozen=True, slots=True)
class Part:
    """The movements of one meaning in one payout: how many, and what they come to."""

    meaning: str
    count: int
    amount: Decimal
    fee: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Made:
    """What one payout is made of. `changed`: by how much its lines differ from what they were when they were booked.

    `not_itemised`: of a payout that Stripe does not itemise, or has not yet. payout = parts + changed + not itemised + remainder.
    """

    parts: tuple[Part, ...]
    changed: Decimal
    not_itemised: Decimal
    remainder: Decimal


def made_of(payouts: Iterable[Payout]) -> Mapping[int, Made]:
    """What each of these payouts is made of, by key. Two queries; a payout's own line is not among its parts."""
    rows = list(payouts)
    keys = [one.pk for one in rows]
    parts: dict[int, list[Part]] = defaultdict(list)
    sums = (
        BalanceMovement.objects.filter(payout__in=keys)
        .exclude(stripe_id=F("payout__movement"))
        .order_by("payout", "meaning")
        .values("payout", "meaning")
        .annotate(n=Count("pk"), a=Sum("amount"), f=Sum("fee"), s=Sum("net"))
    )
    for row in sums:
        parts[row["payout"]].append(Part(row["meaning"], row["n"], row["a"], row["f"], row["s"]))
    changes = (
        Discrepancy.objects.filter(payout__in=keys, kind=Discrepancy.Kind.CHANGED)
        .filter(Q(ended_at=None) | Q(end__in=(Discrepancy.End.EXPLAINED, Discrepancy.End.BOOKED)))
        .order_by("payout")
        .values_list("payout")
        .annotate(by=Sum(F("at_stripe") - F("in_books")))
    )
    changed = {key: by for key, by in changes if key is not None}
    return {one.pk: _made(one, tuple(parts[one.pk]), changed.get(one.pk, ZERO)) for one in rows}


def _made(payout: Payout, parts: tuple[Part, ...], changed: Decimal) -> Made:
    left = payout.amount - sum((part.net for part in parts), ZERO) - changed
    if payout.read_at is None:
        return Made(parts, changed, not_itemised=left, remainder=ZERO)
    return Made(parts, changed, not_itemised=ZERO, remainder=left)
