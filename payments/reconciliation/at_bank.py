"""Payouts and the lines of our bank find each other: amount exact, the day within two banking days, Stripe named on the line.

Where Stripe's trace stands on the line it is that payout, whatever the day. Otherwise only where one line and one payout are
left for each other: of two alike, a person says which (law.md 6.4). A payout that the bank has cut in two, and a line that a
bank has put right by a second one, are two lines of one payout: a person says so. What came and was taken out again, because
the payout failed, is a line of the opposite amount.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.bank.matching import CannotExplain
from payments.bank.payouts import AROUND, is_payout, lines_waiting_for_payouts
from payments.ledger import stripe_entries
from payments.ledger.posting import ZERO
from payments.models import BankLine, Payout
from payments.reconciliation.arriving import arrived, may_be_shown, may_be_taken_back, taken_back
from payments.working_days import add_banking_days

SURE = "amount, day and name agree"
#: The second half of a payout that was cut comes within so many banking days.
HALVES_WITHIN = 5


@dataclass(frozen=True, slots=True)
class Fits:
    """What one or two lines may be: a payout, or (`back`) what the bank took out again of one that failed."""

    payout: Payout
    lines: tuple[BankLine, ...]
    back: bool = False

    @property
    def name(self) -> str:
        """How a page names it: the same as long as it is the same."""
        return "-".join(map(str, ("back" if self.back else "is", self.payout.pk, *(line.pk for line in self.lines))))


def match_arrivals(*, actor: Actor, at: datetime, limit: int = 500) -> int:
    """Bring together what is sure, each pair in a transaction of its own; returns how many. Safe to repeat, in two places."""
    lines = list(lines_waiting_for_payouts().select_related("statement")[:limit])
    done = 0
    if lines:
        done += _carry_out(_sure(may_be_shown()[:limit], lines), actor=actor, at=at)
        done += _carry_out(_sure_returns(may_be_taken_back()[:limit], lines), actor=actor, at=at)
    return done


def possible(line: BankLine) -> list[Fits]:
    """What a person may say that a whole line is: payouts of its amount, its return, two lines that make one. A few queries."""
    if line.left != line.amount or not line.amount:
        return []
    found = [Fits(payout, (line,)) for payout in may_be_shown().filter(amount=line.amount)]
    found += [Fits(payout, (line,), back=True) for payout in may_be_taken_back().filter(amount=-line.amount)]
    near = add_banking_days(line.booked_on, -HALVES_WITHIN), add_banking_days(line.booked_on, HALVES_WITHIN)
    others = list(
        lines_waiting_for_payouts().select_related("statement").filter(booked_on__range=near).exclude(pk=line.pk)
    )
    whole = may_be_shown().filter(amount__in=[line.amount + other.amount for other in others])
    found += [
        Fits(payout, tuple(sorted((line, other), key=lambda one: (one.booked_on, one.pk))))
        for payout in whole
        for other in others
        if line.amount + other.amount == payout.amount
    ]
    return found


@transaction.atomic
def match(payout_id: int, *line_ids: int, reason: str, actor: Actor, at: datetime) -> None:
    """These lines of the bank, as a rule one, are that payout: all say so, and it leaves the transit account with the last of
    them. Locks the payout, then the lines.

    Raises ValidationError or CannotExplain where one of them is something else by now, or their sum is another.
    """
    lines = list(
        BankLine.objects.select_related("statement").filter(pk__in=line_ids).order_by("booked_on", "statement", "place")
    )
    payout = Payout.objects.get(pk=payout_id)
    if len(lines) != len(line_ids) or sum((line.left for line in lines), ZERO) != payout.amount:
        raise ValidationError(_("These lines are not the amount of this payout."))
    last = lines[-1]
    payout = arrived(payout_id, bank_reference=_named(last), on=last.booked_on, actor=actor, at=at)
    source = stripe_entries.arrived(payout, booked_on=last.booked_on).source
    _say(lines, payout, source=source, reason=reason, actor=actor, at=at)


@transaction.atomic
def match_back(payout_id: int, line_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """This line is what the bank took out again of a payout that failed. Locks the payout, then the line.

    Raises ValidationError or CannotExplain as `match` does.
    """
    line = BankLine.objects.select_related("statement").get(pk=line_id)
    if line.left != -Payout.objects.get(pk=payout_id).amount:
        raise ValidationError(_("This line is not the amount of this payout."))
    payout = taken_back(payout_id, bank_reference=_named(line), on=line.booked_on, actor=actor, at=at)
    source = stripe_entries.returned(payout, bank_reference="", booked_on=line.booked_on).source
    _say([line], payout, source=source, reason=reason, actor=actor, at=at)


def carry_out(fits: Fits, *, reason: str, actor: Actor, at: datetime) -> None:
    """Do what a person, or the rule of what is sure, says. Raises as `match` does."""
    if fits.back:
        match_back(fits.payout.pk, fits.lines[0].pk, reason=reason, actor=actor, at=at)
    else:
        match(fits.payout.pk, *(line.pk for line in fits.lines), reason=reason, actor=actor, at=at)


def is_around(on: date, payout: Payout) -> bool:
    """Whether a day is the payout's, two banking days more or less."""
    return add_banking_days(payout.arrives_on, -AROUND) <= on <= add_banking_days(payout.arrives_on, AROUND)


