"""The menu of the desks: every room with the right that opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from payments.models import DeskItem
from shop.backoffice.roles import Right, may

DESK_RIGHTS: Mapping[str, Right] = {
    DeskItem.Desk.FINANCE: Right.FINANCE_DESK,
    DeskItem.Desk.SUPPORT: Right.SUPPORT_DESK,
    DeskItem.Desk.FULFILMENT: Right.FULFILMENT_DESK,
    DeskItem.Desk.TECHNIQUE: Right.TECHNIQUE_DESK,
}
DESK_LABELS: Mapping[str, Any] = {
    DeskItem.Desk.FINANCE: _("Finance desk"),
    DeskItem.Desk.SUPPORT: _("Support desk"),
    DeskItem.Desk.FULFILMENT: _("Fulfilment desk"),
    DeskItem.Desk.TECHNIQUE: _("Technique desk"),
}
ROOMS: tuple[tuple[Right, Any, str], ...] = (
    (Right.LEDGER, _("Finance"), "desk_finance"),
    (Right.ORDERS, _("Orders"), "desk_orders"),
    (Right.DECLARATIONS, _("Declarations"), "desk_declarations"),
    (Right.PEOPLE, _("Calendar of issues"), "desk_issue_calendar"),
    (Right.ORDERS, _("Renewals"), "desk_renewals"),
    (Right.ORDERS, _("Rehearsals"), "desk_rehearsals"),
    (Right.PRICES, _("Changes of price"), "desk_prices"),
    (Right.QUOTES, _("Quotes"), "desk_quotes"),
    (Right.INSTITUTIONS, _("Institutions’ orders"), "desk_institutions"),
    (Right.POST_ORDERS, _("Orders by post"), "desk_awaited"),
    (Right.CHEQUES, _("Cheques"), "desk_cheques"),
    (Right.PAYMENTS, _("Payments"), "desk_payments"),
    (Right.REFUNDS, _("Refunds"), "desk_refunds"),
    (Right.REFUNDS, _("Refunds by transfer"), "desk_transfers"),
    (Right.DISPUTES, _("Disputes"), "desk_disputes"),
    (Right.EVENTS, _("Stripe events"), "desk_stripe_events"),
    (Right.INVOICES, _("Invoices"), "desk_invoices"),
    (Right.BANK, _("Bank statements"), "desk_bank"),
    (Right.CHORUS, _("Chorus Pro"), "desk_chorus"),
    (Right.LEDGER, _("Ledger"), "desk_entries"),
    (Right.LEDGER, _("E-reporting"), "desk_ereporting"),
    (Right.LEDGER, _("Sales to the European Union"), "desk_union"),
    (Right.INSTITUTIONS, _("VAT numbers"), "desk_vat_checks"),
    (Right.LEDGER, _("Mirror of Stripe"), "desk_mirror"),
    (Right.LEDGER, _("Closings"), "desk_closings"),
    (Right.EXPORT, _("Exports"), "desk_exports"),
    (Right.LEDGER, _("Reconciliation with Stripe"), "desk_reconciliation"),
    (Right.LEDGER, _("Stripe’s payouts"), "desk_payouts"),
    (Right.LETTERS, _("Letters"), "desk_letters"),
    (Right.POST, _("Letters to post"), "desk_post"),
    (Right.FULFILMENT_DESK, _("Issues"), "desk_issues"),
    (Right.FULFILMENT_DESK, _("Free copies"), "desk_free_copies"),
    (Right.FIGURES, _("Circulation"), "desk_circulation"),
    (Right.ESCROW, _("Escrow"), "desk_escrow"),
    (Right.LETTERS, _("Returns of e-mails"), "desk_returns"),
    (Right.CLAIMS, _("Lost copies"), "desk_losses"),
    (Right.CLAIMS, _("Claims"), "desk_claims"),
    (Right.STOCK, _("Copies that came back"), "desk_copy_returns"),
    (Right.STOCK, _("Back issues"), "desk_stock"),
    (Right.CLAIMS, _("Past issues sold"), "desk_singles"),
    (Right.IMPORT, _("Imports of subscribers"), "desk_imports"),
    (Right.DIGITAL, _("Digital edition"), "desk_digital"),
    (Right.ACTS, _("Acts"), "desk_acts"),
    (Right.ACTS, _("Acts on many"), "desk_bulks"),
    (Right.CLOCK, _("Clockwork"), "desk_clock"),
    (Right.TEAM, _("Team"), "desk_team"),
)


def entries(user: Any, *, path: str, waiting: Mapping[str, int]) -> list[dict[str, Any]]:
    """The menu as this person has it; `waiting` are the open items by desk."""
    found = []
    if may(user, Right.HOME):
        home = reverse("desk_home")
        found.append({"label": _("Dashboard"), "url": home, "current": path == home, "waiting": None})
    for name, right in DESK_RIGHTS.items():
        if may(user, right):
            url = reverse("desk_items", args=[name])
            found.append(_entry(DESK_LABELS[name], url, path, waiting.get(name) or None))
    for right, label, name in ROOMS:
        if may(user, right):
            found.append(_entry(label, reverse(name), path, None))
    if may(user, Right.RECORDS):
        found.append(_entry(_("Registers"), reverse("registers:index"), path, None))
    return found


def _entry(label: Any, url: str, path: str, waiting: int | None) -> dict[str, Any]:
    return {"label": label, "url": url, "current": path.startswith(url), "waiting": waiting}


def open_desks(user: Any) -> list[str]:
    """The desks that this person works at."""
    return [name for name, right in DESK_RIGHTS.items() if may(user, right)]
