"""Issuing invoices and credit notes: amounts by law.md 1.6, mentions by 2.1, entries by 6.3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from payments.actors import Actor
from payments.iban import in_fours
from payments.invoicing.numbering import CREDIT_NOTES, INVOICES, lock_series, number
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import Invoice, InvoiceLine
from payments.money import round_cents
from payments.saving import insert_all
from payments.vat import split, split_lines


class AlreadyCredited(ValueError):
    """The invoice has a credit note for the whole: there is nothing left to take back."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """The buyer as the invoice names them; a snapshot."""

    kind: str
    name: str
    address: tuple[str, ...]
    country: str
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    service_code: str = ""
    engagement_number: str = ""


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line by its total incl. VAT, in euros: the line total comes first, never unit × quantity.

    `discount`: what was granted on it, in percent; `gross_ht`: the line before that, without VAT.
    """

    name: str
    ttc: Decimal
    quantity: int = 1
    discount: Decimal = Decimal(0)
    gross_ht: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """All that an invoice states before it has a number. One VAT rate: what we sell has one per zone."""

    subject: str
    customer_id: int | None
    payment_id: int | None
    buyer: Buyer
    vat_zone: str
    vat_rate: Decimal
    legal_mention: str
    lines: tuple[LineDraft, ...]
    supplied_on: date
    due_on: date
    delivery_address: tuple[str, ...] = field(default=())
    delivery_country: str = ""


def issue(drafts: Sequence[InvoiceDraft], *, on: date, actor: Actor, at: datetime) -> list[Invoice]:
    """Issue invoices, in the order given, and post their entries. Must run inside a transaction, last of all.

    Numbers are taken here under the lock of the series; nothing is rendered. The caller has made sure that no subject
    is invoiced twice; the database refuses it.
    """
    if not drafts:
        return []
    documents = [_document(draft, actor=actor, at=at) for draft in drafts]
    number(lock_series(INVOICES, on=on), documents, on=on)
    invoices = _write(documents)
    post(
        [entries.sale(invoice, vat_by_rate=vat_by_rate(lines)) for invoice, lines in documents],
        actor=actor,
        at=at,
    )
    return invoices


@transaction.atomic
def credit_in_full(
    invoice: Invoice,
    *,
    reason: str,
    unserved_ht: Decimal,
    on: date,
    actor: Actor,
    at: datetime,
    revenue: str = entries.REV_PRINT,
) -> Invoice:
    """Issue the credit note of a whole invoice and post it; the invoice itself stays as it is (law.md 2.3).

    `unserved_ht`: what 4871 still holds of it, in euros. Raises AlreadyCredited if it was credited before.
    """
    note, _lines = _credit_whole(invoice, reason=reason, on=on, actor=actor, at=at)
    post([entries.credit(note, unserved_ht=unserved_ht, revenue=revenue)], actor=actor, at=at)
    return note


@transaction.atomic
def credit_to_reissue(invoice: Invoice, *, reason: str, on: date, actor: Actor, at: datetime) -> Invoice:
    """Issue the credit note of a whole invoice that is made out anew at once, so that no money moves; and post it.

    Raises AlreadyCredited if it was credited before, be it in part.
    """
    note, lines = _credit_whole(invoice, reason=reason, on=on, actor=actor, at=at)
    post([entries.undone(note, vat_by_rate=vat_by_rate(lines))], actor=actor, at=at)
    return note


def _credit_whole(
    invoice: Invoice, *, reason: str, on: date, actor: Actor, at: datetime
) -> tuple[Invoice, list[InvoiceLine]]:
    series = lock_series(CREDIT_NOTES, on=on)  # the lock comes first: it also keeps two credits of one invoice apart
    if invoice.credit_notes.exists():
        raise AlreadyCredited(invoice.reference)
    lines = list(invoice.lines.all())
    facts = _credit_facts(invoice, reason=reason, actor=actor, at=at)
    copies = [
        InvoiceLine(
            position=line.position, name=line.name, quantity=line.quantity, unit_ht=line.unit_ht, rate=line.rate,
            discount_percent=line.discount_percent, discount_ht=line.discount_ht, ht=line.ht, vat=line.vat, ttc=line.ttc,
        )
        for line in lines
    ]  # fmt: skip
    documents = [(Invoice(**facts), copies)]
    number(series, documents, on=on)
    [note] = _write(documents)
    return note, copies


