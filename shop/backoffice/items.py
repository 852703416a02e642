"""The four desks: what the machine could not settle, the oldest first, each with an age, an owner and an end."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import DeskItem
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.doors import Missing, desk, gone, page
from shop.backoffice.links import url_of
from shop.backoffice.menu import DESK_LABELS, DESK_RIGHTS
from shop.backoffice.paging import paged
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns, show, subject_cell
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table
from shop.templatetags.french import stamp


def items_table(request: HttpRequest, name: str, *, limit: int) -> Table:
    """The oldest open matters of one desk. One query."""
    rows = DeskItem.objects.filter(desk=name, closed_at=None).select_related("owner").order_by("pk")[: limit + 1]
    found = list(rows)
    return Table(
        label=DESK_LABELS[name],
        title=DESK_LABELS[name],
        columns=_columns(),
        rows=[_row(request.user, one) for one in found[:limit]],
        more_url=reverse("desk_items", args=[name]) if len(found) > limit else "",
    )


@desk(Right.HOME)
def items(request: HttpRequest, name: str) -> HttpResponse:
    """One desk."""
    if name not in DESK_RIGHTS:
        return gone(request)
    if not may(request.user, DESK_RIGHTS[name]):
        raise Missing(DESK_RIGHTS[name])
    closed = request.GET.get("etat") == "clos"
    rows = DeskItem.objects.filter(desk=name, closed_at__isnull=not closed).select_related("owner")
    found = paged(request, rows, by="-pk" if closed else "pk")
    title = DESK_LABELS[name]
    said = {
        "title": title,
        "table": Table(
            label=title, columns=_columns(closed=closed), rows=[_row(request.user, one) for one in found.rows]
        ),
        "page": found,
        "states": [("clos", _("closed"))],
        "state": "clos" if closed else "",
        "all_word": _("open"),
    }
    return page(request, "backoffice/list.html", said)


@desk(Right.HOME)
def item(request: HttpRequest, key: int) -> HttpResponse:
    """One matter: what happened, whose it is, how it ended."""
    one = DeskItem.objects.select_related("owner").filter(pk=key).first()
    if one is None:
        return gone(request, what=_("this matter"))
    user = request.user
    if not may(user, DESK_RIGHTS[one.desk]):
        raise Missing(DESK_RIGHTS[one.desk])
    names = words.names_of_staff([one.closed_by])
    open_still = one.closed_at is None
    acts = []
    if open_still and one.owner_id != user.pk:
        acts.append(ActLink(_("Take it in hand"), reverse("desk_act_take", args=[one.pk])))
    if open_still:
        acts.append(ActLink(_("Close it"), reverse("desk_act_close", args=[one.pk])))
    detail = Detail(
        kind=DESK_LABELS[one.desk],
        name=_("matter no. %(key)s") % {"key": one.pk},
        crumbs=((DESK_LABELS[one.desk], reverse("desk_items", args=[one.desk])),),
        facts=[
            Fact(_("What"), words.matter(one.sentence)),
            Fact(_("About"), words.subject(one.subject), url_of(user, one.subject)),
            Fact(_("Status"), _("open") if open_still else _("closed"), chip=words.WAIT if open_still else words.GOOD),
            Fact(_("Since"), stamp(one.opened_at)),
            Fact(_("Age"), age(timezone.now() - one.opened_at) if open_still else ""),
            Fact(_("Owner"), owner_name(one) or _("nobody yet")),
            Fact(_("Closed"), stamp(one.closed_at)),
            Fact(_("Closed by"), words.who(one.closed_by, names) if one.closed_by else ""),
            Fact(_("Closed because"), reason(one.closed_because)),
            Fact(_("Kind"), one.kind, mono=True),
        ],
        tables=[acts_on(user, [f"desk:{one.pk}", one.subject])],
        acts=acts,
    )
    return show(request, detail)


def owner_name(one: DeskItem) -> str:
    """Whose matter it is; "" for nobody's."""
    owner: Any = one.owner
    return (owner.full_name or owner.email) if owner else ""


def _columns(*, closed: bool = False) -> Any:
    last = [_("Closed because")] if closed else []
    return columns("#" + _("Since"), "#" + _("Age"), _("What"), _("About"), _("Owner"), *last)


def _row(user: Any, one: DeskItem) -> Any:
    here = reverse("desk_item", args=[one.pk])
    until = one.closed_at or timezone.now()
    return (
        Cell(stamp(one.opened_at), num=True, tight=True),
        Cell(age(until - one.opened_at), num=True, tight=True),
        Cell(words.matter(one.sentence), here),
        subject_cell(user, one.subject),
        Cell(owner_name(one)),
        *([Cell(reason(one.closed_because))] if one.closed_at else []),
    )
