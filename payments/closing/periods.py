"""Closing a month or a year: looked at, signed by name, locked; and opened again by two people (law.md 6.1, 6.3).

Closed means that the database takes no entry of that time or of any before it (migration 0021); what becomes known later is
booked on the first open day, with the day it is about kept beside it (`payments.ledger.posting`). Periods are closed in their
order, the year after its months and after the year before it, and opened again in the opposite one, the newest first: a
balance that was signed holds all that was booked before it. Opening again is asked for by one person and agreed to by another, each with a reason; alone only where
the publisher allows it (`CLOSING_REOPENED_ALONE_AFTER`), after that delay and with a mark that stays. What is signed again is
the next version; the figures of the one before stay as they were signed.
"""

from __future__ import annotations

import calendar
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Min, QuerySet
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.models import ClosingTick, LedgerEntry, PeriodClosing, Reopening, ReopeningAsked

Kind = PeriodClosing.Kind
#: Whoever books holds it together with all others, whoever closes or opens a period holds it alone (migration 0015).
LOCK = 4871_02
#: A request to open a period again that nobody has said yes to.
LAPSES_AFTER = timedelta(days=14)


class CannotSign(ValidationError):
    """The period cannot be closed or opened now; the message is a sentence for staff, `code` says which."""


@dataclass(frozen=True, slots=True)
class Period:
    """One month or one civil year."""

    kind: str
    first_day: date
    last_day: date

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m}" if self.kind == Kind.MONTH else f"{self.first_day:%Y}"


