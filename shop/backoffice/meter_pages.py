"""Meters: how near the limits of the press we are, in sentences; the share of paid copies and the price paid over the issues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.circulation_plots import Point, over_issues
from shop.backoffice.doors import desk, page
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns, matters_of
from shop.backoffice.tables import Cell, Table, chip
from shop.templatetags.french import euros, issue_number, short_day
from subscriptions.figures.metering import meters_of
from subscriptions.figures.meters import Meter, Verdict, count, limit_of, percent
from subscriptions.figures.reading import Figures, Sold, figures_of, of_a_year, price_paid, sold_by_code
from subscriptions.figures.rules import rule_in_force
from subscriptions.figures.watching import subject_of
from subscriptions.models import CirculationRule, Magazine

VERDICT: words.Words = {
    Verdict.WELL: (gettext_lazy("well inside"), words.GOOD),
    Verdict.NEAR: (gettext_lazy("near its limit"), words.WAIT),
    Verdict.CROSSED: (gettext_lazy("beyond its limit"), words.BAD),
    Verdict.ASK: (gettext_lazy("for a person to say"), words.WAIT),
    Verdict.UNKNOWN: (gettext_lazy("nothing to measure yet"), words.NONE),
}


def verdict_cell(verdict: str) -> Cell:
    """A verdict as a chip."""
    return chip(words.said(VERDICT, verdict))


@desk(Right.FIGURES)
def meters(request: HttpRequest) -> HttpResponse:
    """Every meter with its sentence, and the rule that it is judged by."""
    magazine, on = Magazine.objects.order_by("pk").first(), paris_day(timezone.now())
    rule = rule_in_force(on)
    found = meters_of(magazine, on=on) if magazine else []
    year = of_a_year(magazine.pk, until=on) if magazine else []
    figures, sold, prices = figures_of(year), sold_by_code(year), price_paid(year)
    said = {
        "title": _("Meters"),
        "crumbs": ((_("Circulation"), reverse("desk_circulation")),),
        "acts": acts_for(request.user, (Right.FIGURE_RULES, _("Change the limits"), "desk_act_circulation_rule", 0)),
        "note": _("Issues of the last twelve months, as they were frozen; prices as they are asked for today."),
        "plots": _plots(figures, prices, rule) if figures else [],
        "tables": [
            _meters(found),
            _over_issues(figures, prices),
            _sold(sold),
            _rule(rule),
            matters_of(request.user, [subject_of(magazine, one.matter) for one in found] if magazine else []),
        ],
    }
    return page(request, "backoffice/circulation.html", said)


def _meters(found: Sequence[Meter]) -> Table:
    return Table(
        label=_("Meters"),
        title=_("Meters"),
        columns=columns(
            _("Meter"), _("Verdict"), _("What it means"), "#" + _("Figure"), "#" + _("Limit"), "#" + _("Left")
        ),
        rows=[
            (
                Cell(one.name),
                verdict_cell(one.verdict),
                Cell(one.sentence),
                Cell(one.value, num=True),
                Cell(one.limit, num=True),
                Cell(one.left, num=True),
            )
            for one in found
        ],
        empty=_("There is no magazine."),
    )


def _share(one: Figures) -> Decimal:
    return Decimal(one.paid) * 100 / one.posted if one.posted else Decimal(0)


def _plots(figures: Sequence[Figures], prices: Mapping[int, Decimal], rule: CirculationRule) -> list[dict[str, Any]]:
    shares = [Point(issue_number(one.issue.printed), float(_share(one)), percent(_share(one))) for one in figures]
    paid = [
        Point(issue_number(one.issue.printed), float(prices[one.issue.pk]), percent(prices[one.issue.pk]))
        for one in figures
        if one.issue.pk in prices
    ]
    least, price_least = rule.paid_share_least_percent, rule.paid_least_percent
    drawn = [
        {
            "svg": over_issues(
                "part-payee", shares, limit=float(least), limit_said=limit_of(least),
                title=_("Share of paid copies, issue by issue"), desc=_said(shares),
            ),
            "caption": _("Share of paid copies, issue by issue. Dashed: the least."),
        }
    ]  # fmt: skip
    if paid:
        drawn.append(
            {
                "svg": over_issues(
                    "prix-paye", paid, limit=float(price_least), limit_said=limit_of(price_least),
                    title=_("Price paid on average, of the reference price"), desc=_said(paid),
                ),
                "caption": _("Price paid on average, of the reference price. Dashed: below it a copy is not a paid one."),
            }
        )  # fmt: skip
    return drawn


def _said(points: Sequence[Point]) -> str:
    return "; ".join(f"{one.label}: {one.said}" for one in points)


def _over_issues(figures: Sequence[Figures], prices: Mapping[int, Decimal]) -> Table:
    rows = []
    for one in figures:
        price = prices.get(one.issue.pk)
        rows.append(
            (
                Cell(
                    issue_number(one.issue.printed), reverse("desk_circulation_issue", args=[one.issue.pk]), tight=True
                ),
                Cell(count(one.paid), num=True),
                Cell(count(one.posted), num=True),
                Cell(percent(_share(one)), num=True),
                Cell("" if price is None else percent(price), num=True),
            )
        )
    return Table(
        label=_("Issue by issue"),
        title=_("Issue by issue"),
        columns=columns(
            _("Issue"), "#" + _("Paid circulation"), "#" + _("Circulation"), "#" + _("Share of paid copies"), "#" + _("Average price paid"),
        ),
        rows=rows,
        empty=_("No issue of the last twelve months was counted."),
    )  # fmt: skip


def _sold(sold: Sequence[Sold]) -> Table:
    return Table(
        label=_("Sold by offer and code"),
        title=_("Sold by offer and code"),
        columns=columns(
            _("Offer"), _("Code"), "#" + _("Copies"), "#" + _("Paid"), "#" + _("At the reference price"), "#" + _("On average"),
            "#" + _("The cheapest"), "#" + _("Too cheap to count"),
        ),
        rows=[
            (
                Cell(one.offer),
                Cell(one.code or _("none: the shop itself")),
                Cell(count(one.copies), num=True),
                Cell(euros(one.paid), num=True),
                Cell(euros(one.reference), num=True),
                Cell("" if one.percent is None else percent(one.percent), num=True),
                Cell("" if one.least is None else percent(one.least), num=True),
                Cell(count(one.low), num=True, chip=words.BAD) if one.low else Cell("0", num=True),
            )
            for one in sold
        ],
        empty=_("Nothing was sold of the issues of the last twelve months."),
    )  # fmt: skip


def _rule(rule: CirculationRule) -> Table:
    rows = [
        (_("A paid copy brought in at least, of the reference price"), limit_of(rule.paid_least_percent)),
        (_("A coupled sale keeps at least, of the reference price"), limit_of(rule.coupled_least_percent)),
        (_("Paid copies among those posted, at least"), limit_of(rule.paid_share_least_percent)),
        (_("Paid copies bought in number, at most"), limit_of(rule.bulk_most_percent)),
        (_("Months between two issues, at most"), str(rule.gap_most_months)),
        (_("Issues a year, at least"), str(rule.issues_least)),
        (_("Warns so many days before the registration ends"), str(rule.cppap_warn_days)),
        (_("Warns so many points before a limit"), limit_of(rule.warn_points)),
        (
            _("Reference price"),
            rule.reference_offer.title if rule.reference_offer else _("the dearest yearly offer of the zone"),
        ),
        (_("In force since"), short_day(rule.valid_from)),
        (_("Where it comes from"), rule.source),
    ]
    return Table(
        label=_("Limits in force"),
        title=_("Limits in force"),
        anchor="regle",
        columns=columns(_("What"), _("Figure")),
        rows=[(Cell(name), Cell(value)) for name, value in rows],
    )
