"""What tables and columns are called in the registers. The lower floors name things for programs; people read these.

The names are put on the models when the registers are loaded: no migration knows of them, because Django's own record of a
model is what its class says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.models import (
    Account,
    AccountMap,
    Invoice,
    InvoiceSeries,
    LedgerEntry,
    Payment,
    Refund,
    StripeEvent,
    VatRate,
)
from subscriptions.models import Issue, LegalText, Magazine, Offer, Order, Price, Subscription, Term

#: Model → what one is called, and many.
TABLES: Mapping[type[models.Model], tuple[Any, Any]] = {
    Issue: (pgettext_lazy("register", "issue"), pgettext_lazy("register", "issues")),
    Magazine: (pgettext_lazy("register", "magazine"), pgettext_lazy("register", "magazines")),
    Offer: (pgettext_lazy("register", "offer"), pgettext_lazy("register", "offers")),
    Price: (pgettext_lazy("register", "price"), pgettext_lazy("register", "prices")),
    LegalText: (pgettext_lazy("register", "legal text"), pgettext_lazy("register", "legal texts")),
    Order: (pgettext_lazy("register", "order"), pgettext_lazy("register", "orders")),
    Subscription: (pgettext_lazy("register", "subscription"), pgettext_lazy("register", "subscriptions")),
    Term: (pgettext_lazy("register", "term"), pgettext_lazy("register", "terms")),
    VatRate: (pgettext_lazy("register", "VAT rate"), pgettext_lazy("register", "VAT rates")),
    Account: (pgettext_lazy("register", "account"), pgettext_lazy("register", "accounts")),
    AccountMap: (pgettext_lazy("register", "account key"), pgettext_lazy("register", "account keys")),
    InvoiceSeries: (pgettext_lazy("register", "invoice series"), pgettext_lazy("register", "invoice series (all)")),
    Invoice: (pgettext_lazy("register", "invoice"), pgettext_lazy("register", "invoices")),
    LedgerEntry: (pgettext_lazy("register", "ledger entry"), pgettext_lazy("register", "ledger entries")),
    Payment: (pgettext_lazy("register", "payment"), pgettext_lazy("register", "payments")),
    Refund: (pgettext_lazy("register", "refund"), pgettext_lazy("register", "refunds")),
    StripeEvent: (pgettext_lazy("register", "Stripe event"), pgettext_lazy("register", "Stripe events")),
}
#: Column → what it is called, wherever it stands.
COLUMNS: Mapping[str, Any] = {
    "number": pgettext_lazy("register", "number"),
    "cover_month": pgettext_lazy("register", "cover month"),
    "cover_year": pgettext_lazy("register", "cover year"),
    "headline": pgettext_lazy("register", "headline"),
    "contents": pgettext_lazy("register", "contents"),
    "pages": pgettext_lazy("register", "pages"),
    "cutoff_on": pgettext_lazy("register", "cut-off"),
    "post_on": pgettext_lazy("register", "planned posting"),
    "posted_on": pgettext_lazy("register", "posted on"),
    "state": pgettext_lazy("register", "state"),
    "state_since": pgettext_lazy("register", "in this state since"),
    "code": pgettext_lazy("register", "code"),
    "title": pgettext_lazy("register", "title"),
    "subtitle": pgettext_lazy("register", "subtitle"),
    "issn": pgettext_lazy("register", "ISSN"),
    "cppap_number": pgettext_lazy("register", "CPPAP number"),
    "cppap_valid_until": pgettext_lazy("register", "CPPAP valid until"),
    "issues_a_year": pgettext_lazy("register", "issues a year"),
    "magazine": pgettext_lazy("register", "magazine"),
    "renewal": pgettext_lazy("register", "renewal"),
    "copies": pgettext_lazy("register", "copies"),
    "months": pgettext_lazy("register", "months"),
    "vat_category": pgettext_lazy("register", "VAT category"),
    "on_sale_from": pgettext_lazy("register", "on sale from"),
    "on_sale_to": pgettext_lazy("register", "off sale from"),
    "offer": pgettext_lazy("register", "offer"),
    "delivery_zone": pgettext_lazy("register", "delivery zone"),
    "amount": pgettext_lazy("register", "amount"),
    "valid_from": pgettext_lazy("register", "valid from"),
    "valid_to": pgettext_lazy("register", "valid until"),
    "version": pgettext_lazy("register", "version"),
    "reference": pgettext_lazy("register", "reference"),
    "email": pgettext_lazy("register", "e-mail"),
    "placed_at": pgettext_lazy("register", "placed"),
    "created_at": pgettext_lazy("register", "created"),
    "subject": pgettext_lazy("register", "about"),
    "reason": pgettext_lazy("register", "reason"),
    "kind": pgettext_lazy("register", "kind"),
    "issued_on": pgettext_lazy("register", "issued on"),
    "buyer_name": pgettext_lazy("register", "buyer"),
    "total_ht": pgettext_lazy("register", "total excl. VAT"),
    "total_vat": pgettext_lazy("register", "VAT"),
    "total_ttc": pgettext_lazy("register", "total incl. VAT"),
    "journal": pgettext_lazy("register", "journal"),
    "piece_ref": pgettext_lazy("register", "piece"),
    "label": pgettext_lazy("register", "label"),
    "booked_on": pgettext_lazy("register", "booked on"),
    "source": pgettext_lazy("register", "source"),
    "zone": pgettext_lazy("register", "zone"),
    "category": pgettext_lazy("register", "category"),
    "rate": pgettext_lazy("register", "rate"),
    "legal_mention": pgettext_lazy("register", "mention"),
    "key": pgettext_lazy("register", "key"),
    "account": pgettext_lazy("register", "account"),
    "last_number": pgettext_lazy("register", "last number"),
    "last_issued_on": pgettext_lazy("register", "last issued on"),
    "year": pgettext_lazy("register", "year"),
    "type": pgettext_lazy("register", "type"),
    "received_at": pgettext_lazy("register", "received"),
    "starts_on": pgettext_lazy("register", "from"),
    "ends_on": pgettext_lazy("register", "to"),
    "subscription": pgettext_lazy("register", "subscription"),
    "customer": pgettext_lazy("register", "reader"),
    "payment": pgettext_lazy("register", "payment"),
}


def put_names() -> None:
    """Give every table of the registers its name, and its columns theirs."""
    for model, (one, many) in TABLES.items():
        model._meta.verbose_name, model._meta.verbose_name_plural = one, many
        for column in model._meta.get_fields():
            if column.name in COLUMNS and isinstance(column, models.Field):
                column.verbose_name = COLUMNS[column.name]
    apps.get_app_config("payments").verbose_name = _("Money")
    apps.get_app_config("subscriptions").verbose_name = _("Magazine and promise")
