"""The files that go with letters: what the reader must hold in hand, not behind a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from payments.days import paris_day
from payments.documents import verified
from payments.invoicing.rendering import rendering_of
from payments.models import Invoice
from subscriptions.models import Consent, Declaration, LegalText, Order
from subscriptions.notices.declaration_pdf import declaration_pdf
from subscriptions.notices.legal_pdf import legal_pdf
from subscriptions.notices.letter import Attachment, Context

PDF = "application/pdf"
TERMS, WITHDRAWAL = "cgv", "retractation"


class NotThere(RuntimeError):
    """A file that the letter must carry cannot be made yet; the letter waits."""


def contract(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """Invoice, terms of sale as accepted, withdrawal form (C. conso L221-13; law.md 4.3)."""
    texts = contract_texts(context["order"])
    files = (("conditions-generales-de-vente.pdf", TERMS), ("formulaire-de-retractation.pdf", WITHDRAWAL))
    return (*invoice(context, at=at), *(Attachment(name, legal_pdf(texts[code]), PDF) for name, code in files))


def singles_contract(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """Invoice and terms of sale as accepted; no form of withdrawal, for there is none (C. conso L221-28, 10°)."""
    terms = contract_texts(context["order"])[TERMS]
    return (*invoice(context, at=at), Attachment("conditions-generales-de-vente.pdf", legal_pdf(terms), PDF))


def invoice(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """The PDF of `context["invoice"]`, which was read whole; set now if nobody has yet."""
    whole: Invoice = context["invoice"]
    body = verified(rendering_of(whole, at=at).document)
    if body is None:
        raise NotThere(f"the PDF of invoice {whole.pk} was purged")
    return (Attachment(f"{whole.reference}.pdf", body, PDF),)


def credit_note(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """The credit note of a refund; a surplus that was never invoiced has none."""
    return invoice(context, at=at) if context["invoice"] is not None else ()


def both_papers(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """The new invoice and the credit note of the one that it replaces."""
    return (*invoice({"invoice": context["anew"]}, at=at), *invoice({"invoice": context["note"]}, at=at))


def declaration(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """What was declared, with its date, time and hash: a link is not a durable medium (law.md 4.5, 4.6)."""
    declared: Declaration = context["declaration"]
    return (Attachment(f"{declared.reference}.pdf", declaration_pdf(declared, sentence=context["sentence"]), PDF),)


def contract_texts(order: Order) -> Mapping[str, LegalText]:
    """The texts of a contract by their code, in one query: the very version that the buyer agreed to, else the one that
    held on the day of the order. Raises NotThere if one is missing.
    """
    on = paris_day(order.placed_at)
    agreed = Consent.objects.filter(order=order, matter=Consent.Matter.TERMS, given=True, text=OuterRef("pk"))
    texts = (
        LegalText.objects.annotate(agreed=Exists(agreed))
        .filter(Q(agreed=True) | Q(valid_from__lte=on), code__in=(TERMS, WITHDRAWAL))
        .order_by("code", "-agreed", "-valid_from", "-id")
        .distinct("code")
    )
    found = {text.code: text for text in texts}
    for code in (TERMS, WITHDRAWAL):
        if code not in found:
            raise NotThere(f"there is no text {code} on {on.isoformat()}")
    return found
