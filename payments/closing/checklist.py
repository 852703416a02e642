"""The checklist of a month or a year: one table, every line computed or answered for by a person.

A line that `stops` must find nothing. One that wants an `answer` may find something: then a person says by name why the
period is closed all the same. One without `find` is always a person's. Floors above add their own lines at start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, Sum, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from payments.closing.numbering import midnight_after
from payments.closing.periods import Period, ticks_of
from payments.invoicing.open_items import billed
from payments.ledger.accounts import accounts_of, vat_accounts
from payments.mirroring.matters import MATTERS
from payments.models import (
    BalanceMovement,
    Cheque,
    ClosingTick,
    DayClosing,
    DeskItem,
    Dispute,
    LedgerEntry,
    LedgerLine,
    Payment,
    Refund,
)

ZERO = Decimal("0.00")


class Weight(StrEnum):
    """What follows from what a line finds."""

    STOPS = "stops"
    ANSWER = "answer"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Found:
    """What a line found: how many, over which amount in euros."""

    count: int = 0
    amount: Decimal | None = None


Find = Callable[[Period, datetime], Found]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the checklist; `page` is the name of the page that shows what it found."""

    key: str
    label: Any
    weight: Weight
    find: Find | None = None
    page: str = ""

    @property
    def by_person(self) -> bool:
        """Whether a person may answer for it."""
        return self.weight != Weight.STOPS


@dataclass(frozen=True, slots=True)
class Answer:
    """A line as it stands: what it found, who answered for it."""

    line: Line
    found: Found
    tick: ClosingTick | None

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return self.line.find is not None and self.found.count == 0

    @property
    def done(self) -> bool:
        """Whether it stands in nobody's way: nothing is found, or no more than a person has answered for."""
        return self.clean or (self.line.by_person and self.answered)

    @property
    def answered(self) -> bool:
        """Whether a person has answered for what is found now. What is less than then is answered for as well."""
        tick = self.tick
        if tick is None or self.line.find is None:
            return tick is not None
        return self.found.count <= (tick.count or 0) and abs(self.found.amount or ZERO) <= abs(tick.amount or ZERO)

    def kept(self) -> dict[str, Any]:
        """What is signed of it."""
        amount = self.found.amount
        said = {
            "line": self.line.key,
            "count": self.found.count if self.line.find else None,
            "amount": f"{amount:.2f}" if amount is not None else "",
        }
        if self.tick is not None:
            said |= {"by": self.tick.actor, "reason": self.tick.reason, "at": self.tick.at.isoformat()}
            if self.tick.count is not None:
                said["for"] = self.tick.count
        return said


def days_open(period: Period, at: datetime) -> Found:
    """Days of the period that are not closed, since the books began; or entries of it that have no number yet."""
    unnumbered = LedgerEntry.objects.filter(booked_on__range=(period.first_day, period.last_day), numbered=None).count()
    closed = DayClosing.objects.filter(day__gte=period.last_day).exists()
    return Found(unnumbered + (not closed))


def unbalanced(period: Period, at: datetime) -> Found:
    """Entries of the period whose sides differ."""
    wrong = (
        LedgerEntry.objects.filter(booked_on__range=(period.first_day, period.last_day))
        .annotate(d=Sum("lines__debit"), c=Sum("lines__credit"))
        .exclude(d=F("c"), d__isnull=False)
    )
    return Found(wrong.count())


VAT = """
SELECT count(*), coalesce(sum(abs(stated - booked)), 0) FROM (
    SELECT i.id, i.total_vat AS stated, coalesce(sum(line.debit + line.credit), 0) AS booked
    FROM payments_invoice i
    LEFT JOIN payments_ledgerentry entry ON entry.source = 'invoice:' || i.id
    LEFT JOIN payments_ledgerline line ON line.entry_id = entry.id AND line.account_id = ANY(%s)
    WHERE i.issued_on BETWEEN %s AND %s GROUP BY i.id
) AS documents WHERE stated <> booked
"""


def vat_differs(period: Period, at: datetime) -> Found:
    """Documents of the period whose VAT is not that of their entry."""
    with connection.cursor() as cursor:
        cursor.execute(VAT, [vat_accounts(), period.first_day, period.last_day])
        count, amount = cursor.fetchone()
    return Found(count, amount)


def _until(period: Period) -> datetime:
    return midnight_after(period.last_day)


def stripe_unexplained(period: Period, at: datetime) -> Found:
    """Lines of Stripe's balance that belong to a payment, a refund or a dispute of ours and are not matched, or whose fee is not
    booked. Two queries."""
    lines = BalanceMovement.objects.filter(created__lt=_until(period))
    whose = (
        Exists(Payment.objects.filter(stripe_charge=OuterRef("source")))
        | Exists(Refund.objects.filter(stripe_refund=OuterRef("source")))
        | Exists(Dispute.objects.filter(stripe_dispute=OuterRef("source")))
    )
    booked = LedgerEntry.objects.filter(source=Concat(Value("fee:"), Cast(OuterRef("pk"), CharField())))
    unmatched = lines.filter(whose, payment=None, refund=None)
    without_fee = lines.exclude(payment=None, refund=None).exclude(fee=0).filter(~Exists(booked))
    found = [
        rows.aggregate(count=Count("pk"), sum=Sum(name)) for rows, name in ((unmatched, "amount"), (without_fee, "fee"))
    ]
    return Found(sum(row["count"] for row in found), sum((row["sum"] or Decimal(0) for row in found), Decimal(0)))


