"""Issues: each with its days and what left of it; one issue with what its file would hold, and the files it had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.roles import Right
from shop.backoffice.run_words import KIND, RUN, RUN_KIND, ZONE
from shop.backoffice.showing import acts_on, columns, show
from shop.backoffice.tables import Cell, Detail, Fact, Table, chip
from shop.templatetags.french import issue_number, month, short_day, stamp
from subscriptions.digital.switching import is_on
from subscriptions.fulfilment.previewing import Preview, in_hand, preview
from subscriptions.models import Entitlement, Issue, MailingRun

State, Copy = Issue.State, Entitlement.State
#: So many rows are shown of what has a page of its own.
SHOWN = 20


@desk(Right.FULFILMENT_DESK)
def issues(request: HttpRequest) -> HttpResponse:
    """Every issue, the newest first."""
    user = request.user

    def row(one: Any) -> Sequence[Cell]:
        return (
            Cell(issue_number(one.printed), reverse("desk_issue", args=[one.pk])),
            chip(words.said(words.ISSUE, one.state)),
            Cell(short_day(one.cutoff_on), num=True),
            Cell(short_day(one.posted_on or one.post_on), num=True),
            Cell(one.filed or "", num=True),
            Cell(one.again or "", num=True),
        )

    # As its runs were closed: the copies themselves are counted where one issue is looked at.
    again = Q(runs__kind=MailingRun.Kind.RESEND)
    counted = {"filed": Sum("runs__copies", filter=~again), "again": Sum("runs__copies", filter=again)}
    return show_list(
        request,
        title=_("Issues"),
        rows=Issue.objects.annotate(**counted),
        columns=columns(
            _("Issue"), _("Status"), "#" + _("Cut-off"), "#" + _("Posting"), "#" + _("Copies in its files"),
            "#" + _("Sent again"),
        ),
        row=row,
        facts={
            "acts": acts_for(
                user,
                (Right.CLOSE, _("Mailing house"), "desk_act_house", 0),
                (Right.CLOSE, _("Way of the files"), "desk_act_way", 0),
            )
        },
    )  # fmt: skip


@desk(Right.FULFILMENT_DESK)
def issue(request: HttpRequest, key: int) -> HttpResponse:
    """One issue: its days, what its file would hold today, its files, what may be done."""
    one = get_object_or_404(Issue.objects.select_related("magazine"), pk=key)
    user, on = request.user, paris_day(timezone.now())
    runs = list(one.runs.select_related("house").order_by("sequence"))
    owed = Entitlement.objects.filter(issue=one, state=Copy.OWED).exists()
    # Counting what is owed goes through every copy to come: only where a file may still be closed.
    seen = preview(one) if owed or one.state == State.PLANNED else None
    facts = [
        Fact(_("Status"), words.said(words.ISSUE, one.state)["word"], chip=words.said(words.ISSUE, one.state)["tone"]),
        Fact(_("Cover"), month(date(one.cover_year, one.cover_month, 1))),
        Fact(_("Cut-off"), short_day(one.cutoff_on)),
        Fact(_("Posting planned"), short_day(one.post_on)),
        Fact(_("Posted"), short_day(one.posted_on) if one.posted_on else ""),
        Fact(_("CPPAP until"), short_day(one.magazine.cppap_valid_until), chip=_warns(one)),
    ]
    waiting = [run for run in runs if run.state == MailingRun.State.ASKED]
    acts = []
    if on >= one.cutoff_on and not waiting and (one.state == State.PLANNED or owed):
        label = _("Ask for its file to be closed") if one.state == State.PLANNED else _("Ask for a complement")
        acts.append((Right.CLOSE, label, "desk_act_ask_run", one.pk))
    if is_on(one.magazine_id):
        acts.append((Right.DIGITAL_FILES, _("PDF for the digital edition"), "desk_act_issue_file", one.pk))
    return show(
        request,
        Detail(
            kind=_("Issue"),
            name=str(one.number),
            crumbs=((_("Issues"), reverse("desk_issues")),),
            facts=facts,
            tables=[
                _runs(user, runs),
                *(
                    [counted(seen, title=_("What its file would hold today")), notable(seen), _renewals(user, one)]
                    if seen
                    else []
                ),
                acts_on(user, [f"issue:{one.pk}"]),
            ],
            acts=acts_for(user, *acts),
        ),
    )


def _warns(one: Issue) -> str | None:
    return words.BAD if one.magazine.cppap_valid_until < one.post_on else None


def _runs(user: Any, runs: Sequence[MailingRun]) -> Table:
    names = words.names_of_staff([run.asked_by for run in runs] + [run.closed_by for run in runs])
    return Table(
        label=_("Files"),
        title=_("Files"),
        columns=columns(
            _("File"), _("Status"), _("Asked for by"), _("Closed by"), "#" + _("File closed"), "#" + _("Lines"), "#" + _("Copies"),
            "#" + _("Posted"),
        ),
        rows=[
            (
                Cell(f"{words.said(RUN_KIND, run.kind)['word']} v{run.sequence}", link(user, "run", run.pk)),
                chip(words.said(RUN, run.state)),
                Cell(words.who(run.asked_by, names)),
                Cell(_("alone") if run.closed_alone else words.who(run.closed_by, names) if run.closed_by else ""),
                Cell(stamp(run.closed_at) if run.closed_at else "", num=True),
                Cell("" if run.dispatches is None else run.dispatches, num=True),
                Cell("" if run.copies is None else run.copies, num=True),
                Cell(short_day(run.posted_on) if run.posted_on else "", num=True),
            )
            for run in runs
        ],
        empty=_("No file was closed or asked for."),
    )  # fmt: skip


def counted(seen: Preview, *, title: str) -> Table:
    """Lines and copies by zone and kind, with their sum."""
    return Table(
        label=title,
        title=title,
        columns=columns(_("Zone"), _("Kind"), "#" + _("Lines"), "#" + _("Copies")),
        rows=[
            (
                Cell(ZONE.get(zone, zone)),
                Cell(KIND.get(kind, kind)),
                Cell(lines, num=True),
                Cell(copies, num=True),
            )
            for zone, kind, lines, copies in seen.table
        ],
        total=(Cell(_("Total")), Cell(""), Cell(seen.lines, num=True), Cell(seen.copies, num=True)) if seen.table else (),
        empty=_("Nothing is owed that is not in a file."),
    )  # fmt: skip


def notable(seen: Preview) -> Table:
    """What deserves a look before the yes: who is new, gone, moved; who begins, ends, waits, or has no address."""
    rows = [
        (_("New since the file before"), seen.new),
        (_("In the file before and not in this one"), seen.gone),
        (_("Moved since the file before"), seen.moved),
        (_("First copy"), seen.first),
        (_("Last copy"), seen.last),
        (_("With a sheet"), seen.with_sheet),
        (_("Without an address"), seen.unaddressed),
        (_("On hold, not in the file"), seen.held),
        (_("Renewals whose payment is awaited"), seen.renewals_in_hand),
    ]
    return Table(
        label=_("To look at"),
        title=_("To look at"),
        columns=columns(_("What"), "#" + _("Readers")),
        rows=[(Cell(label), Cell(number, num=True)) for label, number in rows if number is not None],
    )


def _renewals(user: Any, one: Issue) -> Table:
    rows = list(in_hand(one).select_related("subscription").order_by("renews_on", "pk")[:SHOWN])
    return Table(
        label=_("Renewals whose payment is awaited"),
        title=_("Renewals whose payment is awaited"),
        columns=columns(_("Subscription"), "#" + _("Renews on"), _("Status")),
        rows=[
            (
                Cell(row.subscription.number, link(user, "subscription", row.subscription_id), mono=True),
                Cell(short_day(row.renews_on), num=True),
                chip(words.said(words.NEXT_TERM, row.state)),
            )
            for row in rows
        ],
        empty=_("None: everything due before the posting is paid."),
    )
