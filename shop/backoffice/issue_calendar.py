"""The calendar of issues: what is planned, closed and posted, how many copies are promised of each, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.money_tables import acts_for
from shop.backoffice.plotting import Stretch, time_line
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table, chip
from shop.templatetags.french import issue_number, short_day
from subscriptions.calendar import RULES, add_months
from subscriptions.calendar.ahead import Warn, working_days_between
from subscriptions.issue_calendar.watching import warnings_of
from subscriptions.models import Entitlement, Issue, Magazine
from subscriptions.notices.french import month

#: Issues that have left and are still shown, to see the next beside them.
LEFT_SHOWN = 2
#: Copies that come with an issue, as far as is known.
PROMISED = (Entitlement.State.OWED, Entitlement.State.ASSIGNED, Entitlement.State.SERVED)


@desk(Right.PEOPLE)
def calendar(request: HttpRequest) -> HttpResponse:
    """The time line, what is wrong, and the table behind it. Four queries, whatever is promised."""
    on = paris_day(timezone.now())
    magazine = Magazine.objects.order_by("pk").first()
    issues = _shown(magazine)
    wrong = warnings_of(magazine, on=on) if magazine is not None else []
    said = {
        "title": _("Calendar of issues"),
        "acts": acts_for(request.user, (Right.ISSUES, _("Plan the next issues"), "desk_act_plan_issues", 0)),
        "plot": _plot(issues, wrong, on=on),
        "caption": _(
            "From the cut-off to the day of posting. Full: posted. Outline: to come. The dashed line is twelve months ahead."
        ),
        "tables": [_wrong(wrong), _table(request.user, issues, wrong, _promised(issues))],
        "nothing": False,
        "figures": None,
    }
    return page(request, "backoffice/calendar.html", said)


def _shown(magazine: Magazine | None) -> list[Issue]:
    if magazine is None:
        return []
    every = list(Issue.objects.filter(magazine=magazine).order_by("number"))
    left = [one for one in every if one.posted_on is not None]
    return [*left[-LEFT_SHOWN:], *(one for one in every if one.posted_on is None)]


def _promised(issues: Sequence[Issue]) -> Mapping[int, int]:
    """Copies promised so far, by issue; of one that has left, the copies that left with it."""
    rows = Entitlement.objects.filter(issue__in=issues, state__in=PROMISED).order_by()
    return dict(rows.values_list("issue").annotate(many=Count("pk")))


def _plot(issues: Sequence[Issue], wrong: Sequence[Warn], *, on: date) -> str:
    bad = {one.number for one in wrong}
    return time_line(
        [
            Stretch(
                label=issue_number(one.printed),
                begins=one.cutoff_on,
                ends=one.posted_on or one.post_on,
                done=one.posted_on is not None,
                said=short_day(one.posted_on or one.post_on),
                wrong=one.number in bad,
            )
            for one in issues
        ],
        today=on,
        until=add_months(on, RULES.planned_months_ahead),
        title=_("Cut-off and posting of each issue"),
    )


def _wrong(wrong: Sequence[Warn]) -> Table:
    return Table(
        label=_("What is wrong"),
        title=_("What is wrong"),
        columns=columns(_("Warning")),
        rows=[(Cell(one.sentence),) for one in wrong],
        empty=_("Nothing is wrong with the calendar."),
    )


def _table(user: Any, issues: Sequence[Issue], wrong: Sequence[Warn], promised: Mapping[int, int]) -> Table:
    changes = may(user, Right.ISSUES)
    records = may(user, Right.RECORDS)
    counted: dict[int | None, int] = {}
    for one in wrong:
        counted[one.number] = counted.get(one.number, 0) + 1

    def row(one: Issue) -> Sequence[Cell]:
        register = reverse("registers:subscriptions_issue_change", args=[one.pk]) if records else ""
        open_still = changes and one.state != Issue.State.POSTED
        many = counted.get(one.number, 0)
        cells = [
            Cell(issue_number(one.printed), register, tight=True),
            Cell(month(one.cover_month, one.cover_year)),
            Cell(short_day(one.cutoff_on), num=True),
            Cell(working_days_between(one.cutoff_on, one.post_on), num=True),
            Cell(short_day(one.post_on), num=True),
            Cell(short_day(one.posted_on), num=True),
            chip(words.said(words.ISSUE, one.state)),
            Cell(promised.get(one.pk, 0), num=True),
            Cell(many, chip=words.WAIT) if many else Cell(""),
        ]
        if changes:
            cells += [
                Cell(_("Move"), reverse("desk_act_move_issue", args=[one.pk])) if open_still else Cell(""),
                Cell(_("Make double"), reverse("desk_act_double_issue", args=[one.pk]), tight=True)
                if one.state == Issue.State.PLANNED and one.last_number is None
                else Cell(""),
            ]
        return cells

    labels = [
        _("Number"),
        _("Cover"),
        "#" + _("Cut-off"),
        "#" + _("Working days before"),
        "#" + _("Posted about"),
        "#" + _("Posted"),
        _("Status"),
        "#" + _("Copies promised"),
        _("Warnings"),
    ]
    return Table(
        label=_("Issues"),
        title=_("Issues"),
        columns=columns(*labels, *((_("Dates"), _("Numbering")) if changes else ())),
        rows=[row(one) for one in issues],
        empty=_("No issue is planned."),
    )
