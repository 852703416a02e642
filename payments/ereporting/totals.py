"""What a day's report says, computed anew from the documents: sales by rate and category, money received by rate.

Of buyers in no directory: private persons, and bodies or firms without a SIREN (law.md 3.2). Sales stand on the day of their
invoice, credit notes below zero on their own; money on the day it was received, refunds below zero on theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Q, Sum

from payments.models import (
    Cheque,
    EReportRow,
    Invoice,
    InvoiceLine,
    LedgerLine,
    PaidAgain,
    Payment,
    ReceiptShare,
    Refund,
    Transfer,
)
from payments.transfers.moving import LEFT
from payments.vat import BuyerKind

ZERO = Decimal("0.00")
Category = EReportRow.Category


class SaleKey(NamedTuple):
    """One row of the report of sales."""

    day: date
    category: str
    rate: Decimal


class Sale(NamedTuple):
    """Its amounts in euros, and from how many documents."""

    ht: Decimal
    vat: Decimal
    documents: int


class MoneyKey(NamedTuple):
    """One row of the report of payments."""

    day: date
    rate: Decimal


def reported(prefix: str = "") -> Q:
    """The documents whose buyer gets no electronic invoice; `prefix`: the way to the document, as « invoice__ »."""
    nobody = (BuyerKind.ASSOC, BuyerKind.PRO_FR)
    return Q(**{f"{prefix}buyer_kind": BuyerKind.CONSUMER}) | Q(
        **{f"{prefix}buyer_kind__in": nobody, f"{prefix}buyer_siren": ""}
    )


def sales(*, since: date, until: date) -> dict[SaleKey, Sale]:
    """Sales of the days from `since` to `until`, both included. One query."""
    rows: Any = (
        InvoiceLine.objects.filter(reported("invoice__"), invoice__issued_on__range=(since, until))
        .order_by()
        .values("invoice__issued_on", "rate", "invoice__kind")
        .annotate(ht_sum=Sum("ht"), vat_sum=Sum("vat"), documents=Count("invoice", distinct=True))
    )
    found: dict[SaleKey, Sale] = {}
    for row in rows:
        rate = row["rate"]
        key = SaleKey(row["invoice__issued_on"], Category.TAXED if rate else Category.NOT_TAXED, rate)
        sign = -1 if row["invoice__kind"] == Invoice.Kind.CREDIT_NOTE else 1
        before = found.get(key, Sale(ZERO, ZERO, 0))
        found[key] = Sale(
            before.ht + sign * row["ht_sum"], before.vat + sign * row["vat_sum"], before.documents + row["documents"]
        )
    return found


def money(*, since: date, until: date) -> dict[MoneyKey, Decimal]:
    """Money received less money given back, incl. VAT, of the days from `since` to `until`. Six queries.

    A cheque that bounced counts below zero on the day of the bank, what was paid instead on its own. Of a document with one rate, as all that we sell: the rate of its lines is that of its money.
    """
    days = (since, until)
    lines = InvoiceLine.objects.order_by().filter(reported("invoice__"))
    paid: Any = lines.filter(
        invoice__kind=Invoice.Kind.INVOICE,
        invoice__reissued=None,
        invoice__payment__state=Payment.State.SUCCEEDED,
        invoice__payment__received_on__range=days,
    ).values_list("invoice__payment__received_on", "rate", "ttc")
    shares = ReceiptShare.objects.filter(reported("invoice__"), receipt__received_on__range=days)
    refunds: Any = Refund.objects.filter(
        reported("credit_note__"), state=Refund.State.SUCCEEDED, refunded_on__range=days
    ).values_list("refunded_on", "credit_note", "amount")
    transfers: Any = Transfer.objects.filter(
        reported("credit_note__"), state__in=LEFT, sent_on__range=days
    ).values_list("sent_on", "credit_note", "amount")
    given_back = [*refunds, *transfers]
    received = list(shares.values_list("receipt__received_on", "invoice", "amount"))
    rates = _rates([key for _day, key, _amount in (*given_back, *received)])
    found: dict[MoneyKey, Decimal] = {}
    for day, rate, amount in paid:
        _add(found, MoneyKey(day, rate), amount)
    for day, key, amount in received:
        _add(found, MoneyKey(day, rates[key]), amount)
    for day, key, amount in given_back:
        _add(found, MoneyKey(day, rates[key]), -amount)
    for day, rate, amount in _bounced(days):
        _add(found, MoneyKey(day, rate), amount)
    return {key: amount for key, amount in found.items() if amount}


def _bounced(days: tuple[date, date]) -> list[tuple[date, Decimal, Decimal]]:
    """Cheques that bounced on these days, and what was paid instead: day, rate, signed amount. Two queries; one more for any."""
    cheques: Any = Cheque.objects.filter(bounced_on__range=days).values_list("bounced_on", "payment", "amount")
    again: Any = PaidAgain.objects.filter(received_on__range=days).values_list(
        "received_on", "bounced__payment", "amount"
    )
    moved = [(day, key, -amount) for day, key, amount in cheques] + list(again)
    if not moved:
        return []
    of_theirs = InvoiceLine.objects.filter(
        reported("invoice__"), invoice__kind=Invoice.Kind.INVOICE, invoice__reissued=None, position=1
    )
    rates = dict(
        of_theirs.filter(invoice__payment__in={key for _day, key, _amount in moved}).values_list(
            "invoice__payment", "rate"
        )
    )
    return [(day, rates[key], amount) for day, key, amount in moved if key in rates]


def _add(found: dict[MoneyKey, Decimal], key: MoneyKey, amount: Any) -> None:
    found[key] = found.get(key, ZERO) + Decimal(getattr(amount, "amount", amount))


def _rates(documents: Iterable[int]) -> Mapping[int, Decimal]:
    """The rate of each document, by its first line. One query, none for none."""
    keys = set(documents)
    lines = InvoiceLine.objects.filter(invoice__in=keys, position=1) if keys else InvoiceLine.objects.none()
    return dict(lines.values_list("invoice", "rate"))


def vat_in_the_books(*, since: date, until: date) -> dict[date, Decimal]:
    """VAT that the ledger booked for the same documents, by day: what the report is held against. Two queries."""
    documents = Invoice.objects.filter(reported(), issued_on__range=(since, until)).values_list("pk", "issued_on")
    days = {f"invoice:{key}": day for key, day in documents}
    moved: Any = (
        LedgerLine.objects.filter(
            entry__source__startswith="invoice:",
            entry__booked_on__range=(since, until),
            account__code__startswith="4457",
        )
        .order_by()
        .values("entry__source")
        .annotate(vat=Sum("credit") - Sum("debit"))
    )
    found: dict[date, Decimal] = {}
    for row in moved:
        if (day := days.get(row["entry__source"])) is not None:
            found[day] = found.get(day, ZERO) + row["vat"]
    return found
