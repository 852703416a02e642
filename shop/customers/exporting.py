"""One file with everything that is held about a reader, to read and to take elsewhere (GDPR art. 15 and 20).

A zip: the same facts as `donnees.json` for machines and `donnees.html` for people, the invoices as PDF, the letters as
they were sent.
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
from django.utils.translation import gettext_lazy as _

from payments.documents import read
from payments.french_days import french_day
from payments.models import Invoice
from shop.customers.holdings import everything
from shop.customers.models import Customer
from subscriptions.models import Notice
from subscriptions.notices.french import moment

#: How the facts are called for people; every key of `holdings.everything` is here.
LABELS: Mapping[str, Any] = {
    "exported_at": _("Made on"),
    "person": _("You"),
    "subscriptions": _("Subscriptions"),
    "address_changes": _("Changes of address"),
    "orders": _("Orders"),
    "payments": _("Payments"),
    "means_of_payment": _("Means of payment"),
    "invoices": _("Invoices and credit notes"),
    "letters": _("Letters"),
    "consents": _("What you agreed to, or not"),
    "email_changes": _("Changes of e-mail address"),
    "sessions": _("Where you are signed in"),
    "acts": _("What was done"),
    "email": _("E-mail address"),
    "title": _("Title"),
    "first_name": _("First name"),
    "last_name": _("Name"),
    "organisation": _("Organisation"),
    "phone": _("Telephone"),
    "language": _("Language"),
    "known_since": _("Known since"),
    "came_by": _("Came by"),
    "number": _("Number"),
    "magazine": _("Magazine"),
    "offer": _("Offer"),
    "renewal": _("Renewal"),
    "state": _("Status"),
    "recipient": _("Recipient"),
    "address": _("Address"),
    "steps": _("Steps"),
    "terms": _("Terms"),
    "at": _("At"),
    "on": _("Day"),
    "what": _("What"),
    "starts_on": _("Begins on"),
    "ends_on": _("Ends on"),
    "amount": _("Amount incl. VAT"),
    "copies": _("Copies"),
    "issue": _("Issue"),
    "label": _("Label"),
    "typed": _("As typed"),
    "old": _("Former one"),
    "new": _("New one"),
    "first_issue": _("From issue"),
    "reference": _("Reference"),
    "placed_at": _("Placed on"),
    "delivery": _("Delivery address"),
    "billing": _("Billing address"),
    "siren": "SIREN",
    "siret": "SIRET",
    "vat_number": _("VAT number"),
    "engagement_number": _("Purchase order or commitment number"),
    "shown_before": _("What was shown before the order"),
    "paid_by": _("Paid by"),
    "received_on": _("Received on"),
    "refunds": _("Refunds"),
    "refunded_on": _("Refunded on"),
    "kind": _("Kind"),
    "brand": _("Brand"),
    "last4": _("Last four figures"),
    "expires": _("Good until"),
    "kept_since": _("Kept since"),
    "ended_at": _("Ended on"),
    "issued_on": _("Issued on"),
    "name": _("Name"),
    "vat": _("VAT"),
    "to": _("To"),
    "queued_at": _("Written on"),
    "since": _("Since"),
    "matter": _("About"),
    "given": _("Given"),
    "words": _("Words"),
    "text": _("Text"),
    "ip": _("Address on the network"),
    "browser": _("Browser"),
    "asked_at": _("Asked on"),
    "new_email": _("New address"),
    "done_at": _("Done on"),
    "opened_at": _("Opened on"),
    "reason": _("Reason"),
}
#: Facts kept under names of their own: what was typed and shown, key by key.
AS_KEPT = frozenset({"typed", "shown_before"})


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
            row["text"] = words(value)
        found.append(row)
    return found


def words(value: Any) -> str:
    """A plain value for people: yes, no, days and moments in French."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
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
    invoices = Invoice.objects.filter(customer=customer, rendering__isnull=False).select_related("rendering")
    for invoice in invoices.order_by("pk"):
        if body := read(invoice.rendering.document_id):
            yield f"factures/{invoice.reference}.pdf", body
    for letter in Notice.objects.filter(customer=customer, document__isnull=False).order_by("pk"):
        if body := read(letter.document_id or ""):
            yield f"courriers/{letter.pk}-{letter.kind}.eml", body
