"""Invoices: the very bytes that were kept, for their owner alone; what is not there is said."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from payments.actors import job
from payments.invoicing.rendering import render
from payments.models import Document
from subscriptions.models import Order
from subscriptions.refunding import refund_in_full
from tests.account.people import said


def test_the_invoice_is_the_document_that_was_kept(elodie):
    invoice = elodie.customer.invoices.get()
    rendering = render(invoice, at=timezone.now())
    elodie.signs_in()
    answer = elodie.client.get("/compte/factures/")
    assert f'href="/compte/factures/{invoice.reference}.pdf"' in answer.content.decode()
    assert f"Invoice {invoice.reference} (PDF)" in said(answer)
    pdf = elodie.client.get(f"/compte/factures/{invoice.reference}.pdf")
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert pdf["Content-Disposition"] == f'attachment; filename="{invoice.reference}.pdf"'
    assert pdf["X-Content-Type-Options"] == "nosniff"
    assert pdf.content == bytes(Document.objects.get(pk=rendering.document_id).body)
    assert pdf.content.startswith(b"%PDF-")


def test_an_invoice_not_set_yet_says_so(elodie):
    invoice = elodie.customer.invoices.get()
    elodie.signs_in()
    answer = elodie.client.get(f"/compte/factures/{invoice.reference}.pdf")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert f"Document {invoice.reference} is being made" in said(answer)
    assert "It was issued a moment ago; its PDF is ready within a minute. Look again then." in said(answer)


def test_an_invoice_destroyed_at_its_date_says_so(elodie, clock):
    invoice = elodie.customer.invoices.get()
    rendering = render(invoice, at=timezone.now())
    assert rendering.document.keep_until == date(2038, 1, 1)
    Document.objects.filter(pk=rendering.document_id).update(body=None, purged_on=date(2038, 1, 1))
    elodie.signs_in()
    answer = elodie.client.get(f"/compte/factures/{invoice.reference}.pdf")
    assert answer.status_code == 410
    assert "It was kept for as long as the law wants, then destroyed." in said(answer)


def test_a_credit_note_stands_beside_its_invoice_with_a_minus(elodie):
    with transaction.atomic():
        refund_in_full(Order.objects.get(), reason="Rétractation", actor=job("tests"), at=timezone.now())
    elodie.signs_in()
    text = " ".join(elodie.sees("account_invoices"))
    assert "Credit note A2026-000001 (PDF) 23 novembre 2026, ActuIA — Abonnement d’un an, reconduit" in text
    assert "−27,60 €" in text


def test_a_made_up_number_is_no_invoice(elodie):
    elodie.signs_in()
    assert elodie.client.get("/compte/factures/F2026-999999.pdf").status_code == 404
