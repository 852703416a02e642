"""The PDF of an invoice: set once, after the commit that numbered it, and kept under its hash (law.md 2.1, 2.3)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from payments.documents import keep
from payments.invoicing.mentions import facts_of
from payments.models import Invoice, InvoiceRendering
from payments.typesetting import typeset

TEMPLATE = Path(__file__).parent / "typst" / "invoice.typ"


def render(invoice: Invoice, *, at: datetime) -> InvoiceRendering:
    """The rendering of `invoice`, made now if there is none yet; once there, it is never made again.

    Call it after the commit that numbered the invoice, never inside: setting takes some tens of milliseconds. Two at
    once keep the one that came first.
    """
    already = InvoiceRendering.objects.select_related("document").filter(invoice=invoice).first()
    if already is not None:
        return already
    body = typeset(TEMPLATE, facts_of(_whole(invoice)), on=invoice.issued_on)
    with transaction.atomic():
        document = keep(body, media_type="application/pdf", keep_until=keep_until(invoice.issued_on), at=at)
        InvoiceRendering.objects.bulk_create(
            [InvoiceRendering(invoice=invoice, document=document, rendered_at=at)], ignore_conflicts=True
        )
    return InvoiceRendering.objects.select_related("document").get(invoice=invoice)


def pending(limit: int) -> list[Invoice]:
    """Up to `limit` invoices without a rendering, oldest first."""
    return list(Invoice.objects.filter(rendering=None).order_by("id")[:limit])


def render_pending(limit: int, *, at: datetime) -> int:
    """Render up to `limit` invoices that have none; returns how many. Safe to run twice, or in two places."""
    waiting = pending(limit)
    for invoice in waiting:
        render(invoice, at=at)
    return len(waiting)


def keep_until(issued_on: date) -> date:
    """Ten years from the closing of the year (C. com. L123-22), whichever month the publisher closes in."""
    return date(issued_on.year + 12, 1, 1)


def _whole(invoice: Invoice) -> Invoice:
    """The invoice with all that is printed of it, in two queries."""
    related = ("original", "payment__saved_method")
    return Invoice.objects.select_related(*related).prefetch_related("lines").get(pk=invoice.pk)
