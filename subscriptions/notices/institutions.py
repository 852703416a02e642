"""What letters to institutions say: the invoice that is to be paid by transfer, its credit note, the reminder once overdue."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from payments.iban import in_fours
from payments.invoicing.open_items import open_item, standing_bill
from payments.invoicing.rendering import read_whole
from payments.models import Invoice
from payments.money import eur, french
from payments.vat import BuyerKind
from subscriptions.models import Order, PurchaseOrder, Term
from subscriptions.notices.french import copies_said, day, issue
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute

INVOICES = "/compte/factures/"


def invoiced(facts: Facts) -> Context:
    """The order as it was taken, what will come and until when the invoice is to be paid."""
    order = Order.objects.select_related("offer__magazine", "first_issue", "purchase_order__institution").get(
        pk=facts["order_id"]
    )
    term = Term.objects.select_related("subscription__recipient__address").get(pk=facts["term_id"])
    paper: PurchaseOrder = order.purchase_order
    return {
        **_bill(read_whole(facts["invoice_id"])),
        "title": order.offer.magazine.title,
        "order_number": order.engagement_number,
        "ordered_on": day(paper.dated_on),
        "institution": paper.institution.full_name if paper.institution_id != order.customer_id else "",
        "agency_reference": paper.agency_reference,
        "subscriber_number": term.subscription.number or "",
        "copies": copies_said(term.copies, term.quantity),
        "first_issue": issue(order.first_issue.printed),
        "period": f"du {day(term.starts_on)} au {day(term.ends_on)}",
        "address": term.subscription.recipient.address.lines,
    }


def overdue(facts: Facts) -> Context:
    """What is still to be paid of an invoice after its day, and what the law adds for firms (C. com. L441-10, D441-5)."""
    invoice = read_whole(facts["invoice_id"])
    item = open_item(invoice)
    left = item.left
    return {
        **_bill(invoice),
        "left": left,
        "left_said": french(eur(max(left, Decimal("0.00")))),
        "partly": item.kept > 0,
        "again": facts["days"] > facts["first"],
        "issued_on": day(invoice.issued_on),
    }


def credited(facts: Facts) -> Context:
    """A credit note of an invoice that nobody had paid, or not so far: what is left to pay now."""
    note = read_whole(facts["invoice_id"])
    bill = note.original
    if bill is None:
        raise ValueError("a credit note corrects an invoice")
    item = open_item(bill)
    return {
        **_bill(bill),
        "invoice": note,  # what goes with it
        "note_reference": note.reference,
        "issued_on": day(note.issued_on),
        "engagement_number": bill.engagement_number,
        "billed": french(bill.total_ttc),
        "credited": french(note.total_ttc),
        "whole": note.total_ttc == bill.total_ttc,
        "left": item.left,
        "left_said": french(eur(max(item.left, Decimal("0.00")))),
    }


def taken_back(context: Context, *, at: datetime) -> str:
    """Not sent for an invoice that has been credited whole, or made out anew, since it was queued."""
    invoice: Invoice = context["invoice"]
    standing = standing_bill(invoice.subject)
    if standing is None or standing.pk != invoice.pk:
        return "the invoice was made out anew"
    return "the order is cancelled" if open_item(invoice).credited >= invoice.total_ttc.amount else ""


def paid_since(context: Context, *, at: datetime) -> str:
    """Not sent to whoever has paid meanwhile, or no longer has to."""
    return "nothing is left to pay" if context["left"] <= 0 else taken_back(context, at=at)


def _bill(invoice: Invoice) -> dict[str, Any]:
    return {
        "invoice": invoice,
        "invoice_reference": invoice.reference,
        "amount": french(invoice.total_ttc),
        "amount_ht": french(invoice.total_ht),
        "due_on": day(invoice.due_on or invoice.issued_on),
        "public": invoice.buyer_kind == BuyerKind.PUBLIC_FR,
        "iban": in_fours(settings.BANK_IBAN),
        "bic": settings.BANK_BIC,
        "account_holder": settings.PUBLISHER["name"],
        "invoices_url": absolute(INVOICES),
    }