def month_of(day: date) -> Period:
    """The month of a day."""
    first = day.replace(day=1)
    return Period(Kind.MONTH, first, day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def year_of(day: date) -> Period:
    """The civil year of a day."""
    return Period(Kind.YEAR, date(day.year, 1, 1), date(day.year, 12, 31))


def named(name: str) -> Period | None:
    """The period of a name, « 2026-11 » or « 2026 »; None if it is none."""
    try:
        if len(name) == 4:
            return year_of(date(int(name), 1, 1))
        return month_of(date(int(name[:4]), int(name[5:]), 1)) if len(name) == 7 and name[4] == "-" else None
    except ValueError:
        return None


def period_of(closing: PeriodClosing) -> Period:
    """What a closing closes."""
    return Period(closing.kind, closing.first_day, closing.last_day)


def in_force() -> QuerySet[PeriodClosing]:
    """The closings that nobody has opened again."""
    return PeriodClosing.objects.filter(reopening=None)


def closing_of(period: Period) -> PeriodClosing | None:
    """The closing in force of a period."""
    return in_force().filter(kind=period.kind, first_day=period.first_day).first()


def version_of(period: Period) -> int:
    """The version that its next signature will be."""
    return PeriodClosing.objects.filter(kind=period.kind, first_day=period.first_day).count() + 1


def first_month() -> Period | None:
    """The month of the first entry of the books."""
    first = LedgerEntry.objects.aggregate(first=Min("booked_on"))["first"]
    return month_of(first) if first else None


def open_before(period: Period) -> Period | None:
    """The first month, or year, that has to be closed before this one can be; None if it is its turn."""
    begun = first_month()
    if begun is None:
        return None
    closed = set(in_force().filter(kind=Kind.MONTH).values_list("first_day", flat=True))
    if period.kind == Kind.YEAR and begun.first_day < period.first_day:
        before = year_of(period.first_day - timedelta(days=1))
        if closing_of(before) is None:
            return open_before(before) or before
    month = begun
    until = period.first_day if period.kind == Kind.MONTH else period.last_day + timedelta(days=1)
    while month.first_day < until:
        if month.first_day not in closed:
            return month
        month = month_of(month.last_day + timedelta(days=1))
    return None


def ticks_of(period: Period) -> Mapping[str, ClosingTick]:
    """What people answered for last, of the version that is not signed yet."""
    rows = ClosingTick.objects.filter(kind=period.kind, first_day=period.first_day, version=version_of(period))
    return {row.line: row for row in rows.order_by("turn")}


@transaction.atomic
def tick(period: Period, line: str, *, actor: Actor, at: datetime, reason: str) -> ClosingTick:
    """Answer by name for one line of the checklist, for what it finds now. Answered twice, the first stays, unless more is
    found by then.

    Raises CannotSign for a line that is none, and before the period is over: nobody answers for what is still to come.
    """
    from payments.closing.checklist import answer_of, lines

    wanted = next((one for one in lines() if one.key == line and one.by_person), None)
    if wanted is None:
        raise CannotSign(_("No such line of the checklist waits for a person."), code="no_line")
    if closing_of(period) is not None:
        raise CannotSign(_("This period is closed."), code="closed")
    _refuse_going_on(period, at=at)
    now = answer_of(wanted, period, at=at)
    if now.tick is not None and now.answered:
        return now.tick
    row = ClosingTick(
        kind=period.kind, first_day=period.first_day, version=version_of(period), line=line,
        turn=now.tick.turn + 1 if now.tick else 1, count=now.found.count if wanted.find else None, amount=now.found.amount,
        actor=str(actor), reason=reason[:300], at=at,
    )  # fmt: skip
    ClosingTick.objects.bulk_create([row], ignore_conflicts=True)
    return ticks_of(period)[line]


def _refuse_going_on(period: Period, *, at: datetime) -> None:
    if period.last_day >= paris_day(at):
        raise CannotSign(_("This period is not over yet."), code="not_over")


@transaction.atomic
def sign(period: Period, *, actor: Actor, at: datetime, reason: str) -> PeriodClosing:
    """Close a period by name. Signed twice, it is one closing.

    Waits for every transaction that is booking, and keeps others from it until the commit: nothing slips in between what was
    looked at and the lock. Side effects: the closing with its checklist and figures, the act. Raises CannotSign.
    """
    from payments.closing.checklist import answers
    from payments.closing.figures import figures

    _alone_with_the_books()
    known = closing_of(period)
    if known is not None:
        return known
    _refuse_going_on(period, at=at)
    if period.last_day < (begun.first_day if (begun := first_month()) else date.max):
        raise CannotSign(_("Nothing was booked until then."), code="nothing")
    if (before := open_before(period)) is not None:
        raise CannotSign(_("Close %(month)s first.") % {"month": str(before)}, code="order")
    answered = answers(period, at=at)
    if not all(one.done for one in answered):
        raise CannotSign(_("The checklist is not done: see its lines in red."), code="checklist")
    closing = PeriodClosing(
        kind=period.kind, first_day=period.first_day, last_day=period.last_day, version=version_of(period),
        checks=[one.kept() for one in answered], figures=figures(period), signed_by=str(actor), reason=reason[:300], at=at,
    )  # fmt: skip
    closing.sha256 = fingerprint(closing)
    closing.save(force_insert=True)
    record_act(
        "closed a period", subject=f"closing:{closing.pk}", actor=actor, at=at, reason=reason,
        facts={"period": str(period), "version": closing.version, "sha256": closing.sha256},
    )  # fmt: skip
    return closing


def fingerprint(closing: PeriodClosing) -> str:
    """SHA-256 of what was signed: the period, the checklist and the figures, in canonical JSON."""
    return hashlib.sha256(json.dumps(signed(closing), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def signed(closing: PeriodClosing) -> list[Any]:
    """What its hash is taken of. When and why it was signed is in the link that seals it (`payments.sealing.canonical`)."""
    return [str(period_of(closing)), closing.version, closing.checks, closing.figures, closing.signed_by]


@transaction.atomic
def ask_to_reopen(closing_id: int, *, actor: Actor, at: datetime, reason: str) -> ReopeningAsked:
    """Ask for a closed period to be opened again. Asked twice, it is the first; after two weeks it has lapsed, and is asked for
    anew. Raises CannotSign."""
    _alone_with_the_books()
    closing = PeriodClosing.objects.get(pk=closing_id)
    _may_reopen(closing)
    if (known := request_of(closing, at=at)) is not None:
        return known
    asked = ReopeningAsked.objects.create(closing=closing, asked_by=str(actor), reason=reason[:300], at=at)
    record_act("asked to re-open a period", subject=f"closing:{closing.pk}", actor=actor, at=at, reason=reason)
    return asked


def request_of(closing: PeriodClosing, *, at: datetime) -> ReopeningAsked | None:
    """What was asked for a closing and waits for a yes; None once it has lapsed: what was wanted in January is not in November."""
    asked = ReopeningAsked.objects.filter(closing=closing, reopening=None, at__gt=at - LAPSES_AFTER)
    return asked.order_by("-pk").first()


@transaction.atomic
def reopen(closing_id: int, *, actor: Actor, at: datetime, reason: str) -> Reopening:
    """Say yes: the period is open again. A second yes finds the same one.

    Raises CannotSign: nobody asked; who asked may agree alone only where the publisher allows it, and not before its delay.
    """
    _alone_with_the_books()
    closing = PeriodClosing.objects.get(pk=closing_id)
    known = Reopening.objects.filter(closing=closing).first()
    if known is not None:
        return known
    _may_reopen(closing)
    asked = request_of(closing, at=at)
    if asked is None:
        raise CannotSign(_("Somebody has to ask for it first."), code="not_asked")
    alone = asked.asked_by == str(actor)
    if alone:
        _may_alone(asked, at=at)
    made = Reopening.objects.create(
        asked=asked, closing=closing, agreed_by=str(actor), alone=alone, reason=reason[:300], at=at
    )
    record_act(
        "re-opened a period", subject=f"closing:{closing.pk}", actor=actor, at=at, reason=reason, facts={"alone": alone}
    )
    return made


def alone_from(asked: ReopeningAsked) -> datetime | None:
    """From when on whoever asked may agree alone; None where two people are needed."""
    hours = settings.CLOSING_REOPENED_ALONE_AFTER
    return asked.at + timedelta(hours=hours) if hours else None


def _may_alone(asked: ReopeningAsked, *, at: datetime) -> None:
    since = alone_from(asked)
    if since is None:
        raise CannotSign(_("Somebody else has to say yes to what you asked for."), code="second_person")
    if at < since:
        raise CannotSign(_("Nobody else is needed, but time is: look at it again later."), code="too_early")


def _may_reopen(closing: PeriodClosing) -> None:
    if Reopening.objects.filter(closing=closing).exists():
        raise CannotSign(_("This period is open again already."), code="open")
    newest = in_force().order_by("-last_day", "-kind").first()  # a year before its December
    if newest is not None and newest.pk != closing.pk:
        raise CannotSign(
            _("Open %(period)s first: its figures hold what was booked until then.") % {"period": period_of(newest)},
            code="later",
        )


def _alone_with_the_books() -> None:
    """Wait until nobody is booking, and let nobody book until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
