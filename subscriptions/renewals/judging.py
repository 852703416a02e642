"""What the run made of one rehearsed term, and why: a closed table of verdicts and reasons. Pure.

| verdict              | when                                                                            |
|----------------------|---------------------------------------------------------------------------------|
| as rehearsed         | charged, and that amount was taken; or not charged, and nothing was taken        |
| not charged          | rehearsed as a charge, and nothing was taken on those days                       |
| charged              | taken on those days, and not rehearsed as a charge                               |
| other amount         | taken, and it was rehearsed as another amount                                    |
| pending              | nobody can say yet: at the bank, not answered, or its days are not over          |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from payments.models import Payment
from subscriptions.models import Rehearsal, RehearsalLine, Renewal
from subscriptions.renewals.calendar import charge_on

Will = RehearsalLine.Will
State = Renewal.State
Paid = Payment.State
OPEN = (Paid.CREATED, Paid.PROCESSING, Paid.UNKNOWN)
NOTHING = Decimal("0.00")


class Verdict(StrEnum):
    """What the run made of one line."""

    AS_REHEARSED = "as_rehearsed"
    NOT_CHARGED = "not_charged"
    CHARGED = "charged"
    OTHER_AMOUNT = "other_amount"
    PENDING = "pending"


class Because(StrEnum):
    """Why the run is another than its rehearsal."""

    NONE = ""
    AT_THE_BANK = "at_the_bank"
    NOT_OVER = "not_over"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    CONFIRM = "confirm"
    GIVEN_BACK = "given_back"
    NOT_SENT = "not_sent"
    BY_READER = "by_reader"
    MOVED = "moved"
    BY_CHOICE = "by_choice"
    NO_CARD = "no_card"
    LAPSED = "lapsed"
    DISPUTED = "disputed"
    DISPUTE_OVER = "dispute_over"
    CARD_CHANGED = "card_changed"
    RETRIED = "retried"
    PROVED = "proved"
    NOT_TOLD = "not_told"
    TURNED_ON = "turned_on"
    PRICED = "priced"
    PLANNED_SINCE = "planned_since"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Taken:
    """One charge of the run: its payment, its day, how often this renewal had been tried."""

    state: str
    surplus: bool
    amount: Decimal
    method_id: int | None
    number: int
    charged_on: date


@dataclass(slots=True)
class Found:
    """What is known of one term beside its line: the run's charges, its plan today, and what happened since."""

    subscription_id: int
    number: int
    line: RehearsalLine | None = None
    tries: list[Taken] = field(default_factory=list)
    plan: Renewal | None = None
    moved_since: bool = False
    told_on: date | None = None
    choices_since: set[bool] = field(default_factory=set)
    by_reader: bool = False
    disputed: bool = False

    @property
    def taken(self) -> list[Taken]:
        """Charges that took money and kept it."""
        return [one for one in self.tries if one.state == Paid.SUCCEEDED and not one.surplus]


def judge(one: Found, rehearsal: Rehearsal, *, over: bool) -> tuple[Verdict, Because]:
    """What the run made of one term, and why. Pure. `over`: its days are over."""
    line, taken = one.line, one.taken
    if any(charge.state in OPEN for charge in one.tries):
        return Verdict.PENDING, Because.AT_THE_BANK
    if line is None or line.will != Will.CHARGE:
        if not taken:
            return Verdict.AS_REHEARSED, Because.NONE
        return Verdict.CHARGED, _why_charged(one, rehearsal, taken[-1])
    if not taken:
        because = _why_not(one, rehearsal, over=over)
        return (Verdict.PENDING if because is Because.NOT_OVER else Verdict.NOT_CHARGED), because
    if line.amount is not None and sum((charge.amount for charge in taken), NOTHING) != line.amount.amount:
        return Verdict.OTHER_AMOUNT, Because.PRICED if one.moved_since else Because.UNEXPLAINED
    return Verdict.AS_REHEARSED, Because.NONE


def _why_charged(one: Found, rehearsal: Rehearsal, charge: Taken) -> Because:
    """Taken though not rehearsed: what has happened since."""
    line, plan = one.line, one.plan
    if line is not None and line.method_id != charge.method_id:
        return Because.CARD_CHANGED
    if line is not None and line.will == Will.DISPUTED:
        return Because.DISPUTE_OVER
    if True in one.choices_since:
        return Because.TURNED_ON
    if line is not None and line.will == Will.BY_CHOICE:
        return Because.PROVED
    if line is not None and line.will == Will.UNPRICED:
        return Because.PRICED
    if charge.number > 1:
        return Because.RETRIED
    if one.moved_since:
        return Because.MOVED
    if plan is not None and plan.created_at > rehearsal.at:
        return Because.PLANNED_SINCE
    return Because.UNEXPLAINED


#: Where a plan stands that was rehearsed as a charge and was never tried on those days.
STANDS: Mapping[str, Because] = {
    State.CANCELLED: Because.CANCELLED,
    State.MANUAL: Because.BY_CHOICE,
    State.AWAITING_READER: Because.NO_CARD,
    State.LAPSED: Because.LAPSED,
}


def _why_not(one: Found, rehearsal: Rehearsal, *, over: bool) -> Because:
    """Rehearsed, and nothing taken: what became of it instead."""
    line, plan = one.line, one.plan
    if one.by_reader:
        return Because.BY_READER
    if one.tries:
        return _how_it_ended(one.tries)
    if plan is None:
        return _never_planned(one, over=over)
    if plan.state in STANDS:
        return Because.DISPUTED if one.disputed else STANDS[plan.state]
    if plan.state == State.PAID:
        return Because.MOVED  # by a charge of other days
    if line is not None and plan.renews_on != line.renews_on:
        return Because.MOVED
    if one.told_on and charge_on(plan.renews_on, pre_debit_sent_on=one.told_on) > rehearsal.last_on:
        return Because.MOVED  # its debit was announced late
    if not over:
        return Because.NOT_OVER
    if one.disputed:
        return Because.DISPUTED
    return Because.UNEXPLAINED if one.told_on else Because.NOT_TOLD


def _how_it_ended(tries: Sequence[Taken]) -> Because:
    """Of charges that took nothing: the last one that reached a bank says it."""
    if any(charge.surplus and charge.state == Paid.SUCCEEDED for charge in tries):
        return Because.GIVEN_BACK
    states = [charge.state for charge in tries if charge.state != Paid.CANCELLED]
    if not states:
        return Because.NOT_SENT
    return Because.CONFIRM if states[-1] == Paid.ACTION_REQUIRED else Because.DECLINED


def _never_planned(one: Found, *, over: bool) -> Because:
    if False in one.choices_since:
        return Because.CANCELLED
    if one.disputed:
        return Because.DISPUTED
    return Because.UNEXPLAINED if over else Because.NOT_OVER
