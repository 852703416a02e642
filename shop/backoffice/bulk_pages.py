"""Acts on many things at the desks: each with its rows, what was shown of them and what became of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from shop.backoffice import lists, words
from shop.backoffice.bulk import KINDS
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.models import BulkAct, BulkRow
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show
from shop.backoffice.tables import Cell, Detail, Fact, Table, chip
from shop.templatetags.french import stamp


@desk(Right.ACTS)
def bulks(request: HttpRequest) -> HttpResponse:
    """Every act on many things, the newest first."""

    def rows_of(found: list[BulkAct]) -> list[Sequence[Cell]]:
        names = words.names_of_staff(one.actor for one in found)
        return [
            (
                Cell(stamp(one.at), reverse("desk_bulk", args=[one.pk]), num=True, tight=True),
                Cell(KINDS[one.kind].title),
                Cell(words.who(one.actor, names)),
                Cell(one.rows_total, reverse("desk_bulk_rows", args=[one.pk]), num=True),
                Cell(one.left_out_total, reverse("desk_bulk_rows", args=[one.pk]) + "?etat=left_out", num=True),
                Cell(_("finished"), chip=words.GOOD) if one.finished_at else Cell(_("being done"), chip=words.WAIT),
                Cell(one.reason),
            )
            for one in found
        ]

    return lists.show(
        request,
        title=_("Acts on many"),
        rows=BulkAct.objects.all(),
        columns=columns(
            "#" + _("When"), _("What"), _("Who"), "#" + _("Rows"), "#" + _("Left out"), _("Status"), _("Why")
        ),
        rows_of=rows_of,
    )


@desk(Right.ACTS)
def bulk(request: HttpRequest, key: int) -> HttpResponse:
    """One act on many things: how far it is, and how many rows became what was shown."""
    one = get_object_or_404(BulkAct, pk=key)
    user, subject = request.user, f"bulk:{one.pk}"
    names = words.names_of_staff([one.actor])
    held = _sha256(one) == one.sha256
    return show(
        request,
        Detail(
            kind=_("act on many"),
            name=f"n° {one.pk}",
            crumbs=((_("Acts on many"), reverse("desk_bulks")),),
            facts=[
                Fact(_("What is done"), KINDS[one.kind].title),
                *(Fact(_("With"), str(value)) for value in one.parameters.values()),
                Fact(_("Chosen by"), ", ".join(f"{name} {value}" for name, value in one.chosen.items()) or _("all")),
                Fact(_("By"), f"{words.who(one.actor, names)}, {stamp(one.at)}"),
                Fact(_("Reason"), one.reason),
                Fact(
                    _("Status"),
                    _("finished") if one.finished_at else _("being done"),
                    chip=words.GOOD if one.finished_at else words.WAIT,
                ),
                Fact(_("Finished"), stamp(one.finished_at)),
                Fact(
                    _("List"),
                    _("as it was shown") if held else _("not the one that was shown"),
                    chip=words.GOOD if held else words.BAD,
                ),
                Fact(_("Hash"), one.sha256, mono=True),
            ],
            tables=[_became(one), matters_of(user, [subject]), acts_on(user, [subject])],
        ),
    )


def _became(one: BulkAct) -> Table:
    """How many rows became what. One query."""
    counted = dict(one.rows.order_by().values_list("state").annotate(many=Count("pk")))
    here = reverse("desk_bulk_rows", args=[one.pk])
    return Table(
        label=_("What became of them"),
        title=_("What became of them"),
        columns=columns(_("Rows"), "#" + _("How many")),
        rows=[
            (
                chip(words.said(words.BULK_ROW, state), f"{here}?etat={state}"),
                Cell(many, f"{here}?etat={state}", num=True),
            )
            for state, many in sorted(counted.items(), key=lambda pair: list(words.BULK_ROW).index(pair[0]))
        ],
        total=(Cell(_("In all")), Cell(one.rows_total, here, num=True)),
    )


@desk(Right.ACTS)
def bulk_rows(request: HttpRequest, key: int) -> HttpResponse:
    """The rows of one act: what was shown of each, and what became of it."""
    one = get_object_or_404(BulkAct, pk=key)
    linked = "notice" if KINDS[one.kind].on_letters else "renewal"

    def row(line: BulkRow) -> Sequence[Cell]:
        return (
            Cell(line.name, link(request.user, linked, line.key), mono=True, tight=True),
            chip(words.said(words.BULK_ROW, line.state)),
            Cell(line.shown),
            Cell(line.became if line.became != line.shown else ""),
            Cell(stamp(line.done_at), num=True),
        )

    return lists.show(
        request,
        title=_("Rows of the act on many no. %(key)s") % {"key": one.pk},
        rows=one.rows.all(),
        columns=columns(_("What"), _("Status"), _("Shown before"), _("Became, where otherwise"), "#" + _("When")),
        row=row,
        states=words.BULK_ROW,
        order="ordinal",
        facts={"crumbs": ((_("Act on many no. %(key)s") % {"key": one.pk}, reverse("desk_bulk", args=[one.pk])),)},
    )


def _sha256(one: BulkAct) -> str:
    """Over the rows as they were shown, read again. One query."""
    seal = hashlib.sha256()
    rows: Any = one.rows.order_by("ordinal").values_list("ordinal", "key", "state", "shown")
    for ordinal, key, state, shown in rows:
        seal.update(f"{ordinal}\t{key}\t{state == BulkRow.State.LEFT_OUT}\t{shown}\n".encode())
    return seal.hexdigest()
