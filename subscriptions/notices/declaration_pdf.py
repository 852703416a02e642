"""A declaration on paper: what the reader declared, when it was received, what it does; the same again is the same bytes."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from payments.days import paris_day
from payments.typesetting import typeset
from subscriptions.models import Declaration
from subscriptions.notices.french import moment, spaced
from subscriptions.stopping.effects import GENERAL

TEMPLATE = Path(__file__).parent / "typst" / "declaration.typ"
TITLES = {
    Declaration.Kind.WITHDRAWAL: "Accusé de réception d’une rétractation",
    Declaration.Kind.TERMINATION: "Accusé de réception d’une résiliation",
}


def declaration_pdf(declaration: Declaration, *, sentence: str) -> bytes:
    """The PDF of an acknowledgement; `sentence`: what the declaration does, "" where nothing may be said of a contract."""
    publisher = settings.PUBLISHER
    received_on = paris_day(declaration.received_at)
    title = TITLES[Declaration.Kind(declaration.kind)]
    facts = {
        "title": f"{title} {declaration.reference}",
        "heading": title,
        "author": publisher["name"],
        "on": [received_on.year, received_on.month, received_on.day],
        "facts": [
            ["Référence", declaration.reference],
            ["Reçue le", f"{moment(declaration.received_at)} (heure de Paris)"],
            ["Par", f"{publisher['name']}, {', '.join(publisher['address'])}"],
        ],
        "declared": declaration.content["declared"],
        "effect": spaced(sentence or GENERAL[declaration.kind]),
        "to": [f"{declaration.first_name} {declaration.last_name}".strip(), *declaration.postal_address.splitlines()]
        if declaration.postal_address
        else [],
        "foot": [
            f"{publisher['name']}. {declaration.reference}.",
            f"Empreinte SHA-256 de la déclaration : {declaration.sha256}",
        ],
    }
    return typeset(TEMPLATE, facts, on=received_on)
