"""Making an invoice out anew to another buyer: credit note and new invoice at once, and no money moves (law.md 2.3).

The payment stays, with its VAT; 4871 and the copies are not touched. Once per invoice: what was made out anew may be so
again, under its own number. Only while the year of the invoice is open.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from payments.actors import Actor
from payments.desk import record_act
from payments.invoicing.issuing import Buyer, InvoiceDraft, LineDraft, credit_to_reissue, issue, left_of
from payments.models import Invoice, Payment, Reissue, WriteOff
from payments.vat import INTRA_EU, BuyerKind
from payments.vies.keeping import known_valid


class CannotReissue(ValueError):
    """The invoice cannot be made out anew; `code` says why: kind, again, credited, closed, received, same, exempt; anew, in
    the account."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refuse_if_impossible(invoice: Invoice, buyer: Buyer | None = None, *, on: date) -> None:
    """Raises CannotReissue: no invoice, made out anew already, credited, of a closed year, paid in
    part by transfers that name it, to the same buyer, or without VAT to somebody to whom VAT is due: the amounts stay, so an
    exempt sale within the Union (law.md 1.3) goes only to another firm whose number VIES knows."""
    if invoice.kind != Invoice.Kind.INVOICE:
        raise CannotReissue("kind")
    if Reissue.objects.filter(original=invoice).exists():
        raise CannotReissue("again")
    if left_of(invoice) != invoice.total_ttc.amount:
        raise CannotReissue("credited")
    if not is_open(invoice.issued_on, on=on):
        raise CannotReissue("closed")
    # By transfers that name it, or given up: the new one would ask for it again.
    if invoice.payment_id is None and (invoice.shares.exists() or WriteOff.objects.filter(invoice=invoice).exists()):
        raise CannotReissue("received")
    if buyer is not None and buyer == buyer_of(invoice):
        raise CannotReissue("same")
    if buyer is not None and invoice.legal_mention == INTRA_EU and not _may_be_exempt(buyer, on=on):
        raise CannotReissue("exempt")


def _may_be_exempt(buyer: Buyer, *, on: date) -> bool:
    return buyer.kind == BuyerKind.PRO_EU and known_valid(buyer.vat_number, on=on)


def is_open(issued_on: date, *, on: date) -> bool:
    """Whether the books of a day can still be written to: those of the running civil year."""
    return issued_on.year == on.year


def buyer_of(invoice: Invoice) -> Buyer:
    """The buyer as an invoice names them."""
    return Buyer(
        kind=invoice.buyer_kind,
        name=invoice.buyer_name,
        address=tuple(invoice.buyer_address),
        country=invoice.buyer_country,
        siren=invoice.buyer_siren,
        siret=invoice.buyer_siret,
        vat_number=invoice.buyer_vat_number,
        service_code=invoice.buyer_service_code,
        engagement_number=invoice.engagement_number,
    )


def papers_of(subject: str) -> list[Invoice]:
    """The invoice of something, those that were made out anew instead of it, and the credit notes of each, as they were
    issued. Three queries, two more for each time it was made out anew."""
    found: list[Invoice] = []
    invoices = list(Invoice.objects.filter(subject=subject, kind=Invoice.Kind.INVOICE).order_by("pk"))
    while invoices:
        found += invoices
        found += Invoice.objects.filter(original__in=invoices).order_by("pk")
        invoices = list(Invoice.objects.filter(reissue_of__original__in=invoices).order_by("pk"))
    return sorted(found, key=lambda paper: paper.pk)


@transaction.atomic
def reissue(invoice_id: int, buyer: Buyer, *, reason: str, words: str, on: date, actor: Actor, at: datetime) -> Reissue:
    """Credit an invoice whole and issue it anew to `buyer`, at the same amounts; returns the pair. Raises CannotReissue.

    `reason` stands on the credit note; `words` are the colleague's own, kept with the act.
    Locks the payment, then the series of credit notes, then that of invoices: nobody takes them the other way round.
    """
    payment_id = Invoice.objects.values_list("payment_id", flat=True).get(pk=invoice_id)
    if payment_id is not None:
        Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    invoice = Invoice.objects.prefetch_related("lines").get(pk=invoice_id)
    refuse_if_impossible(invoice, buyer, on=on)
    note = credit_to_reissue(invoice, reason=reason, on=on, actor=actor, at=at)
    [anew] = issue([_draft(invoice, buyer, on=on)], on=on, actor=actor, at=at)
    done = Reissue.objects.create(
        original=invoice, credit_note=note, invoice=anew, actor=str(actor), reason=words[:300], at=at
    )
    record_act(
        "made an invoice out anew",
        subject=f"invoice:{invoice.pk}",
        actor=actor,
        at=at,
        reason=words,
        facts={"credit_note": note.pk, "invoice": anew.pk},
    )
    return done


def _draft(invoice: Invoice, buyer: Buyer, *, on: date) -> InvoiceDraft:
    lines = list(invoice.lines.all())
    delivered = tuple(invoice.delivery_address) or tuple(invoice.buyer_address)
    [rate] = {line.rate for line in lines}
    return InvoiceDraft(
        subject=f"reissue:{invoice.pk}",
        customer_id=invoice.customer_id,
        payment_id=invoice.payment_id,
        buyer=buyer,
        vat_zone=invoice.vat_zone,
        vat_rate=rate,
        legal_mention=invoice.legal_mention,
        lines=tuple(
            LineDraft(line.name, line.ttc.amount, line.quantity, line.discount_percent, line.gross_ht) for line in lines
        ),
        supplied_on=invoice.supplied_on or invoice.issued_on,
        due_on=invoice.due_on or on if invoice.payment_id is None else on,
        delivery_address=delivered if delivered != buyer.address else (),
        delivery_country=invoice.delivery_country,
    )
