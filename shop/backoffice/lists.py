"""Lists, newest first, by key, in two queries; here those of orders, letters and acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import Act
from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.paging import paged
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns, subject_cell
from shop.backoffice.tables import ActLink, Cell, Column, Table, chip
from shop.templatetags.french import euros, stamp
from subscriptions.models import Notice, Order

Row = Callable[[Any], Sequence[Cell]]


def show(
    request: HttpRequest,
    *,
    title: Any,
    rows: QuerySet[Any],
    columns: Sequence[Column],
    row: Row | None = None,
    rows_of: Callable[[list[Any]], list[Sequence[Cell]]] | None = None,
    states: words.Words | None = None,
    state_column: str = "state",
    since: str = "",
    order: str = "-pk",
    facts: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A list page. `states`: the filter it offers, on `state_column`; filtered lists go by `since`, which its index has.

    `order`: the column that the rows go by otherwise, the newest first by default.
    """
    state = request.GET.get("etat", "")
    by = order
    if states and state in states:
        rows = rows.filter(**{state_column: state})
        by = f"-{since}" if since else order
    found = paged(request, rows, by=by)
    cells = rows_of(found.rows) if rows_of else [row(one) for one in found.rows] if row else []
    said = {
        "title": title,
        "table": Table(label=title, columns=columns, rows=cells),
        "page": found,
        "states": [(name, words.said(states, name)["word"]) for name in states] if states else [],
        "state": state,
        **(facts or {}),
    }
    return page(request, "backoffice/list.html", said)


@desk(Right.ORDERS)
def orders(request: HttpRequest) -> HttpResponse:
    """Orders, with who and how much."""

    def row(one: Order) -> Sequence[Cell]:
        name = f"{one.first_name} {one.last_name}".strip() or one.organisation
        return (
            Cell(one.reference, link(request.user, "order", one.pk), mono=True, tight=True),
            Cell(stamp(one.placed_at), num=True),
            chip(words.said(words.ORDER, one.state), link(request.user, "order", one.pk) + "#pourquoi"),
            Cell(name, link(request.user, "customer", one.customer_id)),
            Cell(one.email),
            Cell(one.offer.title),
            Cell(euros(one.amount), num=True),
        )

    return show(
        request,
        title=_("Orders"),
        rows=Order.objects.select_related("offer"),
        columns=columns(
            gettext_lazy("Reference"),
            "#" + _("Placed"),
            _("Status"),
            _("Reader"),
            _("E-mail"),
            _("Offer"),
            "#" + _("Amount"),
        ),
        row=row,
        states=words.ORDER,
        since="state_since",
    )


@desk(Right.LETTERS)
def letters(request: HttpRequest) -> HttpResponse:
    """Letters, sent or not."""

    def row(one: Notice) -> Sequence[Cell]:
        here = link(request.user, "notice", one.pk)
        return (
            Cell(words.letter_kind(one.kind), here),
            Cell(stamp(one.created_at), num=True),
            chip(words.said(words.LETTER, one.state), here + "#pourquoi"),
            Cell(one.to_name, link(request.user, "customer", one.customer_id)),
            Cell(one.to_email),
            Cell(reason(one.failure)),
            Cell(one.attempts, num=True),
        )

    return show(
        request,
        title=_("Letters"),
        rows=Notice.objects.all(),
        columns=columns(
            _("Letter"), "#" + _("Queued"), _("Status"), _("To"), _("E-mail"), _("What happened"), "#" + _("Tries")
        ),
        row=row,
        states=words.LETTER,
        facts={"acts": _send_again(request)},
    )


def _send_again(request: HttpRequest) -> list[ActLink]:
    """Sending all of a list of lost letters again, for those who may."""
    state = request.GET.get("etat", "")
    if state not in (Notice.State.FAILED, Notice.State.BOUNCED) or not may(request.user, Right.RESEND):
        return []
    return [ActLink(_("Send all of these again"), reverse("desk_act_letters") + f"?etat={state}")]


@desk(Right.ACTS)
def acts(request: HttpRequest) -> HttpResponse:
    """What people and jobs did, to whom and why."""

    def rows_of(found: list[Act]) -> list[Sequence[Cell]]:
        names = words.names_of_staff(one.actor for one in found)
        return [
            (
                Cell(stamp(one.at), num=True, tight=True),
                Cell(words.who(one.actor, names)),
                Cell(words.verb(one.verb)),
                subject_cell(request.user, one.subject),
                Cell(reason(one.reason)),
            )
            for one in found
        ]

    return show(
        request,
        title=_("Acts"),
        rows=Act.objects.all(),
        columns=columns("#" + _("When"), _("Who"), _("Did"), _("To"), _("Why")),
        rows_of=rows_of,
    )
