"""Print runs: how many copies of a coming issue to print and why; what was advised, printed and used of those before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from shop.backoffice import words
from shop.backoffice.circulation_plots import PrintBar, prints
from shop.backoffice.doors import desk, page
from shop.backoffice.money_tables import acts_for
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns
from shop.backoffice.tables import Cell, Table
from shop.templatetags.french import issue_number, short_day, stamp
from subscriptions.figures.advising import Advice, Part, advise
from subscriptions.figures.meters import count, percent
from subscriptions.figures.printing import Used, used_of
from subscriptions.figures.rules import assumption_in_force
from subscriptions.models import Issue, PrintAdvice, PrintAssumption

SHOWN = 12
#: Where the rows of a part are.
PARTS = {
    "due": "desk_issue", "free": "desk_free_copies", "held": "desk_issue", "automatic": "desk_issue", "fixed": "desk_issue",
    "complements": "desk_issues", "claims": "desk_stock", "singles": "desk_stock",
}  # fmt: skip
RIGHTS = {"desk_stock": Right.STOCK}


@desk(Right.FIGURES)
def print_runs(request: HttpRequest) -> HttpResponse:
    """The issues to come, and beside those that have left what was printed and used."""
    coming = list(Issue.objects.filter(posted_on=None).order_by("number")[:SHOWN])
    left = list(Issue.objects.filter(circulations__isnull=False).distinct().order_by("-number")[:SHOWN])
    used = used_of(left)
    said = {
        "title": _("Print runs"),
        "crumbs": ((_("Circulation"), reverse("desk_circulation")),),
        "acts": acts_for(request.user, (Right.PRINTS, _("Change the assumptions"), "desk_act_assumption", 0)),
        "plots": [_plot(used)] if used else [],
        "tables": [_coming(used_of(coming)), _used(used), _assumed(assumption_in_force())],
    }
    return page(request, "backoffice/circulation.html", said)


def _plot(used: Sequence[Used]) -> dict[str, Any]:
    rows = [
        PrintBar(
            issue_number(one.issue.printed), one.used, one.stock, one.printed,
            (one.advice.low, one.advice.high) if one.advice else None, _said(one),
        )
        for one in used
    ]  # fmt: skip
    return {
        "svg": prints(
            "tirages",
            rows,
            title=_("Printed, advised and used, issue by issue"),
            desc="; ".join(f"{row.label}: {row.said}" for row in rows),
        ),
        "caption": _(
            "Full: sent. Outline: in stock. The mark across: printed. The line under it: the range that was advised."
        ),
    }


def _said(one: Used) -> str:
    parts = [_("used: %(many)s") % {"many": count(one.used)}]
    if one.printed is not None:
        parts.append(_("printed: %(many)s") % {"many": count(one.printed)})
    if one.advice:
        parts.append(_("advised: %(low)s to %(high)s") % {"low": count(one.advice.low), "high": count(one.advice.high)})
    return " · ".join(parts)


def _coming(coming: Sequence[Used]) -> Table:
    return Table(
        label=_("To come"),
        title=_("To come"),
        columns=columns(_("Issue"), "#" + _("Cut-off"), "#" + _("Posting"), "#" + _("Advice kept"), "#" + _("Printed")),
        rows=[
            (
                Cell(issue_number(one.issue.printed), reverse("desk_print", args=[one.issue.pk]), tight=True),
                Cell(short_day(one.issue.cutoff_on), num=True),
                Cell(short_day(one.issue.post_on), num=True),
                Cell(_range(one.advice), num=True),
                Cell("" if one.printed is None else count(one.printed), num=True),
            )
            for one in coming
        ],
        empty=_("No issue is planned."),
    )


def _range(advice: PrintAdvice | None) -> str:
    return _("%(low)s to %(high)s") % {"low": count(advice.low), "high": count(advice.high)} if advice else ""


def _used(used: Sequence[Used]) -> Table:
    def row(one: Used) -> Sequence[Cell]:
        inside = {
            True: Cell(_("in the range"), chip=words.GOOD),
            False: Cell(_("outside the range"), chip=words.WAIT),
            None: Cell(""),
        }[one.inside]
        return (
            Cell(issue_number(one.issue.printed), reverse("desk_print", args=[one.issue.pk]), tight=True),
            Cell(_range(one.advice), num=True),
            Cell("" if one.printed is None else count(one.printed), num=True),
            Cell(count(one.sent), reverse("desk_circulation_issue", args=[one.issue.pk]), num=True),
            Cell(count(one.again), num=True),
            Cell(count(one.stock), num=True),
            Cell(count(one.spoiled), num=True),
            Cell("" if one.over is None else count(one.over).replace("-", "−"), num=True),
            inside,
        )

    return Table(
        label=_("Printed and used"),
        title=_("Printed and used"),
        columns=columns(
            _("Issue"), "#" + _("Advised then"), "#" + _("Printed"), "#" + _("Sent to readers"), "#" + _("Sent again"), "#" + _("In stock"),
            "#" + _("Spoiled"), "#" + _("Neither sent nor in stock"), _("The advice"),
        ),
        rows=[row(one) for one in used],
        empty=_("No issue was counted yet."),
    )  # fmt: skip


def _assumed(assumed: PrintAssumption) -> Table:
    rows = [
        (_("A rate is taken from so many cases at least"), str(assumed.observed_least)),
        (_("Readers who go on"), _pair(assumed.renewed_low, assumed.renewed_high)),
        (_("Copies sent again"), _pair(assumed.claimed_low, assumed.claimed_high)),
        (_("New readers until the day of posting"), _numbers(assumed.new_low, assumed.new_high)),
        (_("Copies sold one by one"), _numbers(assumed.single_low, assumed.single_high)),
        (_("Overrun and reserve"), _pair(assumed.reserve_low, assumed.reserve_high)),
        (
            _("Entered"),
            f"{stamp(assumed.created_at)} : {reason(assumed.reason)}" if assumed.pk else _("nothing was entered yet"),
        ),
    ]
    return Table(
        label=_("Assumptions of the publisher"),
        title=_("Assumptions of the publisher"),
        anchor="hypotheses",
        columns=columns(_("What"), _("Figure")),
        rows=[(Cell(name), Cell(value)) for name, value in rows],
    )


def _pair(low: Any, high: Any) -> str:
    return _("%(low)s to %(high)s") % {"low": percent(low), "high": percent(high)}


def _numbers(low: int, high: int) -> str:
    return _("%(low)s to %(high)s") % {"low": count(low), "high": count(high)}


@desk(Right.FIGURES)
def print_run(request: HttpRequest, key: int) -> HttpResponse:
    """One issue: what would be advised today, if it has not left; every advice that was kept; what was used."""
    one = get_object_or_404(Issue.objects.select_related("magazine"), pk=key)
    user = request.user
    advice = advise(one) if one.posted_on is None else None
    (used,) = used_of([one])
    said = {
        "title": _("Print run of %(issue)s") % {"issue": issue_number(one.printed)},
        "crumbs": ((_("Circulation"), reverse("desk_circulation")), (_("Print runs"), reverse("desk_prints"))),
        "acts": acts_for(
            user,
            *([(Right.PRINTS, _("Keep this advice"), "desk_act_keep_advice", one.pk)] if advice else []),
            (Right.PRINTS, _("Note what was printed"), "desk_act_note_print", one.pk),
        ),
        "figures": _heads(advice, used),
        "plots": [_plot([used])] if one.posted_on else [],
        "tables": [
            *([parts_table(user, one, advice.parts, title=_("What is advised today"))] if advice else []),
            *([_used([used])] if one.posted_on else []),
            *(_kept(user, one, row) for row in one.advices.order_by("-number")),
            acts_on(user, [f"issue:{one.pk}"]),
        ],
    }
    return page(request, "backoffice/circulation.html", said)


def _heads(advice: Advice | None, used: Used) -> list[dict[str, Any]]:
    heads = []
    if advice:
        heads.append({"label": _("Advised today"), "value": _numbers(advice.low, advice.high)})
    if used.advice:
        heads.append({"label": _("Advice kept"), "value": _range(used.advice)})
    if used.printed is not None:
        heads.append({"label": _("Printed"), "value": count(used.printed)})
    if used.issue.posted_on:
        heads.append({"label": _("Used"), "value": count(used.used)})
    return heads


def parts_table(user: Any, one: Issue, parts: Sequence[Part], *, title: str) -> Table:
    """The parts of an advice with their sum; each opens its rows."""
    return Table(
        label=title,
        title=title,
        columns=columns(
            _("Part"), "#" + _("At least"), "#" + _("At most"), "#" + _("Observed"), _("Where it comes from")
        ),
        rows=[
            (
                Cell(part.name, _open(user, part.code, one)),
                Cell(count(part.low), num=True),
                Cell(count(part.high), num=True),
                Cell(part.rate, num=True),
                Cell(part.how),
            )
            for part in parts
        ],
        total=(
            Cell(_("Print run")),
            Cell(count(sum(part.low for part in parts)), num=True),
            Cell(count(sum(part.high for part in parts)), num=True),
            Cell(""),
            Cell(""),
        ),
    )


def _open(user: Any, code: str, one: Issue) -> str:
    name = PARTS.get(code.partition("_")[0])
    if name is None:
        return reverse("desk_prints") + "#hypotheses"
    if not may(user, RIGHTS.get(name, Right.FULFILMENT_DESK)):
        return ""
    return reverse(name, args=[one.pk] if name == "desk_issue" else [])


def _kept(user: Any, one: Issue, row: PrintAdvice) -> Table:
    title = _("Advice of %(day)s, kept by %(who)s") % {
        "day": short_day(row.on),
        "who": words.who(row.actor, words.names_of_staff([row.actor])),
    }
    return parts_table(user, one, [Part(**part) for part in row.parts], title=title)