def mirror_differs(period: Period, at: datetime) -> Found:
    """What Stripe and the books do not say alike."""
    return Found(DeskItem.objects.filter(kind__in=MATTERS, closed_at=None, opened_at__lt=_until(period)).count())


def parked(period: Period, at: datetime) -> Found:
    """Payments of the period whose effect is parked, or of which nobody knows whether they were made."""
    waiting = Payment.objects.filter(
        Q(effect=Payment.Effect.PARKED) | Q(state=Payment.State.UNKNOWN), state_since__lt=_until(period)
    )
    return Found(waiting.count(), waiting.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))


def desk_open(period: Period, at: datetime) -> Found:
    """Matters of finance's desk opened before the end of the period."""
    items = DeskItem.objects.filter(desk=DeskItem.Desk.FINANCE, closed_at=None, opened_at__lt=_until(period))
    return Found(items.exclude(kind__in=MATTERS).count())


def refunds_on_their_way(period: Period, at: datetime) -> Found:
    """Refunds asked for before the end of the period that are not given back yet."""
    open_ = Refund.objects.filter(created_at__lt=_until(period)).exclude(
        state__in=(Refund.State.SUCCEEDED, Refund.State.FAILED)
    )
    return Found(open_.count(), open_.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))


def invoices_unpaid(period: Period, at: datetime) -> Found:
    """Invoices of institutions due by the end of the period that are not paid in full."""
    due = billed().filter(left__gt=0, due_on__lte=period.last_day)
    return Found(due.count(), due.aggregate(sum=Sum("left"))["sum"] or Decimal(0))


def cheques_waiting(period: Period, at: datetime) -> Found:
    """Cheques handed over by the end of the period and on no line of the bank yet: with us, or on their way (5112)."""
    held = Cheque.objects.filter(
        state__in=(Cheque.State.RECEIVED, Cheque.State.DEPOSITED), received_on__lte=period.last_day
    )
    return Found(held.count(), held.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))


def cheques_unpaid(period: Period, at: datetime) -> Found:
    """Cheques that bounced by the end of the period, of which nothing was paid again nor given up."""
    owed = Cheque.objects.filter(
        state=Cheque.State.BOUNCED, bounced_on__lte=period.last_day, given_up_at=None, paid_again=None
    )
    return Found(owed.count(), owed.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))


def suspense(period: Period, at: datetime) -> Found:
    """Money on the accounts of surplus and disputes at the end of the period."""
    lines = LedgerLine.objects.filter(
        account__in=accounts_of("SURPLUS", "DISPUTES"), entry__booked_on__lte=period.last_day
    )
    open_ = lines.values("account").annotate(left=Sum("credit") - Sum("debit")).exclude(left=0)
    return Found(len(open_), sum((row["left"] for row in open_), Decimal(0)))


#: The lines of the ground floor, in the order in which a month is closed.
LINES: list[Line] = [
    Line("days", _("Days not closed and entries without a number"), Weight.STOPS, days_open, "desk_days"),
    Line("balanced", _("Entries that do not balance"), Weight.STOPS, unbalanced, "desk_entries"),
    Line("vat", _("Documents whose VAT is not the one in the books"), Weight.STOPS, vat_differs, "desk_invoices"),
    Line(
        "stripe", _("Lines of Stripe’s balance that are not matched"), Weight.STOPS, stripe_unexplained, "desk_mirror"
    ),
    Line("mirror", _("Differences between Stripe and the books"), Weight.ANSWER, mirror_differs, "desk_mirror"),
    Line("parked", _("Payments parked or unknown"), Weight.ANSWER, parked, "desk_payments"),
    Line("refunds", _("Refunds on their way"), Weight.ANSWER, refunds_on_their_way, "desk_refunds"),
    Line("invoices", _("Invoices due and not paid"), Weight.ANSWER, invoices_unpaid, "desk_institutions"),
    Line("cheques", _("Cheques that the bank has not credited yet"), Weight.ANSWER, cheques_waiting, "desk_cheques"),
    Line("bounced", _("Cheques that bounced and are not paid again"), Weight.ANSWER, cheques_unpaid, "desk_cheques"),
    Line("suspense", _("Surplus and disputed money still held"), Weight.ANSWER, suspense, "desk_entries"),
    Line("desk", _("Open matters on finance’s desk"), Weight.ANSWER, desk_open),
    Line("bank", _("Balance of the bank’s statement compared with account 512"), Weight.PERSON),
    Line("fees", _("Stripe’s invoice of fees filed"), Weight.PERSON),
    Line("vat_return", _("VAT return prepared from these figures"), Weight.PERSON),
]


def add_line(line: Line, *, before: str = "bank") -> None:
    """Give the checklist a line of another floor, once, at start-up; it stands before the line of that key."""
    if line.key not in {one.key for one in LINES}:
        place = next(place for place, one in enumerate(LINES) if one.key == before)
        LINES.insert(place, line)


def lines() -> Sequence[Line]:
    """The whole checklist."""
    return tuple(LINES)


def answers(period: Period, *, at: datetime) -> Sequence[Answer]:
    """The checklist of a period as it stands now. A query or two per line."""
    ticked = ticks_of(period)
    return [_answer(one, period, at, ticked) for one in lines()]


def answer_of(line: Line, period: Period, *, at: datetime) -> Answer:
    """One line as it stands now."""
    return _answer(line, period, at, ticks_of(period))


def _answer(line: Line, period: Period, at: datetime, ticked: Mapping[str, ClosingTick]) -> Answer:
    return Answer(line, line.find(period, at) if line.find else Found(), ticked.get(line.key))