@transaction.atomic
def credit_rest(
    invoice: Invoice,
    *,
    reason: str,
    unserved_ht: Decimal,
    on: date,
    actor: Actor,
    at: datetime,
    revenue: str = entries.REV_PRINT,
    name: str = "",
) -> Invoice:
    """Credit whatever of an invoice was not credited yet: the whole of it, or what earlier credit notes left.

    `unserved_ht`: what 4871 still holds of it, in euros; `name`: as in `credit_part`. Raises AlreadyCredited if nothing is left.
    """
    lock_series(CREDIT_NOTES, on=on)
    left = left_of(invoice)
    if left == invoice.total_ttc.amount:
        return credit_in_full(
            invoice, reason=reason, unserved_ht=unserved_ht, on=on, actor=actor, at=at, revenue=revenue
        )
    return credit_part(
        invoice, ttc=left, unserved_ht=unserved_ht, what="le reste", reason=reason, on=on, actor=actor, at=at,
        revenue=revenue, name=name,
    )  # fmt: skip


def left_of(invoice: Invoice) -> Decimal:
    """What of an invoice no credit note has taken back yet, in euros incl. VAT."""
    credited: Decimal | None = invoice.credit_notes.aggregate(sum=Sum("total_ttc"))["sum"]
    return Decimal(invoice.total_ttc.amount - (credited or Decimal("0.00")))


def standing_invoice(payment_id: int) -> Invoice | None:
    """The invoice that speaks for a payment: the one that was issued for it, or made out anew since; None for a surplus."""
    return Invoice.objects.filter(payment=payment_id, kind=Invoice.Kind.INVOICE, reissued=None).first()


def unserved(copies: int) -> str:
    """« 2 numéros non servis »."""
    return f"{copies} numéro{'s' if copies > 1 else ''} non servi{'s' if copies > 1 else ''}"


def taken_back(invoice: Invoice, *, ttc: Decimal) -> tuple[Decimal, Decimal]:
    """(HT, VAT) that a credit of `ttc` takes back: the difference of what was credited before and after it, so that
    several credits of one invoice add up to it to the cent (law.md 6.3). Raises AlreadyCredited beyond what is left.
    """
    before = invoice.total_ttc.amount - left_of(invoice)
    if ttc <= 0 or before + ttc > invoice.total_ttc.amount:
        raise AlreadyCredited(invoice.reference)
    [rate] = {line.rate for line in invoice.lines.all()}
    if invoice.payment_id is None:
        # Not paid when it was issued: what is left of it is what will be received, and its VAT falls due on that.
        whole = invoice.total_ttc.amount
        ht = split(whole - before, rate)[0] - split(whole - before - ttc, rate)[0]
    else:
        ht = split(before + ttc, rate)[0] - split(before, rate)[0]
    return ht, ttc - ht


@transaction.atomic
def credit_part(
    invoice: Invoice,
    *,
    ttc: Decimal,
    unserved_ht: Decimal,
    what: str,
    reason: str,
    on: date,
    actor: Actor,
    at: datetime,
    revenue: str = entries.REV_PRINT,
    name: str = "",
) -> Invoice:
    """Issue the credit note of a part of an invoice and post it (law.md 6.3, « Chatel termination after 1 served »).

    `ttc`: what is given back, in euros incl. VAT; `unserved_ht`: what 4871 holds for the copies that it takes back;
    `what`: the part in words, for the line; `name`: of what it is a part, where that is not what the first line of the invoice
    names. Raises AlreadyCredited if more would be credited than was invoiced.
    """
    series = lock_series(CREDIT_NOTES, on=on)
    ht, vat = taken_back(invoice, ttc=ttc)
    first = invoice.lines.all()[0]
    note = Invoice(
        **_credit_facts(invoice, reason=reason, actor=actor, at=at)
        | {"total_ht": ht, "total_vat": vat, "total_ttc": ttc}
    )
    line = InvoiceLine(
        position=1,
        name=f"{name or first.name} : {what}"[:250],
        quantity=1,
        unit_ht=ht,
        rate=first.rate,
        ht=ht,
        vat=vat,
        ttc=ttc,
    )
    documents = [(note, [line])]
    number(series, documents, on=on)
    [note] = _write(documents)
    post([entries.credit(note, unserved_ht=unserved_ht, revenue=revenue)], actor=actor, at=at)
    return note


