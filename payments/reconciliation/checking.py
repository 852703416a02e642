"""PAYOUT, and 517 against Stripe's balance: what the nightly audit asks of the reconciliation (design, section 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import CharField, Exists, Func, OuterRef, Q, Sum, Value

from payments.models import AccountMap, BalanceMovement, Discrepancy, LedgerEntry, LedgerLine, Payout
from payments.reconciliation.discrepancies import bookable
from payments.reconciliation.meanings import KEYS
from payments.reconciliation.overdue import untold
from payments.reconciliation.sums import made_of

Breaches = Iterator[tuple[str, str]]
CHUNK = 500
#: Stripe's list is complete, and its movements were not read for so long.
UNREAD_TOO_LONG = timedelta(days=2)
#: Stripe itemises an automatic payout within days of its arrival (stripe.md Money).
NOT_ITEMISED_TOO_LONG = timedelta(days=14)
#: What settles readers' money books it to 517 as it is heard, before or after its line is read.
BY_OWNERS = ("payment", "refund", "refund_failed", "dispute", "dispute_returned")


def payouts(at: datetime) -> Breaches:
    """PAYOUT: payout = sum of its movements; every movement explained or a discrepancy; what the bank shows is the payout."""
    seen = Discrepancy.objects.filter(kind=Discrepancy.Kind.REMAINDER, payout=OuterRef("pk"))
    read = Payout.objects.filter(read_at__isnull=False).annotate(seen=Exists(seen)).order_by("pk")
    last = 0
    while rows := list(read.filter(pk__gt=last)[:CHUNK]):
        last, made = rows[-1].pk, made_of(rows)
        for payout in rows:
            if made[payout.pk].remainder and not payout.seen:
                yield f"payout:{payout.pk}", "is not the sum of its movements"
    for key in Payout.objects.filter(itemised=True, read_at=None, looked_up_at__lte=at - UNREAD_TOO_LONG).values_list(
        "pk", flat=True
    ):
        yield f"payout:{key}", "its movements were not read"
    mute = Payout.objects.filter(automatic=True, itemised=False, state=Payout.State.PAID)
    for key in mute.filter(created__lte=at - NOT_ITEMISED_TOO_LONG).order_by("pk").values_list("pk", flat=True):
        yield f"payout:{key}", "was paid, and Stripe never listed its movements"
    known = Discrepancy.objects.filter(movement=OuterRef("pk"))
    unsaid = Q(meaning="", payout__read_at__lte=at - UNREAD_TOO_LONG)
    unexplained = Q(meaning__in=BalanceMovement.UNEXPLAINED) & ~Exists(known)
    for key in BalanceMovement.objects.filter(unsaid | unexplained).order_by("pk").values_list("pk", flat=True):
        yield f"movement:{key}", "is not explained, and nobody was told"


def at_bank(at: datetime) -> Breaches:
    """Part of PAYOUT: bank line = payout; what is on no statement, and what a statement shows instead, is on finance's desk."""
    yield from untold(at)


def transit(at: datetime) -> Breaches:
    """Part of PAYOUT: the transit account is what has left Stripe for the bank and is not on a statement yet."""
    keys = [meaning for meaning, key in KEYS.items() if key == "TRANSIT"]
    left = BalanceMovement.objects.filter(meaning__in=keys).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    there = Payout.objects.filter(arrived_on__isnull=False).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    by_hand = _balance("TRANSIT", "discrepancy", "discrepancy_back", "bank", "bank_undone", "payout_returned")
    booked = _balance("TRANSIT")
    if booked != by_hand - left - there:
        yield "account:TRANSIT", f"holds {booked}, documents and payments leave {by_hand - left - there} open"


def clearing(at: datetime) -> Breaches:
    """Part of BALANCED: but for what its owners book as it is heard, 517 moves by exactly what Stripe's lines say, and by what
    finance has booked where they say something else by now."""
    owned = Q(payment__isnull=False) | Q(refund__isnull=False)
    lines = BalanceMovement.objects.filter(currency="eur")
    keyed = [meaning for meaning, key in KEYS.items() if key is not None]
    moved = lines.filter(meaning__in=keyed).aggregate(sum=Sum("net"))["sum"] or Decimal(0)
    fees = lines.filter(owned).exclude(meaning__in=keyed).aggregate(sum=Sum("fee"))["sum"] or Decimal(0)
    expected = moved - fees + _by_hand()
    booked = _balance("PSP") - _balance("PSP", *BY_OWNERS)
    if booked != expected:
        yield "account:PSP", f"holds {booked} beside readers' money, Stripe's lines say {expected}"


def _by_hand() -> Decimal:
    """What finance has booked on 517 itself, and nothing has taken back since."""
    back = LedgerEntry.objects.filter(source__startswith="discrepancy_back:").values_list("source", flat=True)
    undone = {int(source.partition(":")[2]) for source in back}
    rows = Discrepancy.objects.filter(end=Discrepancy.End.BOOKED, kind__in=Discrepancy.ON_BALANCE)
    amounts = [bookable(one) or Decimal(0) for one in rows.select_related("movement") if one.pk not in undone]
    return sum(amounts, Decimal(0))


def _balance(key: str, *sources: str) -> Decimal:
    """Debits minus credits of the accounts of a key, of all entries or of those of some kinds of source."""
    accounts = AccountMap.objects.filter(key=key).values("account")
    lines = LedgerLine.objects.filter(account__in=accounts)
    if sources:
        of = Func("entry__source", Value(":"), Value(1), function="split_part", output_field=CharField())
        lines = lines.annotate(of=of).filter(of__in=sources)
    sums = lines.aggregate(d=Sum("debit"), c=Sum("credit"))
    return (sums["d"] or Decimal(0)) - (sums["c"] or Decimal(0))
