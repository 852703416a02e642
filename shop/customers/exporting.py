"""One file with everything that is held about a reader, to read and to take elsewhere (GDPR art. 15 and 20).

A zip: the same facts as `donnees.json` for machines and `donnees.html` for people, the invoices as PDF, the letters as
they were sent, the files that the reader sent.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from payments.documents import read
from payments.french_days import french_day
from payments.models import Invoice
from shop.customers.holdings import everything, theirs
from shop.customers.models import Customer
from shop.customers.words import AS_KEPT, CODED, CODES, LABELS
from subscriptions.models import Contact, Notice
from subscriptions.notices.french import moment


def export(customer: Customer, *, at: datetime) -> bytes:
    """The zip of everything held about `customer` at `at`; two files are read for each invoice and letter."""
    facts = everything(customer, at=at)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("donnees.json", json.dumps(facts, ensure_ascii=False, indent=2))
        archive.writestr("donnees.html", render_to_string("account/export.html", {"rows": rows(facts)}))
        for name, body in _files(customer):
            archive.writestr(name, body)
    return held.getvalue()


def rows(facts: Mapping[str, Any], *, as_kept: bool = False) -> list[dict[str, Any]]:
    """The facts for people: label, and either `text`, `rows` within, or `items` each with rows of its own."""
    found = []
    for key, value in facts.items():
        row: dict[str, Any] = {"label": key if as_kept else LABELS[key]}
        kept = as_kept or key in AS_KEPT
        if isinstance(value, dict):
            row["rows"] = rows(value, as_kept=kept)
        elif isinstance(value, list):
            row["items"] = [
                rows(one, as_kept=kept) if isinstance(one, dict) else [{"label": "", "text": words(one)}]
                for one in value
            ]
        else:
            row["text"] = str(CODES[value]) if key in CODED and value in CODES else words(value)
        found.append(row)
    return found


def words(value: Any) -> str:
    """A plain value for people: yes, no, days and moments in French."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and len(value) >= 10 and value[:4].isdigit():
        if at := _parsed(parse_datetime, value):
            return moment(at)
        if on := _parsed(parse_date, value):
            return french_day(on)
    return str(value)


def _parsed(parse: Any, text: str) -> Any:
    try:
        found = parse(text)
    except ValueError:
        return None
    return None if isinstance(found, datetime) and found.tzinfo is None else found


def _files(customer: Customer) -> Iterator[tuple[str, bytes]]:
    invoices = Invoice.objects.filter(theirs(customer), rendering__isnull=False).select_related("rendering")
    for invoice in invoices.order_by("pk"):
        if body := read(invoice.rendering.document_id):
            yield f"factures/{invoice.reference}.pdf", body
    for came in Contact.objects.filter(theirs(customer), document__isnull=False).order_by("pk"):
        if body := read(came.document_id or ""):
            yield f"echanges/{came.pk}-{came.file_name}", body
    for letter in Notice.objects.filter(theirs(customer), document__isnull=False).order_by("pk"):
        if body := read(letter.document_id or ""):
            ending = "pdf" if letter.channel == Notice.Channel.PAPER else "eml"
            yield f"courriers/{letter.pk}-{letter.kind}.{ending}", body