def _credit_facts(invoice: Invoice, *, reason: str, actor: Actor, at: datetime) -> dict[str, Any]:
    """What a credit note repeats of its invoice, and what it states of itself."""
    facts = {
        name.attname: getattr(invoice, name.attname)
        for name in Invoice._meta.concrete_fields
        if name.attname not in {"id", "number", "reference", "series_id", "issued_on", "due_on", "hash"}
    }
    facts.update(
        kind=Invoice.Kind.CREDIT_NOTE,
        original_id=invoice.pk,
        reason=reason,
        seller=seller(),
        actor=str(actor),
        created_at=at,
    )
    return facts


def vat_by_rate(lines: Sequence[InvoiceLine]) -> dict[Decimal, Decimal]:
    """VAT of a document per rate in percent, in euros."""
    sums: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[Decimal(line.rate)] += line.vat.amount
    return dict(sums)


def seller() -> dict[str, Any]:
    """The publisher's identity as invoices print it, frozen on each of them."""
    publisher = settings.PUBLISHER
    names = ("name", "legal_form", "capital", "address", "siren", "siret", "rcs", "vat_number", "phone", "email")
    return {name: publisher[name] for name in names}


def account() -> dict[str, str]:
    """Where an invoice that is not paid yet is paid to, as it is printed; nothing while the publisher's account is not set."""
    iban = settings.BANK_IBAN
    return {"iban": in_fours(iban), "bic": settings.BANK_BIC} if iban else {}


def _document(draft: InvoiceDraft, *, actor: Actor, at: datetime) -> tuple[Invoice, list[InvoiceLine]]:
    parts = split_lines([line.ttc for line in draft.lines], draft.vat_rate)
    lines = [
        InvoiceLine(
            position=position,
            name=line.name,
            quantity=line.quantity,
            unit_ht=round_cents((line.gross_ht if line.discount and line.gross_ht else part.ht) / line.quantity),
            rate=draft.vat_rate,
            discount_percent=line.discount,
            discount_ht=line.gross_ht - part.ht if line.discount and line.gross_ht else Decimal(0),
            ht=part.ht,
            vat=part.vat,
            ttc=part.ttc,
        )
        for position, (line, part) in enumerate(zip(draft.lines, parts, strict=True), start=1)
    ]
    invoice = Invoice(
        kind=Invoice.Kind.INVOICE,
        supplied_on=draft.supplied_on,
        due_on=draft.due_on,
        customer_id=draft.customer_id,
        subject=draft.subject,
        payment_id=draft.payment_id,
        seller=seller() if draft.payment_id is not None else seller() | account(),
        buyer_kind=draft.buyer.kind,
        buyer_name=draft.buyer.name,
        buyer_address=list(draft.buyer.address),
        buyer_country=draft.buyer.country,
        delivery_address=list(draft.delivery_address),
        delivery_country=draft.delivery_country,
        buyer_siren=draft.buyer.siren,
        buyer_siret=draft.buyer.siret,
        buyer_vat_number=draft.buyer.vat_number,
        buyer_service_code=draft.buyer.service_code,
        engagement_number=draft.buyer.engagement_number,
        vat_on_debits=bool(settings.PUBLISHER.get("vat_on_debits", False)),
        vat_zone=draft.vat_zone,
        legal_mention=draft.legal_mention,
        total_ht=sum((part.ht for part in parts), Decimal(0)),
        total_vat=sum((part.vat for part in parts), Decimal(0)),
        total_ttc=sum((part.ttc for part in parts), Decimal(0)),
        actor=str(actor),
        created_at=at,
    )
    return invoice, lines


def _write(documents: Sequence[tuple[Invoice, Sequence[InvoiceLine]]]) -> list[Invoice]:
    invoices = [invoice for invoice, _lines in documents]
    insert_all(invoices)
    for invoice, lines in documents:
        for line in lines:
            line.invoice = invoice
    insert_all([line for _invoice, lines in documents for line in lines])
    return invoices
