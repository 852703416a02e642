"""The run of some days beside its rehearsal, at the desks: the totals, by reason, and line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.exporting import csv_file
from shop.backoffice.links import link
from shop.backoffice.rehearsal_pages import span
from shop.backoffice.rehearsal_words import VERDICT, because
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Table, chip
from shop.templatetags.french import euros, short_day, stamp
from subscriptions.models import Rehearsal, Subscription
from subscriptions.renewals.comparing import Compared, Comparison, compare
from subscriptions.renewals.judging import Verdict

SHOWN = 200


@desk(Right.ORDERS)
def comparison(request: HttpRequest, key: int) -> HttpResponse:
    """The run of these days beside their rehearsal: the totals, by reason, and the lines of one of them."""
    one = get_object_or_404(Rehearsal.objects.select_related("signature", "report"), pk=key)
    found = compare(one, at=timezone.now())
    here = reverse("desk_comparison", args=[one.pk])
    verdict, reason = request.GET.get("etat", ""), request.GET.get("raison")
    rows = [
        line
        for line in found.lines
        if (line.verdict == verdict if verdict in VERDICT else line.verdict is not Verdict.AS_REHEARSED)
        and (reason is None or line.because == reason)
    ]
    said: dict[str, Any] = {
        "title": _("The run of %(days)s beside its rehearsal") % {"days": span(one)},
        "crumbs": ((_("Rehearsal of %(days)s") % {"days": span(one)}, reverse("desk_rehearsal", args=[one.pk])),),
        "figures": _totals(found, here),
        "tables": [_reasons(found, here), _compared(request.user, rows, verdict)],
        "nothing": False,
        "acts": [ActLink(_("Comparison (CSV)"), reverse("desk_comparison_csv", args=[one.pk]))],
        "note": _report_sentence(one, found),
    }
    return page(request, "backoffice/home.html", said)


def _report_sentence(one: Rehearsal, found: Comparison) -> str:
    report = getattr(one, "report", None)
    if report is not None:
        return _("The report of %(day)s stands; what you see is computed now.") % {"day": stamp(report.at)}
    if not found.settled:
        return _("Not everything is known yet: the comparison is made again each day.")
    if getattr(one, "signature", None) is None:
        return _("Nobody has signed this rehearsal: no report is kept of it.")
    return _("The report is written the day after.")


def _totals(found: Comparison, here: str) -> list[Mapping[str, Any]]:
    difference = found.charged - found.rehearsed
    odd = len(found.unexplained)
    return [
        {"label": _("Rehearsed"), "value": euros(found.rehearsed), "url": f"{here}?etat=as_rehearsed"},
        {"label": pgettext("comparison", "Charged"), "value": euros(found.charged), "url": f"{here}?etat=as_rehearsed"},
        {"label": _("Difference"), "value": euros(difference), "tone": "wait" if difference else "good", "url": here},
        {
            "label": _("Not explained"),
            "value": odd,
            "tone": "bad" if odd else "good",
            "url": f"{here}?raison=unexplained",
        },
    ]


def _reasons(found: Comparison, here: str) -> Table:
    """How many and how much by what became of them and why; the foot is the totals."""
    rows = []
    for verdict, why, many, rehearsed, charged in found.by_reason():
        url = f"{here}?etat={verdict}&raison={why}"
        rows.append(
            (
                Cell(words.said(VERDICT, verdict)["word"], url, chip=words.said(VERDICT, verdict)["tone"]),
                Cell(because(why), chip=words.BAD) if why == "unexplained" else Cell(because(why)),
                Cell(many, url, num=True),
                Cell(euros(rehearsed), num=True),
                Cell(euros(charged), num=True),
                Cell(euros(charged - rehearsed), num=True),
            )
        )
    return Table(
        label=_("By what became of them"),
        title=_("By what became of them"),
        columns=columns(
            _("Renewals"),
            _("Why"),
            "#" + _("How many"),
            "#" + _("Rehearsed"),
            "#" + pgettext("comparison", "Charged"),
            "#" + _("Difference"),
        ),
        rows=rows,
        total=(
            Cell(_("In all")),
            Cell(""),
            Cell(len(found.lines), num=True),
            Cell(euros(found.rehearsed), num=True),
            Cell(euros(found.charged), num=True),
            Cell(euros(found.charged - found.rehearsed), num=True),
        ),
        empty=_("Nobody renews on these days."),
    )


def _first(title: Any) -> str:
    return _("%(what)s (the first %(count)s)") % {"what": title, "count": SHOWN}


def _compared(user: Any, rows: Sequence[Compared], verdict: str) -> Table:
    shown = rows[:SHOWN]
    numbers = _numbers(shown)
    title = words.said(VERDICT, verdict)["word"] if verdict in VERDICT else _("Line by line: what differs")
    return Table(
        label=title,
        title=title if len(shown) == len(rows) else _first(title),
        columns=columns(
            _("Subscription"),
            "#" + _("Rehearsed for"),
            "#" + _("Rehearsed"),
            "#" + _("Charged on"),
            "#" + pgettext("comparison", "Charged"),
            _("What became of it"),
            _("Why"),
        ),
        rows=[
            (
                Cell(
                    numbers[line.subscription_id],
                    link(user, "subscription", line.subscription_id),
                    mono=True,
                    tight=True,
                ),
                Cell(short_day(line.line.day) if line.line else "—", link(user, "renewal", line.renewal_id), num=True),
                Cell(euros(line.rehearsed), num=True),
                Cell(short_day(line.charged_on) if line.charged_on else "—", num=True),
                Cell(euros(line.charged), num=True),
                chip(words.said(VERDICT, line.verdict), link(user, "renewal", line.renewal_id)),
                Cell(because(line.because)),
            )
            for line in shown
        ],
        empty=_("Nothing to explain."),
    )


def _numbers(rows: Sequence[Compared]) -> dict[int, str]:
    found = Subscription.objects.in_bulk([line.subscription_id for line in rows])
    return {key: str(one) for key, one in found.items()}


@desk(Right.ORDERS)
def comparison_csv(request: HttpRequest, key: int) -> HttpResponse:
    """Every compared line as a file."""
    one = get_object_or_404(Rehearsal, pk=key)
    lines = compare(one, at=timezone.now()).lines
    numbers = _numbers(lines)
    heads = [
        _("Subscription"),
        _("Term"),
        _("Rehearsed for"),
        _("Rehearsed"),
        _("Charged on"),
        pgettext("comparison", "Charged"),
        _("What became of it"),
        _("Why"),
    ]
    return csv_file(
        f"comparaison-{one.first_on:%Y-%m-%d}-{one.last_on:%Y-%m-%d}-{one.pk}",
        heads,
        (
            (
                numbers[line.subscription_id],
                line.number,
                line.line.day if line.line else None,
                line.rehearsed,
                line.charged_on,
                line.charged,
                words.said(VERDICT, line.verdict)["word"],
                because(line.because),
            )
            for line in lines
        ),
    )
