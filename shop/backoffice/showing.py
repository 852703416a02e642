"""One thing on one page: its facts, the chain that led to where it stands, what hangs on it, what can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.models import Act, DeskItem
from shop.backoffice import words
from shop.backoffice.doors import page
from shop.backoffice.links import event_url, url_of
from shop.backoffice.menu import DESK_LABELS, DESK_RIGHTS
from shop.backoffice.reasons import reason
from shop.backoffice.roles import may
from shop.backoffice.tables import Cell, Column, Detail, Step, Table, Why
from shop.templatetags.french import stamp


def show(request: HttpRequest, detail: Detail) -> HttpResponse:
    """The page of one thing."""
    return page(request, "backoffice/detail.html", {"detail": detail})


def columns(*labels: Any) -> list[Column]:
    """Columns by their labels; a « # » before one makes it a column of figures."""
    return [Column(str(label).removeprefix("#"), num=str(label).startswith("#")) for label in labels]


def why(
    user: Any,
    events: Iterable[Any],
    table: words.Words,
    *,
    title: Any = "",
    anchor: str = "pourquoi",
    say: Callable[[str], str] = reason,
) -> Why:
    """The chain of a status, from its recorded steps, oldest first. One query for the names beside the steps' own."""
    steps = list(events)
    names = words.names_of_staff(step.actor for step in steps)
    return Why(
        title or _("Why it stands where it stands"),
        [
            Step(
                at=step.at,
                from_word=words.said(table, step.from_state)["word"],
                to_word=words.said(table, step.to_state)["word"],
                tone=words.said(table, step.to_state)["tone"],
                who=words.who(step.actor, names),
                why=say(step.reason),
                url=_cause(user, step.actor),
            )
            for step in steps
        ],
        anchor,
    )


def _cause(user: Any, actor: str) -> str:
    """Where the news came from, when it was an event of Stripe's."""
    kind, _colon, name = actor.partition(":")
    return event_url(user, name) if kind == "stripe" else ""


def acts_on(user: Any, subjects: Sequence[str]) -> Table:
    """What people did to any of these subjects. Two queries."""
    rows = list(Act.objects.filter(subject__in=subjects).order_by("-at", "-pk")[:50])
    names = words.names_of_staff(one.actor for one in rows)
    return Table(
        label=_("Acts"),
        title=_("Acts"),
        columns=columns("#" + _("When"), _("Who"), _("Did"), _("Why")),
        rows=[
            (
                Cell(stamp(one.at), num=True),
                Cell(words.who(one.actor, names)),
                Cell(words.verb(one.verb)),
                Cell(reason(one.reason)),
            )
            for one in rows
        ],
        empty=_("Nobody has stepped in."),
    )


def matters_of(user: Any, subjects: Sequence[str]) -> Table:
    """The desk items about any of these subjects. One query."""
    rows = DeskItem.objects.filter(subject__in=subjects).select_related("owner").order_by("-pk")[:50]
    return Table(
        label=_("Matters on the desks"),
        title=_("Matters on the desks"),
        columns=columns("#" + _("Since"), _("Desk"), _("What"), _("Owner"), _("Closed because")),
        rows=[
            (
                Cell(stamp(one.opened_at), num=True),
                Cell(DESK_LABELS[one.desk]),
                Cell(
                    words.matter(one.sentence),
                    reverse("desk_item", args=[one.pk]) if may(user, DESK_RIGHTS[one.desk]) else "",
                ),
                Cell(one.owner.full_name or one.owner.email if one.owner else ""),
                Cell(reason(one.closed_because)),
            )
            for one in rows
        ],
        empty=_("Nothing to explain."),
    )


def subject_cell(user: Any, subject: str) -> Cell:
    """What something is about, with a link where there is a page."""
    return Cell(words.subject(subject), url_of(user, subject))
