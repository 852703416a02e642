"""What a day's report says, computed anew from the documents: sales by rate and category, money received by rate.

Of buyers in no directory: private persons, and bodies or firms without a SIREN (law.md 3.2). Sales stand on the day of their
invoice, credit notes below zero on their own; money on the day it was received, refunds below zero on theirs.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from payments.days import PARIS
from payments.ledger.accounts import vat_accounts
from payments.models import (
    Cheque,
    Dispute,
    EReportRow,
    Invoice,
    InvoiceLine,
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
#: Buyers that no directory knows while they have no SIREN.
NOBODY = (BuyerKind.ASSOC.value, BuyerKind.PRO_FR.value)


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
    return Q(**{f"{prefix}buyer_kind": BuyerKind.CONSUMER}) | Q(
        **{f"{prefix}buyer_kind__in": NOBODY, f"{prefix}buyer_siren": ""}
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
    """Money received less money given back, incl. VAT, of the days from `since` to `until`. Seven queries, summed by the database.

    Of a document with one rate, as all that we sell: the rate of its first line is that of its money. A dispute that was lost
    gives back what it cleared of credit notes, on the day on which it was carried out: so does their VAT in the books. A cheque
    that bounced counts below zero on the day of the bank, what was paid instead on its own.
    """
    days = (since, until)
    found: dict[MoneyKey, Decimal] = {}
    standing = {"payment__invoices__kind": Invoice.Kind.INVOICE, "payment__invoices__reissued": None}
    lost = Dispute.objects.filter(
        reported("payment__invoices__"), **standing, payment__invoices__lines__position=1, state=Dispute.State.LOST,
        cleared__gt=0, settled_at__gte=midnight_before(since), settled_at__lt=midnight_before(until + timedelta(days=1)),
    )  # fmt: skip
    _add(found, 1, Payment.objects.filter(
        reported("invoices__"), invoices__kind=Invoice.Kind.INVOICE, invoices__reissued=None, invoices__lines__position=1,
        state=Payment.State.SUCCEEDED, received_on__range=days,
    ), "received_on", "invoices__lines__rate", "invoices__total_ttc")  # fmt: skip
    _add(found, 1, ReceiptShare.objects.filter(
        reported("invoice__"), invoice__lines__position=1, receipt__received_on__range=days
    ), "receipt__received_on", "invoice__lines__rate", "amount")  # fmt: skip
    _add(found, -1, Refund.objects.filter(
        reported("credit_note__"), credit_note__lines__position=1, state=Refund.State.SUCCEEDED, refunded_on__range=days
    ), "refunded_on", "credit_note__lines__rate", "amount")  # fmt: skip
    _add(found, -1, Transfer.objects.filter(
        reported("credit_note__"), credit_note__lines__position=1, state__in=LEFT, sent_on__range=days
    ), "sent_on", "credit_note__lines__rate", "amount")  # fmt: skip
    lost = lost.annotate(day=TruncDate("settled_at", tzinfo=PARIS))
    _add(found, -1, lost, "day", "payment__invoices__lines__rate", "cleared")
    _add(found, -1, Cheque.objects.filter(
        reported("payment__invoices__"), **standing, payment__invoices__lines__position=1, bounced_on__range=days
    ), "bounced_on", "payment__invoices__lines__rate", "amount")  # fmt: skip
    again = {f"bounced__{path}": value for path, value in standing.items()}
    _add(found, 1, PaidAgain.objects.filter(
        reported("bounced__payment__invoices__"), **again, bounced__payment__invoices__lines__position=1,
        received_on__range=days,
    ), "received_on", "bounced__payment__invoices__lines__rate", "amount")  # fmt: skip
    return {key: amount for key, amount in found.items() if amount}


def midnight_before(day: date) -> datetime:
    """The Paris midnight with which a day begins."""
    return datetime.combine(day, time(), PARIS)


def _add(found: dict[MoneyKey, Decimal], sign: int, rows: QuerySet[Any], day: str, rate: str, amount: str) -> None:
    """One row of the database per day and rate, into the sums."""
    for on, percent, sum_ in (
        rows.order_by().values(day, rate).annotate(sum_=Sum(amount)).values_list(day, rate, "sum_")
    ):
        key = MoneyKey(on, percent)
        found[key] = found.get(key, ZERO) + sign * Decimal(sum_)


VAT = """
SELECT i.issued_on, sum(line.credit - line.debit) FROM payments_invoice i
JOIN payments_ledgerentry entry ON entry.source = 'invoice:' || i.id
JOIN payments_ledgerline line ON line.entry_id = entry.id AND line.account_id = ANY(%(accounts)s)
WHERE i.issued_on BETWEEN %(since)s AND %(until)s
    AND (i.buyer_kind = %(consumer)s OR (i.buyer_kind = ANY(%(nobody)s) AND i.buyer_siren = ''))
GROUP BY 1
"""


def vat_in_the_books(*, since: date, until: date) -> dict[date, Decimal]:
    """VAT that the ledger booked for the same documents, by day: what the report is held against. Two queries."""
    wanted: dict[str, Any] = {
        "accounts": vat_accounts(), "since": since, "until": until, "consumer": BuyerKind.CONSUMER.value, "nobody": [*NOBODY],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(VAT, wanted)
        return dict(cursor.fetchall())
