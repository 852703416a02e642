"""What always holds of institutions' orders: the invariants by their names in the design, asked by the nightly audit."""

from __future__ import annotations

from datetime import datetime

from payments.audit import CHUNK, Breaches
from payments.invoicing.open_items import open_item, standing_bill
from payments.models import Invoice, ReceiptShare
from subscriptions.models import Notice, Order, Subscription, Term


def paid_on_invoice(at: datetime) -> Breaches:
    """ONE-CHARGE, of terms that are invoiced before they are paid: each has its paper and its invoice of the same amount,
    stands at what its invoice says, is paid by no other way, and never renews itself."""
    for term in Term.objects.filter(order__isnull=False, payment=None, order__purchase_order=None).iterator(CHUNK):
        yield f"term:{term.pk}", "ordered, neither paid nor invoiced to an institution"
    for term in Term.objects.filter(payment__isnull=False, order__purchase_order__isnull=False).iterator(CHUNK):
        yield f"term:{term.pk}", "invoiced to an institution, and paid by a payment as well"
    orders = Order.objects.filter(purchase_order__isnull=False).select_related("term")
    for order in orders.iterator(CHUNK):
        bill = standing_bill(order.subject)
        if bill is None or bill.total_ttc != order.amount:
            yield order.subject, "its invoice is not of its amount"
            continue
        item = open_item(bill)
        wanted = Order.State.INVOICED
        if item.left <= 0:
            wanted = Order.State.PAID if item.received else Order.State.CANCELLED
        # An order that was paid whole stays so, whatever is credited and given back of it later.
        if order.state not in (wanted, Order.State.PAID) or (order.state == Order.State.PAID and item.left > 0):
            yield order.subject, f"stands at {order.state}, its invoice leaves {item.left} to pay"
    for one in Subscription.objects.filter(on_invoice=True).exclude(renewal="fixed").iterator(CHUNK):
        yield f"subscription:{one.pk}", "an institution's, and renews itself"
    elsewhere = ReceiptShare.objects.exclude(invoice__in=Invoice.objects.filter(kind="invoice", payment=None))
    for share in elsewhere.iterator(CHUNK):
        yield f"invoice:{share.invoice_id}", "paid by a transfer though a payment pays it"


def invoices_told(at: datetime) -> Breaches:
    """TOLD: whoever is invoiced before paying has been sent the invoice."""
    told = set(Notice.objects.filter(kind="institution_invoice").values_list("matter", flat=True).iterator(CHUNK))
    for pk in Order.objects.filter(purchase_order__isnull=False).values_list("pk", flat=True).iterator(CHUNK):
        if f"institution_invoice:order:{pk}" not in told:
            yield f"order:{pk}", "invoiced, and the invoice was not sent"
