"""Factur-X: each kind of document is valid by schema, by EN 16931 and, between French bodies, by the French rules; and says
what its PDF says."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from lxml import etree
from pypdf import PdfReader

from payments.documents import read
from payments.invoicing.electronic.cii import cii
from payments.invoicing.electronic.marking import NotMarked, marked
from payments.invoicing.electronic.places import Place, place
from payments.invoicing.issuing import Buyer, LineDraft, credit_in_full, credit_part
from payments.invoicing.reissuing import reissue
from payments.invoicing.rendering import read_whole, render
from payments.models import Invoice
from payments.vat import EXPORT, INTRA_EU, OVERSEAS
from tests.documents.electronic import EUROPEAN, FRENCH, embedded, faults
from tests.letters.people import ACTOR, AT, invoice_of, pay
from tests.letters.people import place as place_order

pytestmark = pytest.mark.django_db
ZERO = Decimal("0.00")
DUE = date(2027, 2, 3)
READER = Buyer("consumer", "Camille Lenoir", ("3 RUE DE LA PAIX", "69001 LYON"), "FR")
FIRM = Buyer(
    "pro_fr",
    "Société Lumière",
    ("SOCIETE LUMIERE", "25 RUE DU PREMIER FILM", "69008 LYON"),
    "FR",
    siren="732829320",
    vat_number="FR44732829320",
)
UNIVERSITY = Buyer(
    "public_fr",
    "Université de Lyon",
    ("UNIVERSITE DE LYON", "BIBLIOTHEQUE", "92 RUE PASTEUR", "69007 LYON CEDEX 07"),
    "FR",
    siren="196917744",
    siret="19691774400019",
    service_code="BU-PERIO",
    engagement_number="EJ-2027-00417",
)
LIBRARY = Buyer(
    "pro_eu",
    "Bibliothek am Dom",
    ("BIBLIOTHEK AM DOM", "UNTER DEN LINDEN 8", "10117 BERLIN", "ALLEMAGNE"),
    "DE",
    vat_number="DE136695976",
)
AGENCY_LINE = LineDraft("ActuIA, abonnement d’un an", Decimal("78.66"), 3, Decimal("5.00"), Decimal("81.10"))

#: Every kind of invoice: what is drafted, whether it was paid, and the rules beyond the schema that it must keep.
INVOICES: dict[str, tuple[dict[str, Any], bool, tuple[Any, ...]]] = {
    "a reader, paid": ({}, True, (EUROPEAN,)),
    "a reader whose gift goes elsewhere": (
        {"buyer": Buyer("consumer", "Camille Lenoir", (), "FR")},
        True,
        (EUROPEAN,),
    ),
    "a reader in La Réunion": (
        {
            "buyer": Buyer("consumer", "Camille Lenoir", ("1 RUE DE PARIS", "97400 ST DENIS"), "RE"),
            "vat_zone": "DOM_105",
            "vat_rate": Decimal("1.05"),
        },
        True,
        (EUROPEAN,),
    ),
    "a reader in French Guiana": (
        {
            "buyer": Buyer("consumer", "Camille Lenoir", ("1 RUE DE PARIS", "97300 CAYENNE"), "GF"),
            "vat_zone": "DOM_EXEMPT",
            "vat_rate": ZERO,
            "legal_mention": OVERSEAS,
        },
        True,
        (EUROPEAN,),
    ),
    "a reader in Belgium": (
        {
            "buyer": Buyer("consumer", "Camille Lenoir", ("1 RUE NEUVE", "1000 BRUXELLES", "BELGIQUE"), "BE"),
            "vat_zone": "EU",
            "delivery_country": "BE",
        },
        True,
        (EUROPEAN,),
    ),
    "a reader in Northern Ireland": (
        {
            "buyer": Buyer("consumer", "Camille Lenoir", ("1 HIGH STREET", "BELFAST BT1 1AA", "ROYAUME-UNI"), "XI"),
            "vat_zone": "EU",
        },
        True,
        (EUROPEAN,),
    ),
    "a reader in Switzerland": (
        {
            "buyer": Buyer("consumer", "Camille Lenoir", ("1 RUE DU RHONE", "1204 GENEVE", "SUISSE"), "CH"),
            "vat_zone": "WORLD",
            "vat_rate": ZERO,
            "legal_mention": EXPORT,
        },
        True,
        (EUROPEAN,),
    ),
    "a firm, paid": ({"buyer": FIRM}, True, (EUROPEAN, FRENCH)),
    "a firm, to be paid": ({"buyer": FIRM, "due_on": DUE}, False, (EUROPEAN, FRENCH)),
    "an association without a number": (
        {"buyer": Buyer("assoc", "Les Amis", ("LES AMIS", "69001 LYON"), "FR"), "due_on": DUE},
        False,
        (EUROPEAN,),
    ),
    "a university, delivered elsewhere": (
        {
            "buyer": UNIVERSITY,
            "due_on": DUE,
            "delivery_address": ("SERVICE PERIODIQUES", "6 AVENUE GASTON BERGER", "69621 VILLEURBANNE CEDEX"),
            "delivery_country": "FR",
        },
        False,
        (EUROPEAN, FRENCH),
    ),
    "three copies less an agency's discount": (
        {"buyer": UNIVERSITY, "due_on": DUE, "lines": (AGENCY_LINE,)},
        False,
        (EUROPEAN, FRENCH),
    ),
    "three copies": (
        {"buyer": FIRM, "due_on": DUE, "lines": (LineDraft("ActuIA", Decimal("82.80"), 3),)},
        False,
        (EUROPEAN, FRENCH),
    ),
    "twenty-eight copies, whose VAT is a cent off the standard's": (
        {"buyer": FIRM, "due_on": DUE, "lines": (LineDraft("ActuIA", Decimal("772.80"), 28),)},
        False,
        (EUROPEAN, FRENCH),
    ),
    "two lines": (
        {
            "buyer": FIRM,
            "due_on": DUE,
            "lines": (LineDraft("ActuIA", Decimal("27.60")), LineDraft("Numéro 24", Decimal("6.90"))),
        },
        False,
        (EUROPEAN, FRENCH),
    ),
    "a taxable body in Germany": (
        {
            "buyer": LIBRARY,
            "vat_zone": "EU",
            "vat_rate": ZERO,
            "legal_mention": INTRA_EU,
            "delivery_country": "DE",
            "due_on": DUE,
        },
        False,
        (EUROPEAN,),
    ),
    "a firm in Canada": (
        {
            "buyer": Buyer("pro_row", "Les Livres", ("LES LIVRES", "MONTREAL QC H2X 1Y6", "CANADA"), "CA"),
            "vat_zone": "WORLD",
            "vat_rate": ZERO,
            "legal_mention": EXPORT,
            "due_on": DUE,
        },
        False,
        (EUROPEAN,),
    ),
}


def made(name: str) -> Invoice:
    facts, paid, _rules = INVOICES[name]
    order = place_order()
    return read_whole(invoice_of(order, pay(order) if paid else None, **({"buyer": READER} | facts)).pk)


def said(invoice: Invoice, path: str) -> str:
    """The text of one element of its XML, by the names without prefix."""
    root = etree.fromstring(cii(invoice))
    [found] = root.xpath("//" + "/".join(f"*[local-name()='{name}']" for name in path.split("/")))
    return str(found.text)


@pytest.mark.parametrize("name", INVOICES)
def test_every_kind_of_invoice_is_valid(name):
    assert faults(cii(made(name)), *INVOICES[name][2]) == []


@pytest.mark.parametrize("name", ["a reader, paid", "a firm, to be paid", "a taxable body in Germany"])
def test_credit_notes_are_valid_in_whole_and_in_part(name):
    rules = INVOICES[name][2]
    whole, part = made(name), None
    with transaction.atomic():
        note = credit_part(
            whole, ttc=Decimal("20.70"), unserved_ht=Decimal("20.27"), what="3 numéros non servis",
            reason="résiliation", on=date(2027, 1, 6), actor=ACTOR, at=AT,
        )  # fmt: skip
    part = read_whole(note.pk)
    assert faults(cii(part), *rules) == []
    assert (said(part, "ExchangedDocument/TypeCode"), said(part, "GrandTotalAmount")) == ("381", "20.70")
    assert said(part, "InvoiceReferencedDocument/IssuerAssignedID") == "F2027-000001"
    other = made_again(name)
    with transaction.atomic():
        note = credit_in_full(
            other, reason="rétractation", unserved_ht=other.total_ht.amount, on=date(2027, 1, 6), actor=ACTOR, at=AT
        )
    assert faults(cii(read_whole(note.pk)), *rules) == []


def made_again(name: str) -> Invoice:
    facts, paid, _rules = INVOICES[name]
    order = place_order(number=2)
    return read_whole(invoice_of(order, pay(order) if paid else None, **({"buyer": READER} | facts)).pk)


def test_what_is_made_out_anew_is_paid_on_both_papers():
    invoice = made("a reader, paid")
    done = reissue(invoice.pk, FIRM, reason="autre acheteur", words="demandé", on=date(2027, 1, 6), actor=ACTOR, at=AT)
    note, anew = read_whole(done.credit_note_id), read_whole(done.invoice_id)
    assert faults(cii(note), EUROPEAN) == faults(cii(anew), EUROPEAN, FRENCH) == []
    for paper in (note, anew):
        assert (said(paper, "TotalPrepaidAmount"), said(paper, "DuePayableAmount")) == ("27.60", "0.00")
    assert said(anew, "InvoiceReferencedDocument/IssuerAssignedID") == invoice.reference


def test_paid_and_unpaid():
    paid, unpaid = made("a firm, paid"), made_again("a firm, to be paid")
    for invoice, framework, prepaid, due, day in (
        (paid, "B2", "27.60", "0.00", "20270104"),
        (unpaid, "B1", "0.00", "27.60", "20270203"),
    ):
        assert said(invoice, "BusinessProcessSpecifiedDocumentContextParameter/ID") == framework
        assert said(invoice, "TotalPrepaidAmount") == prepaid
        assert said(invoice, "DuePayableAmount") == due
        assert said(invoice, "DueDateDateTime/DateTimeString") == day


def test_a_line_is_exactly_its_price_times_its_quantity():
    """82,80 for three is 81,10 without VAT, not 3 × 27,03 (law.md 1.6): the price is said for the three."""
    three = made("three copies")
    assert said(three, "NetPriceProductTradePrice/ChargeAmount") == "81.10"
    assert said(three, "NetPriceProductTradePrice/BasisQuantity") == "3"
    assert said(three, "BilledQuantity") == "3"
    assert said(three, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount") == "81.10"


def test_a_discount_is_an_allowance_of_the_line():
    invoice = made("three copies less an agency's discount")
    assert said(invoice, "NetPriceProductTradePrice/ChargeAmount") == "81.10"
    assert said(invoice, "SpecifiedTradeAllowanceCharge/CalculationPercent") == "5.00"
    assert said(invoice, "SpecifiedTradeAllowanceCharge/ActualAmount") == "4.06"
    assert said(invoice, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount") == "77.04"


def test_a_public_body_finds_its_service_and_its_engagement():
    invoice = made("a university, delivered elsewhere")
    assert said(invoice, "ApplicableHeaderTradeAgreement/BuyerReference") == "BU-PERIO"
    assert said(invoice, "BuyerOrderReferencedDocument/IssuerAssignedID") == "EJ-2027-00417"
    assert said(invoice, "BuyerTradeParty/GlobalID") == "19691774400019"
    assert said(invoice, "BuyerTradeParty/URIUniversalCommunication/URIID") == "196917744_19691774400019_BU-PERIO"
    assert said(invoice, "ShipToTradeParty/PostalTradeAddress/CityName") == "VILLEURBANNE CEDEX"


@pytest.mark.parametrize(
    ("name", "category", "exemption"),
    [
        ("a taxable body in Germany", "K", "VATEX-EU-IC"),
        ("a reader in Switzerland", "G", "VATEX-EU-G"),
        ("a reader in French Guiana", "G", "VATEX-EU-G"),
    ],
)
def test_why_there_is_no_vat(name, category, exemption):
    invoice = made(name)
    tax = "ApplicableHeaderTradeSettlement/ApplicableTradeTax"
    assert said(invoice, f"{tax}/CategoryCode") == category
    assert said(invoice, f"{tax}/ExemptionReasonCode") == exemption
    assert said(invoice, f"{tax}/ExemptionReason") == invoice.legal_mention


def test_nothing_is_claimed_from_a_reader():
    text = cii(made("a reader, paid")).decode()
    for claim in ("PMD", "PMT", "AAB", "retard", "Escompte"):
        assert claim not in text


def test_broken_rules_are_found():
    """The checks themselves: an invoice with a wrong total, and one of a firm without its SIREN, are refused."""
    wrong = cii(made("a firm, paid")).replace(b"<ram:GrandTotalAmount>27.60", b"<ram:GrandTotalAmount>28.60")
    assert any("BR-CO-15" in fault for fault in faults(wrong, EUROPEAN))
    nobody = cii(made_again("a firm, paid")).replace(b'schemeID="0002">732829320', b'schemeID="0002">7328', 2)
    assert any("BR-FR" in fault for fault in faults(nobody, FRENCH))
    assert faults(wrong.replace(b"<ram:TypeCode>380</ram:TypeCode>", b"<ram:Nonsense/>")) != []


def test_whatever_a_name_holds_is_written_and_read_back():
    order = place_order()
    name = 'Dupont & Fils <b> "x" \x0b\x00é𝒜'.replace("\x00", "")
    invoice = invoice_of(order, pay(order), buyer=Buyer("consumer", name, ("1 RUE X", "69001 LYON"), "FR"))
    assert said(read_whole(invoice.pk), "BuyerTradeParty/Name") == name.replace("\x0b", "")


def test_the_pdf_carries_it_and_says_so():
    """PDF/A-3: one file, an alternative of the page, named in the catalogue, declared in the metadata; fonts and colours inside."""
    invoice = made("a reader, paid")
    render(invoice, at=AT)
    body = read(Invoice.objects.get(pk=invoice.pk).rendering.document_id)
    assert body is not None
    assert embedded(body) == cii(read_whole(invoice.pk))
    root = PdfReader(io.BytesIO(body)).trailer["/Root"]
    [file] = root["/AF"]
    assert (file["/F"], file["/UF"], file["/AFRelationship"]) == ("factur-x.xml", "factur-x.xml", "/Alternative")
    assert file["/EF"]["/F"]["/Subtype"] == "/text/xml"
    assert [intent["/S"] for intent in root["/OutputIntents"]] == ["/GTS_PDFA1"]
    xmp = etree.fromstring(root["/Metadata"].get_data())
    stated = {
        etree.QName(node).localname: node.text
        for node in xmp.iter("{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}*")
    }
    assert stated == {
        "DocumentType": "INVOICE",
        "DocumentFileName": "factur-x.xml",
        "Version": "1.0",
        "ConformanceLevel": "EN 16931",
    }
    declared = {node.text for node in xmp.iter("{http://www.aiim.org/pdfa/ns/property#}name")}
    assert stated.keys() <= declared
    pdfa = "{http://www.aiim.org/pdfa/ns/id/}"
    assert [node.text for node in xmp.iter(f"{pdfa}part", f"{pdfa}conformance")] == ["3", "A"]


def test_a_pdf_laid_out_otherwise_is_not_marked():
    with pytest.raises(NotMarked):
        marked(b"%PDF-1.7 nothing of the kind")


@pytest.mark.parametrize(
    ("lines", "country", "parts"),
    [
        (("1 RUE X", "69001 LYON", "FRANCE"), "FR", Place(("1 RUE X",), "69001", "LYON", "FR")),
        (("A", "B", "C", "D", "69001 LYON"), "FR", Place(("A", "B", "C, D"), "69001", "LYON", "FR")),
        (("1 RUE X", "10117 BERLIN", "ALLEMAGNE"), "DE", Place(("1 RUE X",), "10117", "BERLIN", "DE")),
        (("KEIZERSGRACHT 1", "1012 AB AMSTERDAM", "PAYS-BAS"), "NL",
         Place(("KEIZERSGRACHT 1",), "1012 AB", "AMSTERDAM", "NL")),
        (("1 HIGH STREET", "BELFAST BT1 1AA", "ROYAUME-UNI"), "XI", Place(("1 HIGH STREET",), "", "BELFAST BT1 1AA", "GB")),
        ((), "FR", Place((), "", "", "FR")),
        (("BERLIN",), "DE", Place((), "", "BERLIN", "DE")),
    ],
)  # fmt: skip
def test_addresses_in_parts(lines, country, parts):
    assert place(lines, country=country) == parts
