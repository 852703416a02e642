"""The tables of one bank line: what it may be and why, what was said of it, and whom it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from payments.bank.known import known_for
from payments.bank.matching import standing
from payments.bank.proposing import Proposal, What, propose
from payments.days import paris_day
from payments.models import (
    BankLine,
    BankMatch,
    BankReceipt,
    BankRule,
    Cheque,
    DepositSlip,
    Invoice,
    Payment,
    Transfer,
    TransferFile,
)
from payments.money import eur
from shop.backoffice import bank_words, words
from shop.backoffice.links import link, url_of
from shop.backoffice.money_tables import name_of, readers_table
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Fact, Table
from shop.templatetags.french import euros, stamp

#: Readers of a payout that its line shows; its own page has more.
READERS = 20


def money(amount: Any) -> Any:
    """A signed amount of a line, as pages print it."""
    return euros(eur(amount))


def lines_of(user: Any, source: str) -> list[Fact]:
    """The line of a statement that shows a movement, from the movement's own page. One query."""
    rows = standing().filter(source=source).select_related("line__statement").order_by("pk")
    return [
        Fact(_("Bank line"), f"{row.line.statement.reference}/{row.line.place}", link(user, "bank_line", row.line_id))
        for row in rows
    ]


def proposals_of(user: Any, one: BankLine) -> Table:
    """What it may be, the best first; each is accepted in two steps."""
    found = propose(one, known_for([one], on=paris_day(timezone.now())))
    here = reverse("desk_act_bank_accept", args=[one.pk])
    named = names_of(found)
    return Table(
        label=_("What it may be"),
        title=_("What it may be"),
        columns=columns("#" + _("Rank"), _("Accept"), _("What"), _("Which"), _("Why")),
        rows=[
            (
                Cell(proposal.rank, num=True),
                Cell(_("Accept"), f"{here}?{urlencode({'quoi': proposal.name})}"),
                Cell(bank_words.WHAT[proposal.what]),
                Cell(named[proposal.name]),
                Cell(" ".join(bank_words.why(proposal.because))),
            )
            for proposal in found
        ],
        empty=_("Nothing that is open has this number, this amount and this name."),
    )


def names_of(found: Sequence[Proposal]) -> dict[str, str]:
    """What each proposal names, for people. A query for each kind of thing."""
    keys: dict[str, set[int]] = {}
    for one in found:
        kind = What.INVOICES if one.what == What.CHARGES else What.TRANSFER if one.what == What.BACK else one.what
        keys.setdefault(kind, set()).update(one.keys)
    named: dict[str, dict[int, str]] = {
        What.INVOICES: {
            bill.pk: f"{bill.reference} ({bill.buyer_name})"
            for bill in Invoice.objects.filter(pk__in=keys.get(What.INVOICES, ()))
        }
        if What.INVOICES in keys
        else {},
        What.NOTED: dict(BankReceipt.objects.filter(pk__in=keys.get(What.NOTED, ())).values_list("pk", "reference")),
        What.TRANSFER: dict(Transfer.objects.filter(pk__in=keys.get(What.TRANSFER, ())).values_list("pk", "reference")),
        What.FILE: dict(TransferFile.objects.filter(pk__in=keys.get(What.FILE, ())).values_list("pk", "reference")),
        What.ORDER: dict(Payment.objects.filter(pk__in=keys.get(What.ORDER, ())).values_list("pk", "description")),
        What.DEPOSIT: dict(
            DepositSlip.objects.filter(pk__in=keys.get(What.DEPOSIT, ())).values_list("pk", "reference")
        ),
        What.BOUNCED: dict(Cheque.objects.filter(pk__in=keys.get(What.BOUNCED, ())).values_list("pk", "reference")),
        What.RULE: dict(BankRule.objects.filter(pk__in=keys.get(What.RULE, ())).values_list("pk", "words")),
    }
    kind_of = {What.CHARGES: What.INVOICES, What.BACK: What.TRANSFER}
    return {
        one.name: ", ".join(named[kind_of.get(one.what, one.what)].get(key, str(key)) for key in one.keys)
        for one in found
    }


