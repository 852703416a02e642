"""Circulation: copies of each issue by class, as they were frozen when it was posted, and their average over the year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.days import paris_day
from shop.backoffice.circulation_plots import Segment, Stack, stacked
from shop.backoffice.doors import desk, page
from shop.backoffice.meter_pages import verdict_cell
from shop.backoffice.money_tables import acts_for
from shop.backoffice.paging import paged
from shop.backoffice.post_pages import pdf
from shop.backoffice.roles import Right
from shop.backoffice.run_pages import CSV
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table
from shop.templatetags.french import issue_number, short_day
from subscriptions.figures import statements
from subscriptions.figures.classes import NOT_PAID, PAID, Klass
from subscriptions.figures.metering import meters_of, named
from subscriptions.figures.meters import Meter, Verdict, count, tenths
from subscriptions.figures.reading import Figures, average, figures_of, of_a_year
from subscriptions.models import Issue, Magazine

SHOWN = 12
#: Classes as a bar of the plot says them, in few letters.
SHORT = {
    Klass.IND: "abonnés", Klass.GIFT: "offerts", Klass.BULK: "en nombre", Klass.SINGLE: "au numéro", Klass.UNPAID: "non encaissés",
    Klass.LOW: "sous le seuil", Klass.UNDONE: "remboursés", Klass.FREE: "gratuits", Klass.PROOF: "justificatifs",
    Klass.SEED: "témoins", Klass.RESTORED: "repris du séquestre",
}  # fmt: skip


@desk(Right.FIGURES)
def circulation(request: HttpRequest) -> HttpResponse:
    """The issues, the newest first, with their average over the year and what is near a limit."""
    magazine, on = Magazine.objects.order_by("pk").first(), paris_day(timezone.now())
    counted = Issue.objects.filter(circulations__isnull=False).distinct()
    found = paged(request, counted, by="-number", size=SHOWN)
    figures = figures_of(found.rows)
    year = figures_of(of_a_year(magazine.pk, until=on)) if magazine else []
    meters = meters_of(magazine, on=on) if magazine else []
    said = {
        "title": _("Circulation"),
        "acts": acts_for(
            request.user,
            (Right.FIGURES, _("Meters"), "desk_meters", 0),
            (Right.FIGURES, _("Print runs"), "desk_prints", 0),
            (Right.FIGURES, _("Statement of the year (PDF)"), "desk_circulation_year_pdf", 0),
            (Right.FIGURES, _("Statement of the year (CSV)"), "desk_circulation_year_csv", 0),
        ),
        "plots": [plot(figures)] if figures else [],
        "tables": [_issues(figures, year), _near(meters)],
        "page": found,
    }
    return page(request, "backoffice/circulation.html", said)


def plot(figures: Sequence[Figures]) -> dict[str, Any]:
    """The copies of these issues by class, and what is said under them."""
    rows = [
        Stack(
            issue_number(one.issue.printed),
            [Segment(one.of(klass), SHORT[klass], klass in PAID) for klass in (*PAID, *NOT_PAID) if one.of(klass)],
        )
        for one in figures
    ]
    desc = "; ".join(
        f"{row.label}: " + ", ".join(f"{part.copies} {part.said}" for part in row.segments) for row in rows
    )
    return {
        "svg": stacked("diffusion", rows, title=_("Copies posted of each issue, by class"), desc=desc),
        "caption": _("Full: paid. Dashed: posted and not paid. What is sent again is not circulation, and not drawn."),
    }


def _issues(figures: Sequence[Figures], year: Sequence[Figures]) -> Table:
    def row(one: Figures) -> Sequence[Cell]:
        here = reverse("desk_circulation_issue", args=[one.issue.pk])
        return (
            Cell(issue_number(one.issue.printed), here, tight=True),
            Cell(short_day(one.issue.posted_on), num=True),
            *(_cell(one, klass) for klass in PAID),
            Cell(count(one.paid), here + "#payes", num=True),
            Cell(count(one.not_paid), here + "#classes", num=True),
            Cell(count(one.posted), here, num=True),
            _cell(one, Klass.CLAIM),
            Cell(
                count(one.returned),
                reverse("desk_circulation_returns", args=[one.issue.pk]) if one.returned else "",
                num=True,
            ),
        )

    mean = average(year)

    def of(name: str) -> Cell:
        return Cell(tenths(mean[name]) if mean else "", num=True)

    return Table(
        label=_("Issues"),
        title=_("Issues"),
        columns=columns(
            _("Issue"), "#" + _("Posted"), *("#" + SHORT[klass].capitalize() for klass in PAID), "#" + _("Paid circulation"),
            "#" + _("Not paid"), "#" + _("Circulation"), "#" + _("Sent again"), "#" + _("Returned (PND)"),
        ),
        rows=[row(one) for one in figures],
        total=(
            Cell(_("Average"), tight=True),
            Cell(named([one.issue for one in year]), num=True),
            *(of(str(klass)) for klass in PAID),
            of("paid"),
            of("not_paid"),
            of("posted"),
            of(str(Klass.CLAIM)),
            Cell(""),
        ),
        empty=_("No issue was counted yet: it is when its file is posted."),
    )  # fmt: skip


def _cell(one: Figures, klass: Klass) -> Cell:
    """Copies of one class, and the way to their lines."""
    many = one.of(klass)
    return Cell(count(many), rows_url(one.issue, klass) if many else "", num=True)


def rows_url(issue: Issue, klass: Klass) -> str:
    """Where the lines of a class are."""
    return reverse("desk_circulation_rows", args=[issue.pk, str(klass)])


def _near(meters: Sequence[Meter]) -> Table:
    near = [one for one in meters if one.verdict in (Verdict.NEAR, Verdict.CROSSED, Verdict.ASK)]
    return Table(
        label=_("Near a limit"),
        title=_("Near a limit"),
        columns=columns(_("What it means"), _("Verdict")),
        rows=[(Cell(one.sentence, reverse("desk_meters")), verdict_cell(one.verdict)) for one in near],
        empty=_("Every figure is well inside its limit."),
    )


@desk(Right.FIGURES)
def circulation_year_csv(request: HttpRequest) -> HttpResponse:
    """The issues of twelve months and their average."""
    _magazine, figures, on = _year()
    return as_csv(statements.year_csv(figures), f"diffusion_{on:%Y%m%d}.csv")


@desk(Right.FIGURES)
def circulation_year_pdf(request: HttpRequest) -> HttpResponse:
    """The same to sign."""
    magazine, figures, on = _year()
    return pdf(request, statements.year_pdf(magazine.title, figures, on=on), f"diffusion_{on:%Y%m%d}.pdf")


def _year() -> tuple[Magazine, Sequence[Figures], date]:
    magazine, on = Magazine.objects.order_by("pk").first(), paris_day(timezone.now())
    if magazine is None:
        raise Http404
    return magazine, figures_of(of_a_year(magazine.pk, until=on)), on


def as_csv(body: bytes, name: str) -> HttpResponse:
    """A table to keep."""
    answer = HttpResponse(body, content_type=CSV)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
