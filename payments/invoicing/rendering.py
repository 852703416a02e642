"""The PDF of an invoice, which is a Factur-X: set once, after the commit that numbered it, and kept under its hash
(law.md 2.1, 2.3, 3.2)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, transaction

from payments.documents import keep
from payments.invoicing.electronic.cii import cii
from payments.invoicing.electronic.marking import FILE_NAME, marked
from payments.invoicing.mentions import facts_of
from payments.models import Invoice, InvoiceRendering
from payments.typesetting import typeset

TEMPLATE = Path(__file__).parent / "typst" / "invoice.typ"


def render(invoice: Invoice, *, at: datetime) -> InvoiceRendering:
    """The rendering of `invoice` with its document, made now if there is none yet; once there, it is never made again.

    Call it after the commit that numbered the invoice, never inside: setting takes some tens of milliseconds. Two at
    once keep the one that came first.
    """
    return rendering_of(read_whole(invoice.pk), at=at)


def rendering_of(whole: Invoice, *, at: datetime) -> InvoiceRendering:
    """The same of an invoice that `read_whole` has just read."""
    try:
        return whole.rendering
    except InvoiceRendering.DoesNotExist:
        return _set(whole, at=at)


def read_whole(invoice_id: int) -> Invoice:
    """The invoice with all that is printed of it and the rendering it may have, in two queries."""
    related = (
        "original", "payment__saved_method", "rendering__document", "reissue_of__original", "made_room_for__invoice",
    )  # fmt: skip
    return Invoice.objects.select_related(*related).prefetch_related("lines").get(pk=invoice_id)


def _set(whole: Invoice, *, at: datetime) -> InvoiceRendering:
    facts = facts_of(whole) | {"electronic": cii(whole).decode(), "file_name": FILE_NAME}
    body = marked(typeset(TEMPLATE, facts, on=whole.issued_on))
    try:
        with transaction.atomic():
            document = keep(body, media_type="application/pdf", keep_until=keep_until(whole.issued_on), at=at)
            return InvoiceRendering.objects.create(invoice=whole, document=document, rendered_at=at)
    except IntegrityError:  # somebody else was first: theirs is the rendering
        return InvoiceRendering.objects.select_related("document").get(invoice=whole)


def pending(limit: int, *, since: date | None = None, after: int = 0) -> list[Invoice]:
    """Up to `limit` invoices without a rendering, oldest first, by id from beyond `after` on.

    `since`: those issued before that day are known to have one.
    """
    invoices = Invoice.objects.filter(rendering=None, pk__gt=after)
    if since is not None:
        invoices = invoices.filter(issued_on__gte=since)
    return list(invoices.order_by("id")[:limit])


def render_pending(limit: int, *, at: datetime) -> int:
    """Render up to `limit` invoices that have none; returns how many. Safe to run twice, or in two places."""
    waiting = pending(limit)
    for invoice in waiting:
        render(invoice, at=at)
    return len(waiting)


def keep_until(issued_on: date) -> date:
    """Ten years from the closing of the year (C. com. L123-22), whichever month the publisher closes in."""
    return date(issued_on.year + 12, 1, 1)
