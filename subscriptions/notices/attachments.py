"""The files that go with letters: what the reader must hold in hand, not behind a link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from payments.days import paris_day
from payments.documents import read
from payments.invoicing.rendering import render
from payments.models import Invoice
from subscriptions.models import Consent, Declaration, LegalText, Order
from subscriptions.notices.declaration_pdf import declaration_pdf
from subscriptions.notices.legal_pdf import legal_pdf
from subscriptions.notices.letter import Attachment, Context

PDF = "application/pdf"


class NotThere(RuntimeError):
    """A file that the letter must carry cannot be made yet; the letter waits."""


def contract(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """Invoice, terms of sale as accepted, withdrawal form (C. conso L221-13; law.md 4.3)."""
    order: Order = context["order"]
    return (
        *invoice(context, at=at),
        Attachment("conditions-generales-de-vente.pdf", legal_pdf(accepted_terms(order)), PDF),
        Attachment(
            "formulaire-de-retractation.pdf", legal_pdf(in_force("retractation", on=paris_day(order.placed_at))), PDF
        ),
    )


def invoice(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """The PDF of `context["invoice"]`, set now if nobody has yet."""
    issued: Invoice = context["invoice"]
    body = read(render(issued, at=at).document_id)
    if body is None:
        raise NotThere(f"the PDF of invoice {issued.pk} was purged")
    return (Attachment(f"{issued.reference}.pdf", body, PDF),)


def credit_note(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """The credit note of a refund; a surplus that was never invoiced has none."""
    return invoice(context, at=at) if context["invoice"] is not None else ()


def declaration(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """What was declared, with its date, time and hash: a link is not a durable medium (law.md 4.5, 4.6)."""
    declared: Declaration = context["declaration"]
    return (Attachment(f"{declared.reference}.pdf", declaration_pdf(declared, sentence=context["sentence"]), PDF),)


def accepted_terms(order: Order) -> LegalText:
    """The very version of the terms of sale that the buyer agreed to."""
    consent = (
        Consent.objects.select_related("text")
        .filter(order=order, matter=Consent.Matter.TERMS, given=True, text__isnull=False)
        .order_by("-id")
        .first()
    )
    if consent is not None and consent.text is not None:
        return consent.text
    return in_force("cgv", on=paris_day(order.placed_at))


def in_force(code: str, *, on: date) -> LegalText:
    """The version of a text that held on day `on`."""
    text = LegalText.objects.filter(code=code, valid_from__lte=on).order_by("-valid_from", "-id").first()
    if text is None:
        raise NotThere(f"there is no text {code} on {on.isoformat()}")
    return text
