"""Who may do what at the desks: one table, read by every view, every test and every person who wonders.

A role is a Django group; a right is a Django permission of this app. `ensure_roles` writes both; the rights of our four
groups are exactly what stands here, so that changing them is a change of this page and not of somebody's database.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext_lazy as _

APP = "backoffice"


class Right(StrEnum):
    """Every right at the desks; each view asks for exactly one."""

    HOME = "see_home"
    PEOPLE = "see_people"
    ORDERS = "see_orders"
    PAYMENTS = "see_payments"
    REFUNDS = "see_refunds"
    EVENTS = "see_stripe_events"
    INVOICES = "see_invoices"
    LEDGER = "see_ledger"
    LETTERS = "see_letters"
    ACTS = "see_acts"
    CLOCK = "see_clock"
    RECORDS = "see_records"
    FINANCE_DESK = "work_finance_desk"
    SUPPORT_DESK = "work_support_desk"
    FULFILMENT_DESK = "work_fulfilment_desk"
    TECHNIQUE_DESK = "work_technique_desk"
    RESEND = "resend_letters"
    POST = "post_letters"
    ADDRESS = "correct_addresses"
    EMAIL = "replace_emails"
    REFUND = "refund_orders"
    REFUND_PART = "refund_in_part"
    TRANSFERS = "make_transfers"
    ACCOUNTS = "write_down_accounts"
    HAND_OVER = "hand_over_subscriptions"
    REISSUE = "reissue_invoices"
    MERGE = "merge_records"
    CONTACTS = "note_contacts"
    LOOK_UP = "look_up_payments"
    DECLARATIONS = "see_declarations"
    STOP = "stop_contracts"
    PAUSE = "pause_subscriptions"
    REHEARSE = "rehearse_renewals"
    SIGN = "sign_rehearsals"
    BULK = "act_on_many"
    PRICES = "change_prices"
    ACT_FOR = "act_for_readers"
    QUOTES = "make_quotes"
    INSTITUTIONS = "take_institution_orders"
    RECEIPTS = "note_receipts"
    POST_ORDERS = "take_post_orders"
    CHEQUES = "deposit_cheques"
    BANK = "explain_bank_lines"
    ISSUES = "change_issues"
    DIGITAL = "see_digital_edition"
    DIGITAL_SET = "set_digital_edition"
    DIGITAL_FILES = "put_issue_files"
    TOKENS = "manage_tokens"
    CLOSE = "close_files"
    CLOSE_BOOKS = "close_books"
    CATALOGUE = "change_catalogue"
    IMPORT = "take_over_subscribers"
    TEAM = "manage_team"
    CLAIMS = "settle_claims"
    STOCK = "keep_back_issues"
    RECONCILE = "settle_discrepancies"
    CHORUS = "follow_chorus"
    FIGURES = "see_circulation"
    FIGURE_RULES = "set_circulation_limits"
    PRINTS = "advise_print_runs"
    ESCROW = "see_escrow"
    DISPUTES = "answer_disputes"
    EXPORT = "take_exports"


LABELS: Mapping[Right, Any] = {
    Right.HOME: _("see the dashboard"),
    Right.PEOPLE: _("see readers and what they are owed"),
    Right.ORDERS: _("see orders"),
    Right.PAYMENTS: _("see payments"),
    Right.REFUNDS: _("see refunds"),
    Right.EVENTS: _("see what Stripe told us"),
    Right.INVOICES: _("see invoices and credit notes"),
    Right.LEDGER: _("see the ledger"),
    Right.LETTERS: _("see letters as they were sent"),
    Right.ACTS: _("see what colleagues did and why"),
    Right.CLOCK: _("see the periodic jobs and the audit"),
    Right.RECORDS: _("see the registers"),
    Right.FINANCE_DESK: _("work at the finance desk"),
    Right.SUPPORT_DESK: _("work at the support desk"),
    Right.FULFILMENT_DESK: _("work at the fulfilment desk"),
    Right.TECHNIQUE_DESK: _("work at the technique desk"),
    Right.RESEND: _("send a letter or an invoice again"),
    Right.POST: _("print letters and post them"),
    Right.ADDRESS: _("correct an address"),
    Right.EMAIL: _("replace a lost e-mail address"),
    Right.REFUND: _("refund an order"),
    Right.REFUND_PART: _("refund part of a term, up to one's limit"),
    Right.TRANSFERS: _("approve and send refunds by transfer"),
    Right.ACCOUNTS: _("write down the account of a refund by transfer"),
    Right.HAND_OVER: _("change who receives or pays a subscription"),
    Right.REISSUE: _("make an invoice out anew to a firm"),
    Right.MERGE: _("merge two records of one reader"),
    Right.CONTACTS: _("note calls and letters, and read their files"),
    Right.LOOK_UP: _("ask Stripe about a payment"),
    Right.DECLARATIONS: _("see withdrawals and terminations"),
    Right.STOP: _("carry out withdrawals and terminations"),
    Right.PAUSE: _("put issues off for a reader"),
    Right.REHEARSE: _("rehearse what will be charged"),
    Right.SIGN: _("sign rehearsals"),
    Right.BULK: _("act on many renewals at once"),
    Right.QUOTES: _("see and make renewal quotes"),
    Right.INSTITUTIONS: _("take institutions’ orders"),
    Right.RECEIPTS: _("note transfers received, and grant agencies their discounts"),
    Right.POST_ORDERS: _("take orders by post and telephone"),
    Right.CHEQUES: _("deposit cheques and follow them"),
    Right.BANK: _("let bank statements in and explain their lines"),
    Right.PRICES: _("prepare and sign changes of price"),
    Right.ACT_FOR: _("act for a reader"),
    Right.ISSUES: _("change the calendar of issues"),
    Right.DIGITAL: _("see the digital edition"),
    Right.DIGITAL_SET: _("turn the digital edition on or off"),
    Right.DIGITAL_FILES: _("put the files of issues"),
    Right.TOKENS: _("make and revoke access tokens"),
    Right.CLOSE: _("close files, hand them over and post them"),
    Right.CLOSE_BOOKS: _("close months and years, and make the accountant’s files"),
    Right.CATALOGUE: _("change the magazine and the offers"),
    Right.IMPORT: _("hand in and approve imports of subscribers"),
    Right.TEAM: _("manage the team"),
    Right.CLAIMS: _("take and settle claims of lost copies"),
    Right.RECONCILE: _("explain and book discrepancies"),
    Right.STOCK: _("let returns in, keep back issues and send them again"),
    Right.CHORUS: _("deposit invoices in Chorus Pro and follow them"),
    Right.FIGURES: _("see circulation, meters and print runs"),
    Right.FIGURE_RULES: _("change the limits that circulation is judged by"),
    Right.PRINTS: _("keep advices of print runs and what they assume"),
    Right.ESCROW: _("see the escrow and write down restores"),
    Right.DISPUTES: _("see disputes and answer the banks"),
    Right.EXPORT: _("take exports of the books, and change the accountant’s profiles"),
}


class Role(StrEnum):
    """The four roles; the value is the name of the group."""

    FINANCE = "finance"
    FULFILMENT = "fulfilment"
    SUPPORT = "support"
    ADMINISTRATOR = "administrator"


ROLE_LABELS: Mapping[Role, Any] = {
    Role.FINANCE: _("finance"),
    Role.FULFILMENT: _("fulfilment"),
    Role.SUPPORT: _("support"),
    Role.ADMINISTRATOR: _("administrator"),
}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    # The money, and the people only as far as the money leads to them.
    Role.FINANCE: frozenset(
        {
            Right.HOME,
            Right.PEOPLE,
            Right.ORDERS,
            Right.PAYMENTS,
            Right.REFUNDS,
            Right.EVENTS,
            Right.INVOICES,
            Right.LEDGER,
            Right.ACTS,
            Right.CLOCK,
            Right.RECORDS,
            Right.FINANCE_DESK,
            Right.RESEND,
            Right.REFUND,
            Right.REFUND_PART,
            Right.TRANSFERS,
            Right.ACCOUNTS,
            Right.REISSUE,
            Right.LOOK_UP,
            Right.DECLARATIONS,
            Right.REHEARSE,
            Right.SIGN,
            Right.PRICES,
            Right.CHORUS,
            Right.QUOTES,
            Right.INSTITUTIONS,
            Right.RECEIPTS,
            Right.CHEQUES,
            Right.CLOSE_BOOKS,
            Right.RECONCILE,
            Right.BANK,
            Right.IMPORT,
            Right.DIGITAL,
            Right.DIGITAL_SET,
            Right.FIGURES,
            Right.FIGURE_RULES,
            Right.ESCROW,
            Right.DISPUTES,
            Right.EXPORT,
        }
    ),
    # Copies and where they go; no amount but what an order says.
    Role.FULFILMENT: frozenset(
        {
            Right.HOME,
            Right.PEOPLE,
            Right.RECORDS,
            Right.FULFILMENT_DESK,
            Right.POST,
            Right.POST_ORDERS,
            Right.ADDRESS,
            Right.ISSUES,
            Right.CLAIMS,
            Right.STOCK,
            Right.DIGITAL,
            Right.DIGITAL_FILES,
            Right.CLOSE,
            Right.FIGURES,
            Right.PRINTS,
            Right.ESCROW,
        }
    ),
    # People: everything that a reader may ask about, and what can be put right without moving money; but what the law
    # gives a reader who stops is theirs to carry out, and small sums go back without asking (`RefundLimit`).
    Role.SUPPORT: frozenset(
        {
            Right.HOME,
            Right.PEOPLE,
            Right.ORDERS,
            Right.PAYMENTS,
            Right.REFUNDS,
            Right.INVOICES,
            Right.LETTERS,
            Right.ACTS,
            Right.SUPPORT_DESK,
            Right.RESEND,
            Right.POST,
            Right.POST_ORDERS,
            Right.ADDRESS,
            Right.EMAIL,
            Right.REFUND_PART,
            Right.ACCOUNTS,
            Right.HAND_OVER,
            Right.REISSUE,
            Right.MERGE,
            Right.CONTACTS,
            Right.LOOK_UP,
            Right.DECLARATIONS,
            Right.STOP,
            Right.PAUSE,
            Right.REHEARSE,
            Right.BULK,
            Right.ACT_FOR,
            Right.QUOTES,
            Right.CLAIMS,
            Right.INSTITUTIONS,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Right),
}


def name_of(right: Right) -> str:
    """The right as Django's `has_perm` wants it."""
    return f"{APP}.{right.value}"


