"""Back issues and copies that came back, at fulfilment's desk: the stock of each issue, its resends, and every return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.paging import paged
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.run_words import RUN
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table, chip
from shop.templatetags.french import issue_number, short_day, stamp
from subscriptions.losses.stock import balances, promised, reserved, sold
from subscriptions.models import CopyReturn, Issue, MailingRun, StockMovement

ISSUES = 24


@desk(Right.STOCK)
def stock(request: HttpRequest) -> HttpResponse:
    """What is left of each issue, promised of it and sold; the runs that were made out of it; every movement."""
    found = paged(request, StockMovement.objects.select_related("issue"))
    said = {
        "title": _("Back issues"),
        "tables": [_issues(request), _runs(request.user), _movements(found.rows)],
        "acts": acts_for(request.user, (Right.STOCK, _("Enter a movement"), "desk_act_stock", 0)),
        "page": found,
    }
    return page(request, "backoffice/post.html", said)


def _issues(request: HttpRequest) -> Table:
    rows = list(Issue.objects.filter(stock__isnull=False).distinct().order_by("-number")[:ISSUES])
    keys = [one.pk for one in rows]
    there, claimed, kept, bought = balances(keys), promised(keys), reserved(keys), sold(keys)
    may_make = may(request.user, Right.STOCK)
    return Table(
        label=_("In stock"),
        title=_("In stock"),
        columns=columns(
            _("Issue"),
            "#" + _("In stock"),
            "#" + _("Promised to claims"),
            "#" + _("Reserved by orders"),
            "#" + _("Sold, to be sent"),
            "#" + _("Free"),
            _("Run"),
        ),
        rows=[
            (
                Cell(issue_number(one.number)),
                Cell(there[one.pk], num=True),
                Cell(claimed[one.pk], num=True),
                Cell(kept[one.pk], num=True),
                Cell(bought[one.pk], reverse("desk_singles") + "?etat=owed" if bought[one.pk] else "", num=True),
                Cell(there[one.pk] - claimed[one.pk] - kept[one.pk] - bought[one.pk], num=True),
                Cell(
                    _("make the run") if claimed[one.pk] or bought[one.pk] else "",
                    reverse("desk_act_resends", args=[one.pk])
                    if (claimed[one.pk] or bought[one.pk]) and may_make
                    else "",
                ),
            )
            for one in rows
        ],
        empty=_("Nothing is in stock: enter what the mailing house has sent back of a run."),
    )


def _runs(user: Any) -> Table:
    rows = MailingRun.objects.filter(kind=MailingRun.Kind.RESEND).select_related("issue").order_by("-pk")[:20]
    return Table(
        label=_("Runs out of the stock"),
        title=_("Runs out of the stock"),
        columns=columns(_("Issue"), _("File"), _("Status"), "#" + _("Copies"), "#" + _("Asked for")),
        rows=[
            (
                Cell(issue_number(one.issue.number)),
                Cell(f"v{one.sequence}", link(user, "run", one.pk)),
                chip(words.said(RUN, one.state)),
                Cell(one.copies if one.copies is not None else "", num=True),
                Cell(stamp(one.asked_at), num=True),
            )
            for one in rows
        ],
        empty=_("Nothing left the stock yet."),
    )


def _movements(rows: Sequence[StockMovement]) -> Table:
    names = words.names_of_staff(one.actor for one in rows)
    return Table(
        label=_("Movements"),
        title=_("Movements"),
        columns=columns("#" + _("When"), _("Issue"), _("What"), "#" + _("Copies"), "#" + _("Left"), _("Who"), _("Why")),
        rows=[
            (
                Cell(stamp(one.at), num=True),
                Cell(issue_number(one.issue.number)),
                Cell(words.STOCK[one.kind]),
                Cell(f"{one.copies:+d}".replace("-", "−"), num=True),
                Cell(one.left, num=True),
                Cell(words.who(one.actor, names)),
                Cell(reason(one.reason)),
            )
            for one in rows
        ],
        empty=_("Nothing moved yet."),
    )


@desk(Right.STOCK)
def copy_returns(request: HttpRequest) -> HttpResponse:
    """Copies that came back (PND), newest first, and what followed."""

    def row(one: CopyReturn) -> Sequence[Cell]:
        line = one.dispatch
        return (
            Cell(line.key, mono=True, tight=True),
            Cell(short_day(one.on), num=True),
            Cell(words.RETURN_REASON[one.reason_code]),
            Cell(words.RETURN_EFFECT[one.effect] if one.effect else _("to be looked at")),
            Cell(str(line.subscription or ""), link(request.user, "subscription", line.subscription_id), mono=True),
            Cell(words.RETURN_SOURCE[one.source]),
            Cell(stamp(one.at), num=True),
        )

    return show_list(
        request,
        title=_("Copies that came back"),
        rows=CopyReturn.objects.select_related("dispatch__subscription"),
        columns=columns(
            _("Key"), "#" + _("Came back"), _("Reason"), _("What followed"), _("Subscription"), _("From"), "#" + _("Entered"),
        ),
        row=row,
        facts={
            "acts": acts_for(
                request.user,
                (Right.STOCK, _("Let a file in"), "desk_act_return_file", 0),
                (Right.STOCK, _("Write one return down"), "desk_act_return", 0),
            )
        },
    )  # fmt: skip
