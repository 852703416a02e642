"""A letter set on paper: the words of its e-mail on an A4 sheet for a window envelope, with what it encloses behind it.

Read off the same source as the e-mail, so that the two cannot say different things. One PDF a letter, the enclosures its
further pages; each of them begins on a page of its own.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from payments.days import paris_day
from payments.invoicing.numbering import CREDIT_NOTES, INVOICES
from payments.typesetting import typeset
from subscriptions.models import Notice
from subscriptions.notices.french import day, spaced
from subscriptions.notices.letter import Attachment, Context, Letter
from subscriptions.notices.writing import everywhere, source_of
from subscriptions.paper.blocks import blocks
from subscriptions.paper.envelope import DL
from subscriptions.paper.links import printed

TEMPLATE = Path(__file__).parent / "typst" / "letter.typ"
PDF = "application/pdf"
#: What nobody reached by post can use: the account opens by e-mail only.
NO_ACCOUNT = {"account_url": "", "sign_in_url": "", "card_url": "", "renewal_url": ""}


@dataclass(frozen=True, slots=True)
class SetLetter:
    """A letter as it is printed."""

    body: bytes
    pages: int


def set_letter(notice: Notice, letter: Letter, context: Context, address: Sequence[str], *, at: datetime) -> SetLetter:
    """Set `notice` from `context` for the postal `address`, with its enclosures. Some tens of milliseconds each.

    May write short links. Raises whatever the letter's own context or attachments raise.
    """
    said = {**context, **everywhere(), **NO_ACCOUNT, "on_paper": True}
    subject, source = source_of(notice, said)
    enclosed = list(letter.attachments(context, at=at))
    read = blocks(source, printed=lambda url: printed(url, notice, at=at))
    facts = _facts(notice, subject, read, enclosed, address, context, at=at)
    return bound([typeset(TEMPLATE, facts, on=paris_day(at)), *(one.body for one in enclosed)])


def bound(documents: Sequence[bytes], *, backs: bool = False) -> SetLetter:
    """Documents laid one after the other: the same ones make the same bytes. `backs`: each begins on the front of a sheet.

    The bookmarks and tags of the single documents are left behind: this is for the printer.
    """
    from pypdf import PdfReader, PdfWriter  # some MiB, for the few who print

    writer = PdfWriter()
    for body in documents:
        if backs and len(writer.pages) % 2:
            writer.add_blank_page()
        for page in PdfReader(io.BytesIO(body)).pages:
            writer.add_page(page)
    writer.metadata = None
    held = io.BytesIO()
    writer.write(held)
    return SetLetter(held.getvalue(), len(writer.pages))


def _facts(
    notice: Notice,
    subject: str,
    read: list[dict[str, Any]],
    enclosed: Sequence[Attachment],
    address: Sequence[str],
    context: Context,
    *,
    at: datetime,
) -> dict[str, Any]:
    publisher = settings.PUBLISHER
    on = paris_day(at)
    number = str(context.get("subscriber_number") or "")
    town = publisher["address"][-2]  # « 75004 PARIS », above the country
    return {
        "title": subject,
        "on": [on.year, on.month, on.day],
        "sender": {
            "name": publisher["name"],
            "lines": [*publisher["address"], f"Tél. {publisher['phone']}", publisher["email"]],
        },
        "address": {
            "lines": list(address),
            "left": DL.address.left,
            "top": DL.address.top,
            "below": DL.below,
            "size": DL.type_size,
            "pitch": DL.line_height,
        },
        "place-and-day": f"{town.split(' ', 1)[-1].title()}, le {day(on)}",
        "under": [line for line in (f"Abonnement n° {number}" if number else "", f"Lettre n° {notice.pk}") if line],
        "blocks": [one for one in read if not _colophon(one, publisher)],
        "answer": _answer(publisher, number),
        "enclosed": [_name(one.name) for one in enclosed],
        "foot": [
            spaced(
                f"{publisher['name']}, {publisher['legal_form']} au capital de {publisher['capital']}, "
                f"RCS {publisher['rcs']} {publisher['siren']}"
            )
        ],
    }


def _answer(publisher: dict[str, Any], number: str) -> list[str]:
    where = f"Par la poste : {publisher['name']}, {', '.join(publisher['address'])}."
    reminder = f" Rappelez votre numéro d’abonné : {number}." if number else ""
    return [where, f"Par téléphone : {publisher['phone']}.{reminder}"]


def _colophon(block: dict[str, Any], publisher: dict[str, Any]) -> bool:
    """Who we are stands at the foot of the sheet."""
    said = "".join(run[0] for run in block.get("runs", ()))
    return block["kind"] == "small" and said.startswith(f"{publisher['name']}, {publisher['legal_form']} au capital de")


def _name(file: str) -> str:
    """What a letter calls a file that goes with it: « Facture F2027-000013 », and not by the name of the file."""
    known = {
        "conditions-generales-de-vente.pdf": "Conditions générales de vente",
        "formulaire-de-retractation.pdf": "Formulaire de rétractation",
    }
    reference = file.removesuffix(".pdf")
    series = {INVOICES: "Facture", CREDIT_NOTES: "Avoir"}.get(reference[:1], "") if reference[1:5].isdecimal() else ""
    return known.get(file, f"{series} {reference}".strip())
