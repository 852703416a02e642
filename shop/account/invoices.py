"""Invoices and credit notes as they were issued, and the orders behind them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from payments.days import paris_day
from payments.documents import read
from payments.models import Invoice
from shop.account.doors import page, room, theirs
from shop.account.firm_invoice import may_go_to_a_firm
from shop.account.home import in_one_piece, order_line, orders_of
from shop.watch.bell import ring


@room("GET")
def invoices(request: HttpRequest) -> HttpResponse:
    """Every invoice and credit note, the latest first, then the orders."""
    at = timezone.now()
    found = Invoice.objects.filter(theirs(request)).select_related("rendering").prefetch_related("lines")
    for_firms = may_go_to_a_firm(Invoice.objects.filter(theirs(request)), on=paris_day(at))
    return page(
        request,
        "account/invoices.html",
        "invoices",
        invoices=[_line(one, for_firms) for one in found.order_by("-issued_on", "-pk")],
        orders=[order_line(order, at=at) for order in orders_of(request)],
    )


@room("GET")
def invoice(request: HttpRequest, reference: str) -> HttpResponse:
    """The PDF, as kept; 404 for another reader's. If it is not set yet, or was destroyed at its date, the page says so."""
    found = Invoice.objects.filter(theirs(request), reference=reference).select_related("rendering").first()
    if found is None:
        raise Http404
    rendering = getattr(found, "rendering", None)
    if rendering is None:
        ring("invoice-documents")
        answer = page(request, "account/invoice_later.html", "invoices", status=503, number=reference)
        answer["Retry-After"] = "30"
        return answer
    body = read(rendering.document_id)
    if body is None:
        return page(request, "account/invoice_later.html", "invoices", status=410, number=reference, destroyed=True)
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{found.reference}.pdf"'
    return answer


def _line(one: Invoice, for_firms: Collection[int]) -> dict[str, Any]:
    credit = one.kind == Invoice.Kind.CREDIT_NOTE
    lines = list(one.lines.all())
    return {
        "number": in_one_piece(one.reference),
        "issued_on": one.issued_on,
        "kind": one.kind,
        "words": lines[0].name if lines else "",
        "amount": -one.total_ttc.amount if credit else one.total_ttc.amount,
        "url": reverse("account_invoice", args=[one.reference]),
        "firm_url": reverse("account_firm_invoice", args=[one.reference]) if one.pk in for_firms else None,
    }
