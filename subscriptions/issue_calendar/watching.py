"""Watching: each thing that is wrong with the calendar is on the desk of fulfilment, once, until it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from payments.actors import Actor
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.beginning import calendars
from subscriptions.calendar.ahead import Warn, warnings
from subscriptions.models import Magazine
from subscriptions.offers.catalogue import dates_of

KIND = "issue_calendar"


def warnings_of(magazine: Magazine, *, on: date) -> Sequence[Warn]:
    """What is wrong with the calendar of a magazine on day `on`. One query."""
    issues = calendars({magazine.pk})[magazine.pk]
    return warnings(
        map(dates_of, issues),
        issues_a_year=magazine.issues_a_year,
        cppap_until=magazine.cppap_valid_until,
        on=on,
    )


def watch(*, on: date, at: datetime, actor: Actor) -> str:
    """Put on the desk what is wrong, and take off what is mended. Three queries for each magazine, one more in all."""
    wrong: dict[str, str] = {}
    for magazine in Magazine.objects.order_by("pk"):
        wrong |= {f"magazine:{magazine.pk}:{one.matter}": one.sentence for one in warnings_of(magazine, on=on)}
    with transaction.atomic():
        known = DeskItem.objects.filter(kind=KIND, closed_at=None).values_list("subject", flat=True)
        mended = sorted(set(known) - wrong.keys())
        closed = take_all_off_desk(kind=KIND, subjects=mended, because="the calendar was mended", actor=actor, at=at)
        put_all_on_desk(DeskItem.Desk.FULFILMENT, kind=KIND, sentences=wrong, at=at)
    return f"{len(wrong)} warnings, {closed} mended"
