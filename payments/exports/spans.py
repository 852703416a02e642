"""The days an export is asked for, and whether what the books say of them may still change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db import connection, transaction

from payments.closing.periods import in_force
from payments.models import DayClosing, LedgerEntry, PeriodClosing


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.first:%Y-%m-%d}"
        return f"{self.first:%Y-%m-%d}_{self.last:%Y-%m-%d}"


class Standing(StrEnum):
    """What the books say of a stretch of days: may still change; has its numbers; is signed by name and never changes."""

    PROVISIONAL = "provisional"
    NUMBERED = "numbered"
    SIGNED = "signed"


def standing(span: Span) -> Standing:
    """How final a stretch of days is. Three queries at the most.

    Numbered: each of its days is closed and each of its entries has its number; while its month is not signed, something that
    becomes known later may still be booked in it.
    """
    if signature_over(span) is not None:
        return Standing.SIGNED
    if not DayClosing.objects.filter(day__gte=span.last).exists():
        return Standing.PROVISIONAL
    waiting = LedgerEntry.objects.filter(booked_on__range=(span.first, span.last), numbered=None)
    return Standing.PROVISIONAL if waiting.exists() else Standing.NUMBERED


def signature_over(span: Span) -> PeriodClosing | None:
    """The closing in force that holds the last day, if every day of the stretch is closed by one. One query.

    Periods are closed in their order, so whatever comes before a closed month is closed too, unless it was opened again.
    """
    closings = list(
        in_force().filter(last_day__gte=span.first, first_day__lte=span.last).order_by("first_day", "last_day")
    )
    day = span.first
    for one in closings:
        if one.first_day > day:
            return None
        day = max(day, one.last_day + timedelta(days=1))
    return max(closings, key=lambda one: one.pk) if day > span.last else None


@contextmanager
def one_picture() -> Iterator[None]:
    """A transaction that sees one picture of the books, whatever is booked meanwhile."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
