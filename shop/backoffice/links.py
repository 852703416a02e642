"""Where a thing is shown at the desks, for somebody who may see it: from `kind:id`, as acts, desk items and ledger
sources name it, to an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from shop.backoffice.roles import Right, may

PAGES: Mapping[str, tuple[Right, str]] = {
    "customer": (Right.PEOPLE, "desk_person"),
    "subscription": (Right.PEOPLE, "desk_subscription"),
    "order": (Right.ORDERS, "desk_order"),
    "price_change": (Right.PRICES, "desk_price"),
    "renewal": (Right.ORDERS, "desk_renewal"),
    "rehearsal": (Right.ORDERS, "desk_rehearsal"),
    "bulk": (Right.ACTS, "desk_bulk"),
    "payment": (Right.PAYMENTS, "desk_payment"),
    "refund": (Right.REFUNDS, "desk_refund"),
    "transfer": (Right.REFUNDS, "desk_transfer"),
    "import": (Right.IMPORT, "desk_import"),
    "transfer_file": (Right.TRANSFERS, "desk_transfer_file"),
    "receipt": (Right.RECEIPTS, "desk_receipt"),
    "cheque": (Right.CHEQUES, "desk_cheque"),
    "deposit": (Right.CHEQUES, "desk_slip"),
    "statement": (Right.BANK, "desk_bank_statement"),
    "bank_line": (Right.BANK, "desk_bank_line"),
    "invoice": (Right.INVOICES, "desk_invoice"),
    "chorus": (Right.CHORUS, "desk_chorus_deposit"),
    "declaration": (Right.DECLARATIONS, "desk_declaration"),
    "contact": (Right.CONTACTS, "desk_contact"),
    "claim": (Right.CLAIMS, "desk_claim"),
    "incident": (Right.CLAIMS, "desk_incident"),
    "notice": (Right.LETTERS, "desk_letter"),
    "batch": (Right.POST, "desk_batch"),
    "issue": (Right.FULFILMENT_DESK, "desk_issue"),
    "run": (Right.FULFILMENT_DESK, "desk_run"),
    "escrow": (Right.ESCROW, "desk_escrow_night"),
    "event": (Right.EVENTS, "desk_stripe_event"),
    "entry": (Right.LEDGER, "desk_entry"),
    "closing": (Right.LEDGER, "desk_closing"),
    "kept_file": (Right.LEDGER, "desk_kept_file"),
    "payout": (Right.LEDGER, "desk_payout"),
    "movement": (Right.LEDGER, "desk_movement"),
    "discrepancy": (Right.LEDGER, "desk_discrepancy"),
    "dispute": (Right.DISPUTES, "desk_dispute"),
}

#: Sources and subjects that are shown on the page of another kind.
SAME_PAGE: Mapping[str, str] = {
    "surplus": "payment",
    "refund_failed": "refund",
    "transfer_failed": "transfer",
    "cheque_bounced": "cheque",
    "reissue": "invoice",
    "fee": "movement",
    "movement_back": "movement",
    "movement_again": "movement",
    "payout_arrived": "payout",
    "dispute_returned": "dispute",
    "dispute_lost": "dispute",
    "discrepancy_back": "discrepancy",
    "disputed": "payment",
    "payout_returned": "payout",
}


def link(user: Any, kind: str, key: Any) -> str:
    """The address of one thing; "" where there is no such page, or none for this person."""
    right, name = PAGES.get(kind, (None, ""))
    if right is None or key is None or not may(user, right):
        return ""
    return reverse(name, args=[key])


def url_of(user: Any, subject: str) -> str:
    """The address of `kind:id`; "" for what has no page of its own or is not open to this person."""
    kind, _colon, key = subject.partition(":")
    kind = SAME_PAGE.get(kind, kind)
    if kind in ("bank", "bank_undone"):
        # `bank:12:1`: what was booked of bank line 12 by itself.
        kind, key = "bank_line", key.partition(":")[0]
    if kind == "movement":
        key = key.partition(":")[0]  # `movement_again:12:2`: what line 12 was booked as the second time
    if kind in ("bank_rule", "csv_profile"):
        return reverse(f"desk_{kind.replace('csv', 'bank')}s") if may(user, Right.BANK) else ""
    if kind == "export":
        return reverse("desk_export", args=[key]) if may(user, Right.EXPORT) else ""
    if kind in ("file_request", "accountant_profile"):
        page = "desk_exports" if kind == "file_request" else "desk_export_profiles"
        return reverse(page) if may(user, Right.EXPORT) else ""
    if kind == "circulation":
        # `circulation:1:paid_share`: a meter near its limit.
        return reverse("desk_meters") if may(user, Right.FIGURES) else ""
    if kind == "magazine" and may(user, Right.PEOPLE):
        # `magazine:1:gap:26`: what is wrong with its calendar.
        return reverse("desk_issue_calendar")
    if kind == "vat_check":
        return reverse("desk_vat_checks") if may(user, Right.INSTITUTIONS) else ""
    if kind in ("e-report", "eu-threshold"):
        page = "desk_ereporting" if kind == "e-report" else "desk_union"
        return reverse(page) if may(user, Right.LEDGER) else ""
    if kind in ("charge", "mirror"):
        # What only Stripe knows, and the mirror's own matters, are shown on its page.
        return reverse("desk_mirror") if may(user, Right.LEDGER) else ""
    if kind == "month" and key[:4].isdecimal() and key[5:].isdecimal():
        # `month:2026-11`: its frozen figures.
        return reverse("desk_month", args=[int(key[:4] + key[5:])]) if may(user, Right.LEDGER) else ""
    if kind == "reconciliation":
        return reverse("desk_reconciliation") if may(user, Right.LEDGER) else ""
    if kind == "event" and not key.isdecimal():
        return event_url(user, key)
    return link(user, kind, int(key)) if key.isdecimal() else ""


def event_url(user: Any, event_id: str) -> str:
    """The address of an event of Stripe's by its own id."""
    right, _name = PAGES["event"]
    return reverse("desk_stripe_event_by_id", args=[event_id]) if event_id and may(user, right) else ""
