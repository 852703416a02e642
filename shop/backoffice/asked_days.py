"""The days that an address asks for: one day, or a stretch of them, on the lists that numbers of finance open."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from payments.closing.numbering import midnight_after
from payments.today import midnight_before
from shop.templatetags.french import short_day

#: Names in an address: one day; from a day; up to a day.
DAY, SINCE, UNTIL = "jour", "du", "au"


def asked_day(request: HttpRequest, name: str = DAY) -> date | None:
    """The day of an address; None where it names none."""
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:  # « 2026-02-30 »
        return None


def stretch(request: HttpRequest) -> tuple[date | None, date | None]:
    """The first and the last day that are asked for, None where it is open."""
    day = asked_day(request)
    return (day, day) if day else (asked_day(request, SINCE), asked_day(request, UNTIL))


def within(request: HttpRequest, rows: QuerySet[Any], column: str, *, instants: bool = True) -> QuerySet[Any]:
    """The rows whose `column` lies in the days that are asked for; all of them where none is."""
    first, last = stretch(request)
    if first:
        rows = rows.filter(**{f"{column}__gte": midnight_before(first) if instants else first})
    if last and instants:
        rows = rows.filter(**{f"{column}__lt": midnight_after(last)})
    elif last:
        rows = rows.filter(**{f"{column}__lte": last})
    return rows


def said(request: HttpRequest) -> str:
    """The days that are asked for, in a sentence above the list; "" for all."""
    first, last = stretch(request)
    if first and first == last:
        return _("Only those of %(day)s.") % {"day": short_day(first)}
    if first and last:
        return _("Only those from %(first)s to %(last)s.") % {"first": short_day(first), "last": short_day(last)}
    if last:
        return _("Only those up to %(last)s.") % {"last": short_day(last)}
    return _("Only those from %(first)s on.") % {"first": short_day(first)} if first else ""
