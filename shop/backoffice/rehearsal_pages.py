"""Rehearsals at the desks: what was rehearsed, its lines, who signed, and the run beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from shop.backoffice import lists, words
from shop.backoffice.doors import desk
from shop.backoffice.exporting import csv_file
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.rehearsal_words import CARD, RULE, WILL
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show
from shop.backoffice.tables import ActLink, Cell, Column, Detail, Fact, Table, chip
from shop.templatetags.french import euros, short_day, stamp
from subscriptions.models import Rehearsal, RehearsalLine
from subscriptions.renewals.rehearsing import CannotSign, refuse_to_sign, verified
from subscriptions.renewals.unsigned import rule


@desk(Right.ORDERS)
def rehearsals(request: HttpRequest) -> HttpResponse:
    """Every rehearsal, the newest first, with who signed it and what came of it."""

    def rows_of(found: list[Rehearsal]) -> list[Sequence[Cell]]:
        names = words.names_of_staff(one.actor for one in found)
        return [
            (
                Cell(span(one), reverse("desk_rehearsal", args=[one.pk]), tight=True),
                Cell(stamp(one.at), num=True),
                Cell(words.who(one.actor, names)),
                Cell(one.charged_total, lines_url(one, RehearsalLine.Will.CHARGE), num=True),
                Cell(one.lines_total - one.charged_total, lines_url(one), num=True),
                Cell(euros(one.amount), lines_url(one, RehearsalLine.Will.CHARGE), num=True),
                _signed_cell(one),
                _report_cell(one),
            )
            for one in found
        ]

    return lists.show(
        request,
        title=_("Rehearsals"),
        rows=Rehearsal.objects.select_related("signature", "report"),
        columns=columns(
            _("Days"),
            "#" + _("Rehearsed"),
            _("By"),
            "#" + pgettext("rehearsal", "Charged"),
            "#" + _("Not charged"),
            "#" + _("Amount"),
            _("Signed"),
            _("Compared with the run"),
        ),
        rows_of=rows_of,
        facts={
            "acts": [
                *acts_for(request.user, (Right.REHEARSE, _("Rehearse some days"), "desk_act_rehearse", 0)),
                *acts_for(request.user, (Right.SIGN, _("Change the rule"), "desk_act_unsigned_rule", 0)),
            ],
            "note": _("Charges of which nobody has signed the rehearsal: %(rule)s.") % {"rule": RULE[rule()]},
        },
    )


def _signed_cell(one: Rehearsal) -> Cell:
    signature = getattr(one, "signature", None)
    return Cell(signature.name, chip=words.GOOD) if signature else Cell(_("not signed"), chip=words.NONE)


def _report_cell(one: Rehearsal) -> Cell:
    report, url = getattr(one, "report", None), reverse("desk_comparison", args=[one.pk])
    if report is None:
        return Cell(_("look"), url)
    if report.unexplained:
        return Cell(_("not explained"), url, chip=words.BAD)
    agree = report.rehearsed == report.charged
    return Cell(_("agrees") if agree else _("differs, explained"), url, chip=words.GOOD)


def span(one: Rehearsal) -> str:
    """« 03/12/2026 », or « 01/12/2026 – 31/12/2026 »."""
    if one.first_on == one.last_on:
        return short_day(one.first_on)
    return f"{short_day(one.first_on)} – {short_day(one.last_on)}"


def lines_url(one: Rehearsal, will: str = "") -> str:
    """The lines of a rehearsal, those of one fate or all."""
    return reverse("desk_rehearsal_lines", args=[one.pk]) + (f"?etat={will}" if will else "")


@desk(Right.ORDERS)
def rehearsal(request: HttpRequest, key: int) -> HttpResponse:
    """One rehearsal: its totals, each leading to its lines; its hash; who signed it."""
    one = get_object_or_404(Rehearsal.objects.select_related("signature", "report"), pk=key)
    user, subject = request.user, f"rehearsal:{one.pk}"
    names = words.names_of_staff([one.actor])
    signature = getattr(one, "signature", None)
    held = verified(one)
    return show(
        request,
        Detail(
            kind=_("Rehearsal"),
            name=span(one),
            crumbs=((_("Rehearsals"), reverse("desk_rehearsals")),),
            facts=[
                Fact(_("Days"), span(one)),
                Fact(_("Rehearsed"), f"{stamp(one.at)}, {words.who(one.actor, names)}"),
                Fact(_("Why"), one.reason),
                Fact(pgettext("rehearsal", "Charged"), one.charged_total, lines_url(one, RehearsalLine.Will.CHARGE)),
                Fact(_("Amount"), euros(one.amount), lines_url(one, RehearsalLine.Will.CHARGE)),
                Fact(_("Not charged"), one.lines_total - one.charged_total, lines_url(one)),
                Fact(_("Signed"), f"{signature.name}, {stamp(signature.at)}" if signature else _("not signed")),
                Fact(_("Signed because"), signature.reason if signature else ""),
                Fact(
                    _("Lines"),
                    _("as they were hashed") if held else _("not those that were hashed"),
                    chip=words.GOOD if held else words.BAD,
                ),
                Fact(_("Hash"), one.sha256, mono=True),
            ],
            tables=[_fates(one), matters_of(user, [subject]), acts_on(user, [subject])],
            acts=[
                *(acts_for(user, (Right.SIGN, _("Sign it"), "desk_act_sign", one.pk)) if _signable(one) else []),
                ActLink(_("Compare with the run"), reverse("desk_comparison", args=[one.pk])),
                ActLink(_("Lines (CSV)"), reverse("desk_rehearsal_csv", args=[one.pk])),
            ],
        ),
    )


def _signable(one: Rehearsal) -> bool:
    try:
        refuse_to_sign(one, at=timezone.now())
    except CannotSign:
        return False
    return True


def _fates(one: Rehearsal) -> Table:
    """What becomes of how many, and for how much. One query."""
    counted = one.lines.order_by().values_list("will").annotate(many=Count("pk"), sum=Sum("amount"))
    found = {will: (many, amount) for will, many, amount in counted}
    rows = [
        (
            Cell(words.said(WILL, will)["word"], lines_url(one, will), chip=words.said(WILL, will)["tone"]),
            Cell(found[will][0], lines_url(one, will), num=True),
            Cell(euros(found[will][1]), lines_url(one, will), num=True),
        )
        for will in WILL
        if will in found
    ]
    return Table(
        label=_("What becomes of them"),
        title=_("What becomes of them"),
        columns=columns(_("Renewals"), "#" + _("How many"), "#" + _("Amount")),
        rows=rows,
        total=(Cell(_("In all")), Cell(one.lines_total, lines_url(one), num=True), Cell("")),
        empty=_("Nobody renews on these days."),
    )


@desk(Right.ORDERS)
def rehearsal_lines(request: HttpRequest, key: int) -> HttpResponse:
    """The lines of one rehearsal, in their order."""
    one = get_object_or_404(Rehearsal, pk=key)

    def row(line: RehearsalLine) -> Sequence[Cell]:
        return (
            Cell(
                str(line.subscription), link(request.user, "subscription", line.subscription_id), mono=True, tight=True
            ),
            Cell(short_day(line.day), link(request.user, "renewal", line.renewal_id), num=True),
            chip(words.said(WILL, line.will)),
            Cell(euros(line.amount), num=True),
            Cell(short_day(line.price.valid_from) if line.price else "", num=True),
            Cell(words.means(line.method)),
            chip(words.said(CARD, line.card)),
            Cell(_notice(line.legal_on, sent=line.legal_sent), num=True),
            Cell(_notice(line.pre_debit_on, sent=line.pre_debit_sent), num=True),
            Cell(line.why),
        )

    return lists.show(
        request,
        title=_("Lines of the rehearsal of %(days)s") % {"days": span(one)},
        rows=one.lines.select_related("subscription", "price", "method"),
        columns=_line_columns(),
        row=row,
        states=WILL,
        state_column="will",
        order="ordinal",
        facts={
            "crumbs": ((_("Rehearsal of %(days)s") % {"days": span(one)}, reverse("desk_rehearsal", args=[one.pk])),)
        },
    )


def _line_columns() -> list[Column]:
    return columns(
        _("Subscription"),
        "#" + _("On"),
        _("What becomes of it"),
        "#" + _("Amount"),
        "#" + _("Price since"),
        _("Charged by"),
        _("State of it"),
        "#" + pgettext("renewal", "Legal notice"),
        "#" + _("Debit announced"),
        _("What stands in its way"),
    )


def _notice(on: Any, *, sent: bool) -> str:
    if on is None:
        return "—"
    return short_day(on) if sent else _("to leave on %(day)s") % {"day": short_day(on)}


@desk(Right.ORDERS)
def rehearsal_csv(request: HttpRequest, key: int) -> HttpResponse:
    """Every line as a file."""
    one = get_object_or_404(Rehearsal, pk=key)
    rows = one.lines.select_related("subscription", "price", "method").order_by("ordinal").iterator(2000)
    heads = [
        _("Line"),
        _("Subscription"),
        _("Term"),
        _("Renews on"),
        _("On"),
        _("What becomes of it"),
        _("Amount"),
        _("Price since"),
        _("Charged by"),
        _("State of it"),
        pgettext("renewal", "Legal notice"),
        _("has left"),
        _("Debit announced"),
        _("has left"),
        _("What stands in its way"),
    ]
    return csv_file(
        f"marche-a-blanc-{one.first_on:%Y-%m-%d}-{one.last_on:%Y-%m-%d}-{one.pk}",
        heads,
        (
            (
                line.ordinal,
                line.subscription,
                line.number,
                line.renews_on,
                line.day,
                words.said(WILL, line.will)["word"],
                line.amount.amount if line.amount is not None else None,
                line.price.valid_from if line.price else None,
                words.means(line.method),
                words.said(CARD, line.card)["word"],
                line.legal_on,
                _("yes") if line.legal_sent else _("no"),
                line.pre_debit_on,
                _("yes") if line.pre_debit_sent else _("no"),
                line.why,
            )
            for line in rows
        ),
    )
