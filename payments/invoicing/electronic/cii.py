"""The XML of an invoice or credit note: UN/CEFACT Cross Industry Invoice, profile EN 16931, as Factur-X carries it.

Nothing is computed here that the invoice does not state: amounts are its rows', words are those that its PDF says. Where a
unit price rounded to the cent times the quantity is not the line (law.md 1.6: the line total comes first), the price is said
for the whole quantity (BT-149), which is exact. The order of elements is the schema's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element, tostring

from payments.invoicing.electronic import codes
from payments.invoicing.electronic.parties import add_buyer, add_delivery, add_seller
from payments.invoicing.electronic.tree import SPACES, add
from payments.invoicing.mentions import notes_of, paid_words
from payments.models import Invoice, InvoiceLine, Payment
from payments.vat import BuyerKind

ZERO = Decimal("0.00")


def cii(invoice: Invoice) -> bytes:
    """The XML of an invoice as `read_whole` reads it: lines, payment, original and what it replaces."""
    lines = list(invoice.lines.all())
    root = Element(f"{{{SPACES['rsm']}}}CrossIndustryInvoice")
    prepaid = _prepaid(invoice)
    _context(root, invoice, paid=prepaid > 0)
    _document(root, invoice)
    trade = add(root, "rsm:SupplyChainTradeTransaction")
    for line in lines:
        _line(trade, invoice, line)
    agreement = add(trade, "ram:ApplicableHeaderTradeAgreement")
    if invoice.buyer_service_code:
        add(agreement, "ram:BuyerReference", invoice.buyer_service_code)
    add_seller(agreement, invoice)
    add_buyer(agreement, invoice)
    if invoice.engagement_number:
        add(agreement, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID", invoice.engagement_number)
    delivery = add(trade, "ram:ApplicableHeaderTradeDelivery")
    add_delivery(delivery, invoice)
    if invoice.supplied_on:
        _date(add(delivery, "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime"), invoice.supplied_on)
    _settlement(add(trade, "ram:ApplicableHeaderTradeSettlement"), invoice, lines, prepaid=prepaid)
    body: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return body


def _prepaid(invoice: Invoice) -> Decimal:
    """What is settled of it by the time it is issued, in euros: all or nothing."""
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        # Made out anew: the payment stays with the invoice that takes its place.
        return Decimal(invoice.total_ttc.amount) if getattr(invoice, "made_room_for", None) else ZERO
    return Decimal(invoice.total_ttc.amount) if _payment(invoice) else ZERO


def _payment(invoice: Invoice) -> Payment | None:
    """The payment that settled it, if one had by then."""
    payment = invoice.payment
    return payment if payment is not None and payment.received_on is not None else None


def _context(root: Element, invoice: Invoice, *, paid: bool) -> None:
    context = add(root, "rsm:ExchangedDocumentContext")
    process = codes.framework(invoice, paid=paid)
    add(context, "ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID", process)
    add(context, "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", codes.GUIDELINE)


def _document(root: Element, invoice: Invoice) -> None:
    document = add(root, "rsm:ExchangedDocument")
    add(document, "ram:ID", invoice.reference)
    add(document, "ram:TypeCode", codes.TYPES[Invoice.Kind(invoice.kind)])
    _date(add(document, "ram:IssueDateTime"), invoice.issued_on)
    notes = list(notes_of(invoice))
    treatment = codes.TREATMENTS.get(BuyerKind(invoice.buyer_kind))
    if treatment and (treatment != "B2B" or invoice.buyer_siren):
        notes.append(("BAR", treatment))
    for subject, words in notes:
        note = add(document, "ram:IncludedNote")
        add(note, "ram:Content", words)
        if subject:
            add(note, "ram:SubjectCode", subject)


def _line(trade: Element, invoice: Invoice, line: InvoiceLine) -> None:
    item = add(trade, "ram:IncludedSupplyChainTradeLineItem")
    add(item, "ram:AssociatedDocumentLineDocument/ram:LineID", str(line.position))
    add(item, "ram:SpecifiedTradeProduct/ram:Name", line.name)
    price = add(item, "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice")
    gross, quantity = line.gross_ht, Decimal(line.quantity)
    if line.unit_ht.amount * quantity == gross:
        add(price, "ram:ChargeAmount", _euros(line.unit_ht.amount))
    else:
        add(price, "ram:ChargeAmount", _euros(gross))
        add(price, "ram:BasisQuantity", str(line.quantity), unitCode=codes.PIECE)
    add(item, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", str(line.quantity), unitCode=codes.PIECE)
    settlement = add(item, "ram:SpecifiedLineTradeSettlement")
    tax = add(settlement, "ram:ApplicableTradeTax")
    add(tax, "ram:TypeCode", "VAT")
    add(tax, "ram:CategoryCode", codes.category(invoice, line.rate).code)
    add(tax, "ram:RateApplicablePercent", f"{line.rate:.2f}")
    if line.discount_ht:
        allowance = add(settlement, "ram:SpecifiedTradeAllowanceCharge")
        add(allowance, "ram:ChargeIndicator/udt:Indicator", "false")
        add(allowance, "ram:CalculationPercent", f"{line.discount_percent:.2f}")
        add(allowance, "ram:BasisAmount", _euros(gross))
        add(allowance, "ram:ActualAmount", _euros(line.discount_ht))
        add(allowance, "ram:ReasonCode", codes.DISCOUNT)
        add(allowance, "ram:Reason", "Remise")
    summation = "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
    add(settlement, summation, _euros(line.ht.amount))


def _settlement(settlement: Element, invoice: Invoice, lines: Sequence[InvoiceLine], *, prepaid: Decimal) -> None:
    add(settlement, "ram:PaymentReference", invoice.reference)
    add(settlement, "ram:InvoiceCurrencyCode", "EUR")
    _means(settlement, invoice)
    for rate, (ht, vat) in sorted(_by_rate(lines).items()):
        _tax(settlement, invoice, rate, ht, vat)
    _terms(settlement, invoice, prepaid=prepaid)
    ht, vat, ttc = (Decimal(one.amount) for one in (invoice.total_ht, invoice.total_vat, invoice.total_ttc))
    total = add(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    add(total, "ram:LineTotalAmount", _euros(ht))
    add(total, "ram:TaxBasisTotalAmount", _euros(ht))
    add(total, "ram:TaxTotalAmount", _euros(vat), currencyID="EUR")
    add(total, "ram:GrandTotalAmount", _euros(ttc))
    add(total, "ram:TotalPrepaidAmount", _euros(prepaid))
    add(total, "ram:DuePayableAmount", _euros(ttc - prepaid))
    if (before := invoice.original or _replaced(invoice)) is not None:
        referenced = add(settlement, "ram:InvoiceReferencedDocument")
        add(referenced, "ram:IssuerAssignedID", before.reference)
        stamp = add(referenced, "ram:FormattedIssueDateTime/qdt:DateTimeString", f"{before.issued_on:%Y%m%d}")
        stamp.set("format", "102")


def _replaced(invoice: Invoice) -> Invoice | None:
    found = getattr(invoice, "reissue_of", None)
    return found.original if found else None


def _means(settlement: Element, invoice: Invoice) -> None:
    """How it was paid, or is to be paid; of a credit note only where its money goes back the way it came."""
    iban = str(invoice.seller.get("iban", "")).replace(" ", "")
    payment = _payment(invoice)
    if payment is None and (not iban or invoice.original_id):
        return
    means = add(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    add(means, "ram:TypeCode", codes.means_of(payment))
    if payment is None:
        add(means, "ram:PayeePartyCreditorFinancialAccount/ram:IBANID", iban)
        if bic := invoice.seller.get("bic"):
            add(means, "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID", str(bic))


def _tax(settlement: Element, invoice: Invoice, rate: Decimal, ht: Decimal, vat: Decimal) -> None:
    category = codes.category(invoice, rate)
    tax = add(settlement, "ram:ApplicableTradeTax")
    add(tax, "ram:CalculatedAmount", _euros(vat))
    add(tax, "ram:TypeCode", "VAT")
    exempt = category.code not in {"S", "Z"}
    if exempt:
        add(tax, "ram:ExemptionReason", invoice.legal_mention)
    add(tax, "ram:BasisAmount", _euros(ht))
    add(tax, "ram:CategoryCode", category.code)
    if category.exemption:
        add(tax, "ram:ExemptionReasonCode", category.exemption)
    if not exempt:
        add(tax, "ram:DueDateTypeCode", codes.ON_INVOICE if invoice.vat_on_debits else codes.ON_PAYMENT)
    add(tax, "ram:RateApplicablePercent", f"{rate:.2f}")


def _terms(settlement: Element, invoice: Invoice, *, prepaid: Decimal) -> None:
    """In words what the PDF says of the money, and the day it is due, or was paid on."""
    terms = add(settlement, "ram:SpecifiedTradePaymentTerms")
    add(terms, "ram:Description", paid_words(invoice))
    payment = _payment(invoice)
    if prepaid:
        due = payment.received_on if payment and not invoice.original_id else invoice.issued_on
    else:
        # A document that was numbered after midnight asks for nothing before its own date.
        due = max(invoice.due_on, invoice.issued_on) if invoice.due_on else None
    if due is not None:
        _date(add(terms, "ram:DueDateDateTime"), due)


def _by_rate(lines: Sequence[InvoiceLine]) -> Mapping[Decimal, tuple[Decimal, Decimal]]:
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for line in lines:
        ht, vat = sums.get(line.rate, (ZERO, ZERO))
        sums[line.rate] = (ht + line.ht.amount, vat + line.vat.amount)
    return sums


def _date(parent: Element, day: date) -> None:
    add(parent, "udt:DateTimeString", f"{day:%Y%m%d}", format="102")


def _euros(amount: Decimal) -> str:
    return f"{amount:.2f}"