def bears_trace(line: BankLine, payout: Payout) -> bool:
    """Whether Stripe's trace of the payout stands on the line."""
    return bool(payout.trace) and payout.trace in f"{line.text} {line.end_to_end}"


def _carry_out(found: Iterator[Fits], *, actor: Actor, at: datetime) -> int:
    done = 0
    for fits in found:
        try:
            carry_out(fits, reason=SURE, actor=actor, at=at)
        except (ValidationError, CannotExplain):
            continue  # somebody was quicker: the next round sees how it stands
        done += 1
    return done


def _sure(payouts: Collection[Payout], lines: Sequence[BankLine]) -> Iterator[Fits]:
    """Payouts with the line that can only be theirs."""
    by_amount: dict[Decimal, list[BankLine]] = defaultdict(list)
    for line in lines:
        by_amount[line.amount].append(line)
    traced: dict[int, list[BankLine]] = {}
    near: dict[int, list[BankLine]] = {}
    for payout in payouts:
        alike = by_amount[payout.amount]
        traced[payout.pk] = [line for line in alike if bears_trace(line, payout)]
        near[payout.pk] = [line for line in alike if is_around(line.booked_on, payout)]
    named = {line.pk for some in traced.values() for line in some}
    claims = Counter(line.pk for some in near.values() for line in some)
    for payout in payouts:
        mine = traced[payout.pk] or [line for line in near[payout.pk] if line.pk not in named and claims[line.pk] == 1]
        if len(mine) == 1 and (traced[payout.pk] or len(near[payout.pk]) == 1):
            yield Fits(payout, (mine[0],))


def _sure_returns(payouts: Collection[Payout], lines: Sequence[BankLine]) -> Iterator[Fits]:
    """Payouts that were seen and failed, with the only line that takes their amount out again."""
    for payout in payouts:
        seen_on = payout.arrived_on or date.max
        out = [line for line in lines if line.amount == -payout.amount and seen_on <= line.booked_on]
        alike = [one for one in payouts if one.amount == payout.amount]
        traced = [line for line in out if bears_trace(line, payout)]
        if len(traced) == 1 or (len(out) == 1 and len(alike) == 1):
            yield Fits(payout, ((traced or out)[0],), back=True)


def _named(line: BankLine) -> str:
    return f"{line.statement.reference}/{line.place}"[:80]


def _say(lines: Sequence[BankLine], payout: Payout, *, source: str, reason: str, actor: Actor, at: datetime) -> None:
    because = [{"code": "payout", "payout": payout.stripe_payout}]
    for line in sorted(lines, key=lambda one: one.pk):
        is_payout(line.pk, source=source, because=because, reason=reason, actor=actor, at=at)
