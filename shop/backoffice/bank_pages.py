"""Our bank at the desks: its statements, their lines and what each was, and the lines that nothing explains yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.bank.matching import standing
from payments.bank.payouts import lines_waiting_for_payouts
from payments.bank.writing import UNEXPLAINED
from payments.days import paris_day
from payments.documents import read
from payments.models import (
    BankLine,
    BankMatch,
    BankStatement,
    DeskItem,
    LedgerEntry,
)
from payments.reconciliation import at_bank
from shop.backoffice import bank_words, lists, words
from shop.backoffice.ages import age
from shop.backoffice.bank_tables import money, proposals_of, what_it_was, whom
from shop.backoffice.doors import desk, gone
from shop.backoffice.money_tables import acts_for, entries_table, name_of
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.templatetags.french import short_day, stamp

#: How much of a label a list shows.
SHORT = 90


@desk(Right.BANK)
def statements(request: HttpRequest) -> HttpResponse:
    """Every statement, the newest first."""

    def rows_of(found: list[BankStatement]) -> list[Sequence[Cell]]:
        open_lines = dict(
            BankLine.objects.filter(statement__in=found)
            .exclude(left=0)
            .values_list("statement")
            .annotate(many=Count("pk"))
            .order_by()
        )
        return [
            (
                Cell(one.reference, reverse("desk_bank_statement", args=[one.pk]), mono=True, tight=True),
                Cell(f"{short_day(one.opened_on)} – {short_day(one.closed_on)}", num=True),
                Cell(one.get_format_display()),
                Cell(one.sequence, mono=True),
                Cell(one.lines_count, reverse("desk_bank_lines", args=[one.pk]), num=True),
                _open_cell(one.pk, open_lines.get(one.pk, 0)),
                Cell(money(one.opening), num=True),
                Cell(money(one.closing), num=True),
            )
            for one in found
        ]

    return lists.show(
        request,
        title=_("Bank statements"),
        rows=BankStatement.objects.all(),
        columns=columns(
            _("Reference"), "#" + pgettext("statement", "Days"), _("Format"), _("Number"), "#" + _("Lines"),
            "#" + _("To explain"), "#" + _("First balance"), "#" + _("Last balance"),
        ),
        rows_of=rows_of,
        facts={
            "acts": [
                ActLink(_("Let a statement in"), reverse("desk_act_bank_file")),
                ActLink(_("Lines to explain"), reverse("desk_bank_unexplained")),
                ActLink(_("Rules"), reverse("desk_bank_rules")),
                ActLink(_("CSV profiles"), reverse("desk_bank_profiles")),
            ]
        },
    )  # fmt: skip


def _open_cell(key: int, many: int) -> Cell:
    url = reverse("desk_bank_lines", args=[key]) + "?etat=open"
    return Cell(many, url if many else "", num=True, chip=words.WAIT if many else None)


@desk(Right.BANK)
def statement(request: HttpRequest, key: int) -> HttpResponse:
    """One statement: its balances, what its lines were by kind, the remainder, its first lines."""
    one = get_object_or_404(BankStatement.objects.select_related("account"), pk=key)
    user, subject = request.user, f"statement:{one.pk}"
    lines = list(one.lines.order_by("place")[:100])
    detail = Detail(
        kind=_("Bank statement"),
        name=one.reference,
        crumbs=((_("Bank statements"), reverse("desk_bank")),),
        facts=[
            Fact(pgettext("statement", "Days"), f"{short_day(one.opened_on)} – {short_day(one.closed_on)}"),
            Fact(_("First balance"), money(one.opening)),
            Fact(_("Last balance"), money(one.closing)),
            Fact(_("Lines"), one.lines_count, reverse("desk_bank_lines", args=[one.pk])),
            Fact(_("Account"), f"•••• {one.account.iban[-4:]}", mono=True),
            Fact(_("Format"), one.get_format_display()),
            Fact(
                _("The bank’s own number"), " ".join(part for part in (one.identifier, one.sequence) if part), mono=True
            ),
            Fact(_("File"), one.file_name, reverse("desk_bank_file", args=[one.pk])),
            Fact(_("Typed beside the file"), ", ".join(f"{name} {value}" for name, value in one.reading.items())),
            Fact(_("What was known"), "", lines=one.warnings),
            Fact(_("Let in"), f"{stamp(one.at)}, {words.who(one.actor, words.names_of_staff([one.actor]))}"),
            Fact(_("Reason"), one.reason),
            Fact(_("Hash"), one.document_id, mono=True),
        ],
        tables=[
            _sums(one),
            Table(
                label=_("Lines"),
                title=_("Lines"),
                # Beside the facts there is no room for what is left of each: its status says it.
                columns=_line_columns()[:-1],
                rows=[row[:-1] for row in _line_rows(user, lines)],
                more_url=reverse("desk_bank_lines", args=[one.pk]) if one.lines_count > len(lines) else "",
                empty=_("Nothing moved."),
            ),
            acts_on(user, [subject]),
        ],
        acts=[ActLink(_("Lines to explain"), reverse("desk_bank_unexplained"))],
    )
    return show(request, detail)


def _sums(one: BankStatement) -> Table:
    """What its lines were, by kind; the remainder has its own line, even 0,00. Two queries."""
    said = (
        standing()
        .filter(line__statement=one)
        .values_list("kind")
        .annotate(sum=Sum("amount"), many=Count("line"))
        .order_by("kind")
    )
    rest = one.lines.exclude(left=0).aggregate(sum=Sum("left"), many=Count("pk"))
    here = reverse("desk_bank_lines", args=[one.pk])
    return Table(
        label=_("From one balance to the other"),
        title=_("From one balance to the other"),
        columns=columns(_("What"), "#" + _("Lines"), "#" + _("Amount")),
        rows=[
            (Cell(_("First balance")), Cell(""), Cell(money(one.opening), num=True)),
            *(
                (chip(words.said(bank_words.MATCH, kind)), Cell(many, num=True), Cell(money(amount), num=True))
                for kind, amount, many in said
            ),
            (
                Cell(_("Nothing explains it yet")),
                Cell(rest["many"], f"{here}?etat=open", num=True),
                Cell(money(rest["sum"] or 0), num=True, chip=words.BAD if rest["many"] else words.GOOD),
            ),
        ],
        total=(Cell(_("Last balance")), Cell(""), Cell(money(one.closing), num=True)),
    )


@desk(Right.BANK)
def statement_file(request: HttpRequest, key: int) -> HttpResponse:
    """The file as the bank gave it."""
    one = get_object_or_404(BankStatement.objects.select_related("document"), pk=key)
    body = read(one.document_id)
    if body is None:
        return gone(request, what=_("this document"))
    answer = HttpResponse(body, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{one.reference}.{_ENDING[one.format]}"'
    return answer


_ENDING = {"camt.053": "xml", "mt940": "sta", "csv": "csv"}


def _line_columns(*more: Any) -> Sequence[Any]:
    return columns(
        "#" + pgettext("bank line", "Booked"), _("Status"), _("From or to"), _("Label"), "#" + _("Amount"), "#" + _("Unexplained"), *more
    )  # fmt: skip


def _line_rows(user: Any, lines: Sequence[BankLine], owners: dict[str, DeskItem] | None = None) -> list[Sequence[Cell]]:
    rows: list[Sequence[Cell]] = []
    for line in lines:
        here = reverse("desk_bank_line", args=[line.pk])
        row = [
            Cell(short_day(line.booked_on), here, num=True, tight=True),
            chip(words.said(bank_words.LINE, bank_words.state_of(line)), here),
            Cell(line.counterparty),
            Cell(_short(line.text), here),
            Cell(money(line.amount), num=True),
            Cell(money(line.left), num=True),
        ]
        if owners is not None:
            item = owners.get(line.subject)
            row += [
                Cell(name_of(item.owner) if item and item.owner else ""),
                Cell(age(timezone.now() - item.opened_at) if item else "", num=True),
            ]
        rows.append(row)
    return rows


def _short(text: str) -> str:
    bare = " ".join(text.split())
    return bare if len(bare) <= SHORT else bare[: SHORT - 1] + "…"


@desk(Right.BANK)
def lines(request: HttpRequest, key: int) -> HttpResponse:
    """Every line of one statement, in its order."""
    one = get_object_or_404(BankStatement, pk=key)
    rows = one.lines.all()
    state = request.GET.get("etat")
    if state in ("open", "explained"):
        rows = rows.filter(left=0) if state == "explained" else rows.exclude(left=0)
    crumbs = (
        (_("Bank statements"), reverse("desk_bank")),
        (one.reference, reverse("desk_bank_statement", args=[one.pk])),
    )
    return lists.show(
        request,
        title=_("Lines of statement %(reference)s") % {"reference": one.reference},
        rows=rows,
        columns=_line_columns(),
        rows_of=lambda found: _line_rows(request.user, found),
        order="place",
        facts={"crumbs": crumbs},
    )


@desk(Right.BANK)
def unexplained(request: HttpRequest) -> HttpResponse:
    """Lines of which something is unexplained, the oldest first, with their owner and age."""

    def rows_of(found: list[BankLine]) -> list[Sequence[Cell]]:
        items = DeskItem.objects.filter(
            kind=UNEXPLAINED, closed_at=None, subject__in=[line.subject for line in found]
        ).select_related("owner")
        return _line_rows(request.user, found, {item.subject: item for item in items})

    return lists.show(
        request,
        title=_("Lines to explain"),
        rows=BankLine.objects.exclude(left=0),
        columns=_line_columns(_("Owner"), "#" + _("Age")),
        rows_of=rows_of,
        order="pk",
        facts={
            "crumbs": ((_("Bank statements"), reverse("desk_bank")),),
            "note": _remainder(),
            "acts": [
                ActLink(_("Let a statement in"), reverse("desk_act_bank_file")),
                ActLink(_("Lines that wait for a payout"), reverse("desk_bank_waiting")),
            ],
        },
    )


def _remainder() -> str:
    """What is unexplained in all, even 0,00. One query."""
    week = paris_day(timezone.now()) - timedelta(days=7)
    rest = BankLine.objects.exclude(left=0)
    sums = rest.aggregate(
        into=Sum("left", filter=Q(left__gt=0)), out=Sum("left", filter=Q(left__lt=0)), old=Count("pk", filter=Q(booked_on__lt=week))
    )  # fmt: skip
    said = {"into": money(sums["into"] or 0), "out": money(sums["out"] or 0), "old": sums["old"]}
    return _("Unexplained: %(into)s that came, %(out)s that left. Lines older than a week: %(old)s.") % said


@desk(Right.BANK)
def line(request: HttpRequest, key: int) -> HttpResponse:
    """One line: what the bank says, what it was, whom it leads to, or what it may be."""
    one = get_object_or_404(BankLine.objects.select_related("statement", "account"), pk=key)
    user, state = request.user, bank_words.state_of(one)
    said = words.said(bank_words.LINE, state)
    matches = list(one.matches.order_by("pk"))
    undone = {row.undoes_id for row in matches}
    holding = [row for row in matches if row.undoes_id is None and row.pk not in undone]
    sources = [row.source for row in matches if row.source]
    whole = [*sources, *(source.replace("bank:", "bank_undone:") for source in sources if source.startswith("bank:"))]
    statement_url = reverse("desk_bank_statement", args=[one.statement_id])
    detail = Detail(
        kind=_("Bank line"),
        name=f"{one.statement.reference}/{one.place}",
        crumbs=((_("Bank statements"), reverse("desk_bank")), (one.statement.reference, statement_url)),
        facts=[
            Fact(_("Status"), said["word"], chip=said["tone"]),
            Fact(_("Amount"), money(one.amount)),
            Fact(_("Unexplained"), money(one.left), chip=words.BAD if one.left else words.GOOD),
            Fact(pgettext("bank line", "Booked"), short_day(one.booked_on)),
            Fact(_("Value date"), short_day(one.value_on)),
            Fact(_("From or to"), one.counterparty),
            Fact(_("Its account"), f"•••• {one.counterparty_end}" if one.counterparty_end else "", mono=True),
            Fact(_("Label"), "", lines=one.text.split("\n") if one.text else ()),
            Fact(_("Bank reference"), one.bank_reference, mono=True),
            Fact(_("End-to-end reference"), one.end_to_end, mono=True),
            Fact(_("The bank’s code"), one.code, mono=True),
            Fact(_("Reversal"), _("yes") if one.reversal else ""),
            Fact(_("Statement"), one.statement.reference, statement_url),
        ],
        tables=[
            *([proposals_of(user, one)] if one.left == one.amount and one.left else []),
            what_it_was(user, matches, undone),
            *whom(user, holding),
            entries_table(user, LedgerEntry.objects.filter(source__in=whole)),
            matters_of(user, [one.subject]),
            acts_on(user, [one.subject]),
        ],
        acts=_acts(user, one, holding),
    )
    return show(request, detail)


def _acts(user: Any, one: BankLine, holding: Sequence[BankMatch]) -> list[ActLink]:
    possible = [
        (one.left == one.amount and one.amount > 0, Right.BANK, _("It pays invoices"), "desk_act_bank_invoices"),
        (
            bool(at_bank.possible(one)),
            Right.BANK,
            _("It is a payout"),
            "desk_act_bank_payout",
        ),
        (bool(one.left), Right.BANK, _("Book it on an account"), "desk_act_bank_book"),
        (bool(one.left), Right.BANK, _("It is not the shop’s"), "desk_act_bank_not_ours"),
        (bool(holding), Right.BANK, _("Undo what it was"), "desk_act_bank_undo"),
    ]
    return [
        found for now, right, label, name in possible if now for found in acts_for(user, (right, label, name, one.pk))
    ]


@desk(Right.BANK)
def waiting(request: HttpRequest) -> HttpResponse:
    """Lines that look like a payout of Stripe's and wait for it, the oldest first."""
    return lists.show(
        request,
        title=_("Lines that wait for a payout"),
        rows=lines_waiting_for_payouts().order_by(),
        columns=_line_columns(),
        rows_of=lambda found: _line_rows(request.user, found),
        order="pk",
        facts={"crumbs": ((_("Bank statements"), reverse("desk_bank")),)},
    )
