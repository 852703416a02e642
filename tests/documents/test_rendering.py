"""The PDF: set once, kept under its hash, the same bytes each time, readable by people and machines."""

from __future__ import annotations

import io
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections
from pypdf import PdfReader

from payments.documents import read
from payments.invoicing import rendering
from payments.invoicing.mentions import facts_of
from payments.invoicing.rendering import TEMPLATE, keep_until, pending, render, render_pending
from payments.models import Document, InvoiceRendering
from payments.typesetting import NotSet, typeset
from tasks import promise
from tests.letters.people import AT, invoice_of, pay, place

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=400)


def issued(number: int = 1):
    order = place(number=number)
    return invoice_of(order, pay(order))


def reader_of(invoice) -> PdfReader:
    body = read(invoice.rendering.document_id)
    assert body is not None
    return PdfReader(io.BytesIO(body))


def test_an_invoice_is_rendered_once():
    invoice = issued()
    first = render(invoice, at=AT)
    again = render(invoice, at=LATER)
    assert first == again
    assert (again.rendered_at, InvoiceRendering.objects.count(), Document.objects.count()) == (AT, 1, 1)
    assert (first.document.media_type, first.document.keep_until) == ("application/pdf", date(2039, 1, 1))


def test_kept_ten_years_after_any_closing():
    assert keep_until(date(2027, 1, 4)) == date(2039, 1, 1)
    assert keep_until(date(2027, 12, 31)) == date(2039, 1, 1)


def test_the_same_invoice_gives_the_same_bytes():
    invoice = issued()
    facts = facts_of(invoice)
    assert typeset(TEMPLATE, facts, on=invoice.issued_on) == typeset(TEMPLATE, facts, on=invoice.issued_on)
    assert render(invoice, at=AT).document_id == Document.objects.get().sha256


def test_what_a_reader_sees():
    invoice = issued()
    render(invoice, at=AT)
    pdf = reader_of(invoice)
    [page] = pdf.pages
    text = page.extract_text()
    for words in (
        "Facture F2027-000001", "Émise le 4 janvier 2027", "Camille Lenoir", "3 RUE DE LA PAIX", "69001 LYON",
        "ActuIA Éditions", "SIREN 732829320, RCS Paris", "N° TVA FR44732829320", "27,03 €", "0,57 €", "27,60 €",
        "2,10 %", "Payée le 4 janvier 2027 par carte •••• 4242. Reste à payer : 0,00 €.",
        "Nature de l’opération : livraison de biens.",
    ):  # fmt: skip
        assert words in text.replace("\u00a0", " "), words


def test_what_a_machine_sees():
    """PDF/A-3 and PDF/UA-1: title, language, tags, date of the invoice and not of the machine; all fonts inside."""
    invoice = issued()
    render(invoice, at=LATER)
    pdf = reader_of(invoice)
    root = pdf.trailer["/Root"]
    assert pdf.metadata is not None
    assert (pdf.metadata.title, pdf.metadata.author) == ("Facture F2027-000001", "ActuIA Éditions")
    assert pdf.metadata.creation_date.date() == date(2027, 1, 4)
    assert root["/Lang"] == "fr-FR"
    assert root["/MarkInfo"]["/Marked"]
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    [page] = pdf.pages
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [210, 297]
    fonts = [font.get_object()["/DescendantFonts"][0].get_object() for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)


def test_data_is_set_and_never_obeyed():
    order = place()
    nasty = '#panic("x") $x$ *bold* #read("/etc/passwd") \\ "quoted" <label> @ref'
    invoice = invoice_of(order, pay(order), legal_mention=nasty)
    render(invoice, at=AT)
    assert '#read("/etc/passwd")' in reader_of(invoice).pages[0].extract_text()


def test_the_sweep_takes_the_oldest_and_ends():
    invoices = [issued(number) for number in (1, 2, 3)]
    render(invoices[1], at=AT)
    assert pending(10) == [invoices[0], invoices[2]]
    assert pending(1) == [invoices[0]]
    assert render_pending(1, at=AT) == 1
    assert render_pending(10, at=AT) == 1
    assert render_pending(10, at=AT) == 0
    assert InvoiceRendering.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_set_stands_in_nobodys_way(monkeypatch):
    """Here as many as one run takes cannot: the next ones get their document all the same, and the job says what is wrong."""
    invoices = [issued(number) for number in (1, 2, 3)]
    press = rendering.typeset

    def jammed(template, facts, *, on):
        if facts["title"] != f"Facture {invoices[2].reference}":
            raise NotSet("the press has stopped")
        return press(template, facts, on=on)

    monkeypatch.setattr(rendering, "typeset", jammed)
    monkeypatch.setattr(promise, "BATCH", 2)
    with pytest.raises(promise.NotRendered, match="1 documents, 2 failed"):
        promise.invoice_documents()
    assert pending(10) == invoices[:2]
    monkeypatch.setattr(rendering, "typeset", press)
    promise.invoice_documents()
    assert pending(10) == []


@pytest.mark.django_db(transaction=True)
def test_two_at_once_keep_one():
    invoice = issued()
    start, made = threading.Barrier(4), []

    def work():
        try:
            start.wait(10)
            made.append(render(invoice, at=datetime(2027, 1, 5, tzinfo=UTC)).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 4
    assert len(set(made)) == InvoiceRendering.objects.count() == Document.objects.count() == 1
