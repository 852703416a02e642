"""Each night the days that are over are computed anew and held against what was written of them: the difference is a row more.

Nothing is written of a day on which nothing happened, and nothing is written twice. A day that was reported and changes
since, as when an invoice is made out anew to a firm, gets a correction, dated to the day that it corrects.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Sum

from payments.days import paris_day
from payments.ereporting.totals import ZERO, MoneyKey, Sale, SaleKey, money, sales, vat_in_the_books
from payments.models import EPaymentRow, EReportRow


def first_day(on: date) -> date:
    """From which day on reports are compared: the reform's own, or the first of the year before; older books are closed."""
    begun: date = settings.EREPORT_FROM
    return max(begun, date(on.year - 1, 1, 1))


@transaction.atomic
def materialise(*, until: date, at: datetime) -> int:
    """Write what is missing of the days up to `until`; returns how many rows were written. Safe to repeat, and in two places.

    Nothing before `settings.EREPORT_FROM`.
    """
    since = first_day(until)
    if until < since:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('e-report'))")
    of_sales = [*_missing_sales(since, until, at)]
    of_money = [*_missing_money(since, until, at)]
    EReportRow.objects.bulk_create(of_sales)
    EPaymentRow.objects.bulk_create(of_money)
    return len(of_sales) + len(of_money)


def written_sales(*, since: date, until: date) -> dict[SaleKey, Sale]:
    """What is reported of each day by now: the sum of its rows. One query."""
    rows: Any = (
        EReportRow.objects.filter(day__range=(since, until))
        .order_by()
        .values("day", "category", "rate")
        .annotate(ht_sum=Sum("ht"), vat_sum=Sum("vat"), documents_sum=Sum("documents"))
    )
    return {
        SaleKey(row["day"], row["category"], row["rate"]): Sale(row["ht_sum"], row["vat_sum"], row["documents_sum"])
        for row in rows
    }


def written_money(*, since: date, until: date) -> dict[MoneyKey, Decimal]:
    """The same of money received. One query."""
    rows: Any = (
        EPaymentRow.objects.filter(day__range=(since, until)).order_by().values("day", "rate").annotate(sum=Sum("ttc"))
    )
    return {MoneyKey(row["day"], row["rate"]): row["sum"] for row in rows}


def differences(*, at: datetime) -> Iterator[tuple[str, str]]:
    """(subject, sentence) for each day whose reported VAT is not that of the books: part of VAT, of the nightly audit.

    Days after the last that was written are not looked at: the night that writes them comes before the audit.
    """
    last: date | None = EReportRow.objects.aggregate(last=Max("day"))["last"]
    if last is None or last < (since := first_day(paris_day(at))):
        return
    said: dict[date, Decimal] = {}
    for key, sale in written_sales(since=since, until=last).items():
        said[key.day] = said.get(key.day, ZERO) + sale.vat
    booked = vat_in_the_books(since=since, until=last)
    for day in sorted(said.keys() | booked.keys()):
        reported, in_books = said.get(day, ZERO), booked.get(day, ZERO)
        if reported != in_books:
            yield f"e-report:{day.isoformat()}", f"reports {reported} of VAT, the books hold {in_books}"


def _missing_sales(since: date, until: date, at: datetime) -> Iterator[EReportRow]:
    wanted, known = sales(since=since, until=until), written_sales(since=since, until=until)
    nothing = Sale(ZERO, ZERO, 0)
    for key in sorted(wanted.keys() | known.keys()):
        now, was = wanted.get(key, nothing), known.get(key, nothing)
        if now != was:
            ht, vat = now.ht - was.ht, now.vat - was.vat
            yield EReportRow(
                day=key.day, category=key.category, rate=key.rate, ht=ht, vat=vat, ttc=ht + vat,
                documents=now.documents - was.documents, written_at=at,
            )  # fmt: skip


def _missing_money(since: date, until: date, at: datetime) -> Iterator[EPaymentRow]:
    wanted, known = money(since=since, until=until), written_money(since=since, until=until)
    for key in sorted(wanted.keys() | known.keys()):
        if missing := wanted.get(key, ZERO) - known.get(key, ZERO):
            yield EPaymentRow(day=key.day, rate=key.rate, ttc=missing, written_at=at)
