"""Refunds by transfer at the desks: which wait for an account, a yes or the bank; the files that carried them there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.documents import read
from payments.iban import masked
from payments.models import LedgerEntry, Transfer, TransferFile
from shop.backoffice import words
from shop.backoffice.bank_tables import lines_of
from shop.backoffice.doors import desk, gone
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for, entries_table, name_of
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, short_day, stamp

State = Transfer.State
OPEN = (State.ASKED, State.GIVEN, State.APPROVED)


@desk(Right.REFUNDS)
def transfers(request: HttpRequest) -> HttpResponse:
    """Every refund by transfer, the newest first."""

    def row(one: Transfer) -> Sequence[Cell]:
        here = link(request.user, "transfer", one.pk)
        note = one.credit_note
        return (
            Cell(one.reference, here, mono=True, tight=True),
            Cell(stamp(one.created_at), num=True),
            chip(words.said(words.TRANSFER, one.state), here + "#pourquoi"),
            Cell(str(words.TRANSFER_BECAUSE[one.because])),
            Cell(name_of(one.customer), link(request.user, "customer", one.customer_id)),
            Cell(note.reference if note else "", link(request.user, "invoice", one.credit_note_id), mono=True),
            Cell(_("alone") if one.alone_because else "", chip=words.WAIT if one.alone_because else None),
            Cell(euros(one.amount), num=True),
        )

    return show_list(
        request,
        title=_("Refunds by transfer"),
        rows=Transfer.objects.select_related("credit_note", "customer"),
        columns=columns(
            _("Reference"),
            "#" + _("Asked for"),
            _("Status"),
            _("Why by transfer"),
            _("Reader"),
            _("Credit note"),
            _("Approved"),
            "#" + _("Amount"),
        ),
        row=row,
        states=words.TRANSFER,
        since="state_since",
        facts={"acts": _file_acts(request.user)},
    )


@desk(Right.REFUNDS)
def transfer(request: HttpRequest, key: int) -> HttpResponse:
    """One refund by transfer. The account is shown by its last four signs, whoever looks."""
    one = get_object_or_404(
        Transfer.objects.select_related("payment", "credit_note", "refund", "customer", "file", "follows"), pk=key
    )
    user, said = request.user, words.said(words.TRANSFER, one.state)
    names = words.names_of_staff([one.actor, one.given_by, one.approved_by])
    file, note, payment, before = one.file, one.credit_note, one.payment, one.follows
    after = Transfer.objects.filter(follows=one).first()
    sources = [f"transfer:{one.pk}", f"transfer_failed:{one.pk}"]
    detail = Detail(
        kind=_("Refund by transfer"),
        name=one.reference,
        crumbs=((_("Refunds by transfer"), reverse("desk_transfers")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("Why by transfer"), str(words.TRANSFER_BECAUSE[one.because])),
            Fact(_("Reason"), reason(one.reason)),
            Fact(_("Reader"), name_of(one.customer), link(user, "customer", one.customer_id)),
            Fact(_("Payment"), payment.reference if payment else "", link(user, "payment", one.payment_id)),
            Fact(_("Refund"), one.refund.reference if one.refund else "", link(user, "refund", one.refund_id)),
            Fact(_("Credit note"), note.reference if note else "", link(user, "invoice", one.credit_note_id)),
            Fact(_("Name of the account"), one.holder),
            Fact(_("Account"), masked(one.iban_end), mono=True),
            Fact(_("Written down by"), words.who(one.given_by, names) if one.given_by else ""),
            Fact(_("Approved by"), words.who(one.approved_by, names) if one.approved_by else ""),
            Fact(
                _("Approved alone"),
                one.alone_because,
                chip=words.WAIT if one.alone_because else None,
            ),
            Fact(_("File for the bank"), file.reference if file else "", link(user, "transfer_file", one.file_id)),
            Fact(_("Sent on"), short_day(one.sent_on)),
            *(fact for source in sources for fact in lines_of(user, source)),
            Fact(_("Came back because"), one.failure),
            Fact(_("Follows"), before.reference if before else "", link(user, "transfer", one.follows_id)),
            Fact(
                _("Followed by"),
                after.reference if after else "",
                link(user, "transfer", after.pk if after else None),
            ),
        ],
        whys=[why(user, one.events.all(), words.TRANSFER)],
        tables=[
            entries_table(user, LedgerEntry.objects.filter(source__in=sources)),
            matters_of(user, [one.subject]),
            acts_on(user, [one.subject]),
        ],
        acts=_acts(user, one),
    )
    return show(request, detail)


def _file_acts(user: Any) -> list[ActLink]:
    """To the files, and a new one: for finance."""
    if not may(user, Right.TRANSFERS):
        return []
    return [
        ActLink(_("Make a file for the bank"), reverse("desk_act_make_file")),
        ActLink(_("Files for the bank"), reverse("desk_transfer_files")),
    ]


def _acts(user: Any, one: Transfer) -> list[Any]:
    """What can be done where it stands."""
    movable = one.state in OPEN and one.file_id is None
    possible = [
        (movable, Right.ACCOUNTS, _("Write down the account"), "desk_act_account"),
        (one.state == State.GIVEN, Right.TRANSFERS, _("Approve it"), "desk_act_approve"),
        (one.state == State.SENT, Right.TRANSFERS, _("It has arrived"), "desk_act_arrived"),
        (one.state in (State.SENT, State.DONE), Right.TRANSFERS, _("It came back"), "desk_act_came_back"),
        (movable, Right.TRANSFERS, _("Cancel it"), "desk_act_cancel_transfer"),
        (_may_ask_again(one), Right.TRANSFERS, _("Ask again"), "desk_act_ask_again"),
    ]
    return [
        found for now, right, label, name in possible if now for found in acts_for(user, (right, label, name, one.pk))
    ]


def _may_ask_again(one: Transfer) -> bool:
    return one.state == State.CANCELLED and not Transfer.objects.filter(follows=one).exists()


@desk(Right.TRANSFERS)
def files(request: HttpRequest) -> HttpResponse:
    """The files that were made for the bank."""

    def row(one: TransferFile) -> Sequence[Cell]:
        return (
            Cell(one.reference, link(request.user, "transfer_file", one.pk), mono=True, tight=True),
            Cell(stamp(one.created_at), num=True),
            Cell(one.count, num=True),
            Cell(euros(one.total), num=True),
        )

    return show_list(
        request,
        title=_("Files for the bank"),
        rows=TransferFile.objects.all(),
        columns=columns(_("Reference"), "#" + _("Made"), "#" + _("Transfers"), "#" + _("Total")),
        row=row,
        facts={"acts": _file_acts(request.user)},
    )


@desk(Right.TRANSFERS)
def file(request: HttpRequest, key: int) -> HttpResponse:
    """One file: its transfers, its two forms, whether the bank has carried it out."""
    one = get_object_or_404(TransferFile, pk=key)
    user = request.user
    within = list(one.transfers.select_related("customer").order_by("pk"))
    names = words.names_of_staff([one.actor])
    waits = any(row.state == State.APPROVED for row in within)
    rows = [
        (
            Cell(row.reference, link(user, "transfer", row.pk), mono=True),
            chip(words.said(words.TRANSFER, row.state)),
            Cell(row.holder),
            Cell(masked(row.iban_end), mono=True),
            Cell(euros(row.amount), num=True),
        )
        for row in within
    ]
    total = [Cell(_("Total")), *[Cell("")] * 3, Cell(euros(sum(row.amount.amount for row in within)), num=True)]
    detail = Detail(
        kind=_("File for the bank"),
        name=one.reference,
        crumbs=((_("Files for the bank"), reverse("desk_transfer_files")),),
        facts=[
            Fact(_("Made"), stamp(one.created_at)),
            Fact(_("By"), words.who(one.actor, names)),
            Fact(_("Transfers"), one.count),
            Fact(_("Total"), euros(one.total)),
            Fact(_("For the bank"), "pain.001", reverse("desk_transfer_file_xml", args=[one.pk])),
            Fact(_("To read"), "CSV", reverse("desk_transfer_file_csv", args=[one.pk])),
        ],
        tables=[
            Table(
                label=_("Transfers"),
                title=_("Transfers"),
                columns=columns(_("Reference"), _("Status"), _("Name of the account"), _("Account"), "#" + _("Amount")),
                rows=rows,
                total=total,
                empty=_("Its transfers went into another file."),
            ),
            acts_on(user, [f"transfer_file:{one.pk}"]),
        ],
        acts=[
            *acts_for(user, (Right.TRANSFERS, _("The bank has carried it out"), "desk_act_file_sent", one.pk)),
            *acts_for(user, (Right.TRANSFERS, _("Discard it"), "desk_act_file_discard", one.pk)),
        ]
        if waits
        else [],
    )
    return show(request, detail)


@desk(Right.TRANSFERS)
def file_xml(request: HttpRequest, key: int) -> HttpResponse:
    """The orders for the bank, as they were made. Whole IBANs: for the bank alone."""
    one = get_object_or_404(TransferFile, pk=key)
    return _download(request, one.orders_id, f"{one.reference}.xml", "application/xml")


@desk(Right.TRANSFERS)
def file_csv(request: HttpRequest, key: int) -> HttpResponse:
    """The same, to read beside the bank's page."""
    one = get_object_or_404(TransferFile, pk=key)
    return _download(request, one.reading_id, f"{one.reference}.csv", "text/csv; charset=utf-8")


def _download(request: HttpRequest, sha256: str, name: str, media_type: str) -> HttpResponse:
    body = read(sha256)
    if body is None:
        return gone(request, what=_("this document"))
    answer = HttpResponse(body, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