def what_it_was(user: Any, matches: Sequence[BankMatch], undone: set[int | None]) -> Table:
    names = words.names_of_staff(row.actor for row in matches)

    def state(row: BankMatch) -> Cell:
        if row.undoes_id is not None:
            return Cell(_("undoes"), chip=words.NONE)
        return Cell(_("undone"), chip=words.NONE) if row.pk in undone else Cell(_("holds"), chip=words.GOOD)

    return Table(
        label=_("What it was"),
        title=_("What it was"),
        columns=columns("#" + _("Said"), _("What"), _("Status"), "#" + _("Amount"), _("Which"), _("Who"), _("Why")),
        rows=[
            (
                Cell(stamp(row.at), num=True),
                Cell(words.said(bank_words.MATCH, row.kind)["word"]),
                state(row),
                Cell(money(row.amount), num=True),
                Cell(words.subject(row.source) if not row.source.startswith("bank:") else "", url_of(user, row.source)),
                Cell(_("by itself") if row.automatic else words.who(row.actor, names)),
                Cell(" ".join([*bank_words.why(row.because), "" if row.automatic else row.reason]).strip()),
            )
            for row in matches
        ],
        empty=_("Nothing is said of it yet."),
    )


def whom(user: Any, holding: Sequence[BankMatch]) -> list[Table]:
    """The invoices that its receipts pay, the refunds and the payouts that it was, and their readers: the way from the bank
    to people."""
    receipts = [int(row.source.partition(":")[2]) for row in holding if row.kind == BankMatch.Kind.RECEIPT]
    back = [row for row in holding if row.kind in (BankMatch.Kind.TRANSFER, BankMatch.Kind.TRANSFER_BACK)]
    keys = [int(row.source.partition(":")[2]) for row in back]
    rows: list[Sequence[Cell]] = []
    if receipts:
        found = BankReceipt.objects.filter(pk__in=receipts).prefetch_related("shares__invoice__customer")
        rows += [
            (
                Cell(share.invoice.reference, link(user, "invoice", share.invoice_id), mono=True),
                Cell(share.invoice.buyer_name, link(user, "customer", share.invoice.customer_id)),
                Cell(euros(share.amount), num=True),
            )
            for one in found
            for share in one.shares.all()
        ]
    if keys:
        rows += [
            (
                Cell(one.reference, link(user, "transfer", one.pk), mono=True),
                Cell(name_of(one.customer), link(user, "customer", one.customer_id)),
                Cell(euros(one.amount), num=True),
            )
            for one in Transfer.objects.filter(pk__in=keys).select_related("customer").order_by("pk")
        ]
    rows += _by_payment(user, holding)
    table = Table(
        label=_("Whom it leads to"), title=_("Whom it leads to"), columns=columns(_("Document"), _("Reader"), "#" + _("Amount")), rows=rows
    )  # fmt: skip
    carried = [int(row.source.partition(":")[2]) for row in holding if row.kind == BankMatch.Kind.PAYOUT]
    return [*([table] if rows else []), *(readers_table(user, key, limit=READERS) for key in carried)]


def _by_payment(user: Any, holding: Sequence[BankMatch]) -> list[Sequence[Cell]]:
    """The readers of orders by transfer, of the cheques of a slip, and of a cheque that came back. Two queries at most."""
    keys: dict[str, list[int]] = {}
    for row in holding:
        keys.setdefault(row.kind, []).append(int(row.source.rpartition(":")[2] or 0))
    orders, slips = keys.get(BankMatch.Kind.ORDER, []), keys.get(BankMatch.Kind.DEPOSIT, [])
    bounced = keys.get(BankMatch.Kind.BOUNCED, [])
    rows: list[Sequence[Cell]] = []
    if orders:
        rows += [
            (
                Cell(one.reference, link(user, "payment", one.pk), mono=True),
                Cell(name_of(one.customer), link(user, "customer", one.customer_id)),
                Cell(euros(one.amount), num=True),
            )
            for one in Payment.objects.filter(pk__in=orders).select_related("customer").order_by("pk")
        ]
    if slips or bounced:
        cheques = Cheque.objects.filter(Q(slip__in=slips) | Q(pk__in=bounced)).select_related("payment__customer")
        rows += [
            (
                Cell(one.reference, link(user, "cheque", one.pk), mono=True),
                Cell(name_of(one.payment.customer), link(user, "customer", one.payment.customer_id)),
                Cell(euros(one.amount), num=True),
            )
            for one in cheques.order_by("pk")
        ]
    return rows
