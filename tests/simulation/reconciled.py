"""What a month leaves unexplained between Stripe, the bank and the books; and their totals, counted without asking the shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import F, Sum

from payments.audit import balance_of
from payments.closing.numbering import midnight_after
from payments.closing.periods import Period, closing_of, first_month, month_of
from payments.models import AccountMap, BalanceMovement, BankLine, Discrepancy, Payout
from payments.reconciliation.arriving import waiting_for_bank
from payments.reconciliation.sentences import GONE_LATER, MATCHED_LATER
from payments.reconciliation.sums import made_of

if TYPE_CHECKING:
    from tests.simulation.shop import Shop

ZERO = Decimal("0.00")
#: Until then a month is reconciled and closed, whatever went wrong in it.
CLOSED_WITHIN = timedelta(days=75)
#: What ends by itself has ended by then.
ENDS_WITHIN = timedelta(days=60)


def remainder(period: Period) -> Decimal:
    """In euros: payouts that are not the sum of their movements, lines of the bank that nothing explains, payouts of these
    days that the bank has not shown."""
    since, until = midnight_after(period.first_day - timedelta(days=1)), midnight_after(period.last_day)
    made = made_of(Payout.objects.filter(currency="eur", automatic=True, created__gte=since, created__lt=until))
    left = sum((abs(one.remainder) + abs(one.not_itemised) for one in made.values()), ZERO)
    days = (period.first_day, period.last_day)
    for line in BankLine.objects.filter(booked_on__range=days).exclude(left=0):
        left += abs(line.left)
    for payout in waiting_for_bank(on=period.last_day).filter(arrives_on__gte=period.first_day):
        left += abs(payout.amount)
    return left


def not_reconciled(shop: Shop, *, at: datetime) -> Iterator[tuple[str, str]]:
    """PAYOUT: every month but the last is closed, and leaves 0,00; nothing that ends by itself stays open."""
    month = first_month()
    while month is not None and month.last_day + CLOSED_WITHIN < shop.clock.today:
        if closing_of(month) is None:
            yield f"month:{month}", f"is not closed, {remainder(month)} of it is not explained"
        elif left := remainder(month):
            yield f"month:{month}", f"is closed, and leaves {left}"
        month = month_of(month.last_day + timedelta(days=1))
    kinds = MATCHED_LATER | GONE_LATER
    for one in Discrepancy.objects.filter(kind__in=kinds, ended_at=None, found_at__lt=at - ENDS_WITHIN):
        yield f"discrepancy:{one.pk}", f"{one.kind} of {one.subject} stands since {one.found_at:%Y-%m-%d}"


def counted(shop: Shop) -> Iterator[tuple[str, str, str]]:
    """Name, subject and sentence: 517 is Stripe's balance, statements hold what the bank moved, payouts are Stripe's; to the cent."""
    store = shop.till.world.store
    there = sum(line["net"] for line in store.all("balance_transaction") if line["currency"] == "eur")
    # What Stripe has given back and the bank has not confirmed is no refund in the books yet.
    there += sum(one["amount"] for one in store.all("refund") if one["status"] == "pending")
    waits = BalanceMovement.objects.filter(meaning="", payment=None, refund=None, currency="eur")
    # Nor is what Stripe has changed since it was booked, until finance books it.
    changed = Discrepancy.objects.filter(kind=Discrepancy.Kind.CHANGED).exclude(end=Discrepancy.End.BOOKED)
    by = changed.aggregate(sum=Sum(F("at_stripe") - F("in_books")))["sum"] or ZERO
    stripe = Decimal(there) / 100 - (waits.aggregate(sum=Sum("net"))["sum"] or ZERO) - by
    booked = sum((balance_of(account) for account in _accounts("PSP")), ZERO)
    if booked != stripe:
        yield "BALANCED", "account:PSP", f"holds {booked}, Stripe's balance is {stripe}"
    theirs = {one["id"]: Decimal(one["amount"]) / 100 for one in store.all("payout")}
    ours = dict(Payout.objects.values_list("stripe_payout", "amount"))
    for key in sorted(theirs.items() ^ ours.items()):
        yield "PAYOUT", f"payout:{key[0]}", "is not known to both of Stripe and the books with one amount"
    waiting = {one.ref for file in shop.bank.drawer for one in file.lines}
    told = Counter((one.on, one.amount) for one in shop.bank.moved if one.told and one.ref not in waiting)
    kept: Counter[tuple[date, Decimal]] = Counter(BankLine.objects.values_list("booked_on", "amount"))
    for (on, amount), times in ((told - kept) + (kept - told)).items():
        yield "PAYOUT", f"bank:{on}", f"{times} lines of {amount} are not on both sides"


def _accounts(key: str) -> set[str]:
    return set(AccountMap.objects.filter(key=key).values_list("account", flat=True))
