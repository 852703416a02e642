"""The statement of one issue: by class and zone, by what was paid, count by count; every number opens its lines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from shop.backoffice import words
from shop.backoffice.circulation_pages import SHORT, as_csv, plot, rows_url
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.post_pages import pdf
from shop.backoffice.roles import Right
from shop.backoffice.run_pages import CSV
from shop.backoffice.run_words import RUN_KIND, ZONE
from shop.backoffice.showing import acts_on, columns
from shop.backoffice.tables import Cell, Table
from shop.templatetags.french import euros, issue_number, short_day, stamp
from subscriptions.figures import statements
from subscriptions.figures.classes import CLASSES, Band, Klass
from subscriptions.figures.meters import count, percent
from subscriptions.figures.reading import Figures, Part, counts_of, figures_of, parts_of, rule_of
from subscriptions.models import Circulation, CopyReturn, CountedCopy, Issue


@desk(Right.FIGURES)
def circulation_issue(request: HttpRequest, key: int) -> HttpResponse:
    """The statement of one issue: by class and zone, by band of price, and each count that it is the sum of."""
    one = _counted(key)
    (figures,) = figures_of([one])
    parts, counts = parts_of(one), counts_of(one)
    said = {
        "title": _("Circulation of %(issue)s") % {"issue": issue_number(one.printed)},
        "crumbs": ((_("Circulation"), reverse("desk_circulation")),),
        "acts": acts_for(
            request.user,
            (Right.FIGURES, _("Statement (PDF)"), "desk_circulation_pdf", one.pk),
            (Right.FIGURES, _("Statement (CSV)"), "desk_circulation_csv", one.pk),
            (Right.FIGURES, _("Every line (CSV)"), "desk_circulation_lines", one.pk),
            (Right.FIGURES, _("Print run"), "desk_print", one.pk),
        ),
        "note": " ".join(statements.other_limits(counts)),
        "figures": _heads(figures),
        "plots": [plot([figures])],
        "tables": [
            _by_class(one, figures, parts),
            _by_band(one, parts, counts),
            _counts(request.user, counts),
            _digital(figures),
            acts_on(request.user, [f"issue:{one.pk}"]),
        ],
    }
    return page(request, "backoffice/circulation.html", said)


def _counted(key: int) -> Issue:
    """An issue of which something was counted. Raises Http404."""
    rows = Issue.objects.filter(circulations__isnull=False).select_related("magazine").distinct()
    return get_object_or_404(rows, pk=key)


def _heads(one: Figures) -> list[dict[str, Any]]:
    def share(many: int, of: int) -> str:
        return percent(Decimal(many) * 100 / of) if of else ""

    return [
        {
            "label": _("Paid circulation"),
            "value": count(one.paid),
            "note": share(one.paid, one.posted),
            "url": "#payes",
        },
        {
            "label": _("Not paid"),
            "value": count(one.not_paid),
            "note": share(one.not_paid, one.posted),
            "url": "#classes",
        },
        {"label": _("Circulation"), "value": count(one.posted), "url": "#classes"},
        {
            "label": _("Sent again"),
            "value": count(one.again),
            "note": share(one.again, one.posted),
            "url": rows_url(one.issue, Klass.CLAIM) if one.again else "",
        },
        {
            "label": _("Returned (PND)"),
            "value": count(one.returned),
            "note": share(one.returned, one.posted),
            "url": reverse("desk_circulation_returns", args=[one.issue.pk]) if one.returned else "",
        },
        {"label": _("Left in all"), "value": count(one.total), "url": "#comptes"},
    ]


def _by_class(one: Issue, figures: Figures, parts: Sequence[Part]) -> Table:
    zones = [zone for zone in ZONE if any(part.zone == zone for part in parts)]
    rows = []
    for klass, row in CLASSES.items():
        if figures.of(klass):
            mine = [part for part in parts if part.klass == klass]
            by_zone = [sum(part.copies for part in mine if part.zone == zone) for zone in zones]
            rows.append(
                (
                    Cell(row.french, rows_url(one, klass)),
                    Cell(row.acpm, mono=True),
                    Cell(statements.GROUPS[row.group]),
                    *(Cell(count(many) if many else "", num=True) for many in by_zone),
                    Cell(count(figures.of(klass)), rows_url(one, klass), num=True),
                )
            )
    in_all = [sum(part.copies for part in parts if part.zone == zone) for zone in zones]
    return Table(
        label=_("Copies by class and zone"),
        title=_("Copies by class and zone"),
        anchor="classes",
        columns=columns(
            _("Class"), _("ACPM"), _("Part of the statement"), *("#" + str(ZONE[zone]).capitalize() for zone in zones), "#" + _("Copies")
        ),
        rows=rows,
        total=(
            Cell(_("Left in all")), Cell(""), Cell(""), *(Cell(count(many), num=True) for many in in_all),
            Cell(count(figures.total), num=True),
        ),
        empty=_("Nothing left of this issue."),
    )  # fmt: skip


def _by_band(one: Issue, parts: Sequence[Part], counts: Sequence[Circulation]) -> Table:
    rule = rule_of(counts) or counts[-1].rule
    sold = [klass for klass in CLASSES if any(part.klass == klass and part.band for part in parts)]

    def row(band: Band) -> Sequence[Cell]:
        many = [sum(p.copies for p in parts if p.band == band and p.klass == klass) for klass in sold]
        return (
            Cell(statements.band_name(band, rule)),
            *(
                Cell(
                    count(copies) if copies else "",
                    rows_url(one, klass) + f"?tranche={band}" if copies else "",
                    num=True,
                )
                for copies, klass in zip(many, sold, strict=True)
            ),
            Cell(count(sum(many)), num=True),
        )

    return Table(
        label=_("Sold copies by what was paid of the reference price"),
        title=_("Sold copies by what was paid of the reference price"),
        anchor="payes",
        columns=columns(
            _("Of the reference price"), *("#" + SHORT[klass].capitalize() for klass in sold), "#" + _("Copies")
        ),
        rows=[row(band) for band in Band] if sold else [],
        empty=_("Nothing was sold of this issue."),
    )


def _counts(user: Any, counts: Sequence[Circulation]) -> Table:
    names = words.names_of_staff(one.actor for one in counts)

    def row(one: Circulation) -> Sequence[Cell]:
        kind = (
            f"{words.said(RUN_KIND, one.run.kind)['word']} v{one.run.sequence}"
            if one.run
            else _("correction, lines: %(lines)s") % {"lines": count(one.lines)}
        )
        return (
            Cell(one.number, num=True),
            Cell(kind, link(user, "run", one.run_id)),
            Cell(short_day(one.on), num=True),
            Cell(count(one.copies), num=True),
            Cell(words.who(one.actor, names)),
            Cell(stamp(one.at), num=True),
            Cell(short_day(one.rule.valid_from), reverse("desk_meters") + "#regle", num=True),
            Cell(one.sha256[:16], mono=True, tight=True),
        )

    return Table(
        label=_("Counts, in their order"),
        title=_("Counts, in their order"),
        anchor="comptes",
        columns=columns(
            "#" + _("No."), _("What"), "#" + _("Day"), "#" + _("Copies"), _("By"), "#" + _("Frozen"), "#" + _("Rule of"), _("Hash")
        ),
        rows=[row(one) for one in counts],
        total=(
            Cell(""), Cell(_("Left in all")), Cell(""), Cell(count(sum(one.copies for one in counts)), num=True), Cell(""), Cell(""),
            Cell(""), Cell(""),
        ),
    )  # fmt: skip


def _digital(one: Figures) -> Table:
    rows = [
        (_("Readers of the digital edition"), one.digital),
        (_("Of them without a printed copy"), one.digital_only),
    ]
    return Table(
        label=_("Digital edition, counted apart"),
        title=_("Digital edition, counted apart"),
        columns=columns(_("What"), "#" + _("Readers")),
        rows=[(Cell(name), Cell(count(many), num=True)) for name, many in rows] if one.digital else [],
        empty=_("Nobody has downloaded this issue."),
    )


@desk(Right.FIGURES)
def circulation_rows(request: HttpRequest, key: int, klass: str) -> HttpResponse:
    """The lines of one class of an issue, with what was paid; a line that was corrected stands there with less than nothing."""
    one = _counted(key)
    if klass not in CLASSES:
        raise Http404
    user = request.user
    rows = CountedCopy.objects.filter(issue=one, klass=klass).select_related("dispatch__run", "circulation", "offer")
    band = request.GET.get("tranche", "")
    if band in [str(one) for one in Band]:
        rows = rows.filter(band=band)

    def row(line: CountedCopy) -> Sequence[Cell]:
        return (
            Cell(line.dispatch.key, link(user, "run", line.dispatch.run_id), mono=True, tight=True),
            Cell(
                line.dispatch.number, link(user, "subscription", line.dispatch.subscription_id), mono=True, tight=True
            ),
            Cell(line.offer.title if line.offer else ""),
            Cell(line.code),
            Cell("" if line.paid is None else euros(line.paid), num=True),
            Cell("" if line.percent is None else percent(line.percent), num=True),
            Cell(ZONE.get(line.zone, line.zone)),
            Cell(count(line.copies).replace("-", "−"), num=True),
            Cell(short_day(line.circulation.on), num=True),
        )

    return show_list(
        request,
        title=_("%(class)s, %(issue)s") % {"class": CLASSES[Klass(klass)].french, "issue": issue_number(one.printed)},
        rows=rows,
        columns=columns(
            _("Line"), _("Number"), _("Offer"), _("Code"), "#" + _("Paid"), "#" + _("Of the reference price"), _("Zone"),
            "#" + _("Copies"), "#" + _("Counted"),
        ),
        row=row,
        facts={"crumbs": _crumbs(one)},
    )  # fmt: skip


@desk(Right.FIGURES)
def circulation_returns(request: HttpRequest, key: int) -> HttpResponse:
    """The copies of an issue that came back: shown beside its figures, and taken from none of them."""
    one = _counted(key)
    user = request.user

    def row(back: CopyReturn) -> Sequence[Cell]:
        line = back.dispatch
        return (
            Cell(line.key, link(user, "run", line.run_id), mono=True, tight=True),
            Cell(line.number, link(user, "subscription", line.subscription_id), mono=True, tight=True),
            Cell(short_day(back.on), num=True),
            Cell(words.RETURN_REASON[back.reason_code]),
            Cell(ZONE.get(line.zone, line.zone)),
            Cell(count(line.copies), num=True),
        )

    return show_list(
        request,
        title=_("Returned (PND), %(issue)s") % {"issue": issue_number(one.printed)},
        rows=CopyReturn.objects.filter(dispatch__issue=one).select_related("dispatch"),
        columns=columns(_("Line"), _("Number"), "#" + _("Came back"), _("Reason"), _("Zone"), "#" + _("Copies")),
        row=row,
        facts={"crumbs": _crumbs(one)},
    )


def _crumbs(one: Issue) -> tuple[tuple[Any, str], ...]:
    return (
        (_("Circulation"), reverse("desk_circulation")),
        (issue_number(one.printed), reverse("desk_circulation_issue", args=[one.pk])),
    )


@desk(Right.FIGURES)
def circulation_csv(request: HttpRequest, key: int) -> HttpResponse:
    """The statement of an issue for a spreadsheet."""
    one = _counted(key)
    return as_csv(statements.issue_csv(one), f"diffusion_n{one.number:03d}.csv")


@desk(Right.FIGURES)
def circulation_lines(request: HttpRequest, key: int) -> StreamingHttpResponse:
    """Every line of an issue as it was counted: what a controller ties to the cash."""
    one = _counted(key)
    answer = StreamingHttpResponse(statements.lines_csv(one), content_type=CSV)
    answer["Content-Disposition"] = f'attachment; filename="diffusion_n{one.number:03d}_lignes.csv"'
    return answer


@desk(Right.FIGURES)
def circulation_pdf(request: HttpRequest, key: int) -> HttpResponse:
    """The statement of an issue to sign."""
    one = _counted(key)
    (figures,) = figures_of([one])
    return pdf(request, statements.issue_pdf(one, figures), f"diffusion_n{one.number:03d}.pdf")