def may(user: Any, right: Right) -> bool:
    """Whether a member of staff has a right; never true for a reader, whatever groups they are in."""
    return bool(user.is_authenticated and user.is_active and user.is_staff and user.has_perm(name_of(right)))


def roles_of(user: Any) -> list[str]:
    """The names of somebody's roles, as read on a page. One query, kept on the user."""
    if not hasattr(user, "_desk_roles"):
        names = set(user.groups.values_list("name", flat=True))
        user._desk_roles = [str(label) for role, label in ROLE_LABELS.items() if role.value in names]
    roles: list[str] = user._desk_roles
    return roles


def who_may(right: Right) -> list[str]:
    """The roles that have a right, as read on a page."""
    return [str(ROLE_LABELS[role]) for role, rights in RIGHTS.items() if right in rights]


@transaction.atomic
def ensure_roles() -> None:
    """Write the four groups and their rights as the table says. Safe to repeat; takes back what is no longer in it."""
    home, _made = ContentType.objects.get_or_create(app_label=APP, model="desk")
    known = {}
    for right in Right:
        known[right], _made = Permission.objects.get_or_create(
            content_type=home, codename=right.value, defaults={"name": str(right).replace("_", " ")}
        )
    Permission.objects.filter(content_type=home).exclude(codename__in=[right.value for right in Right]).delete()
    for role, rights in RIGHTS.items():
        group, _made = Group.objects.get_or_create(name=role.value)
        group.permissions.set([known[right] for right in rights])
