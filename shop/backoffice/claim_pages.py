"""Lost copies at the desks: what there is to do, claims, incidents, and how many of each issue were lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for
from shop.backoffice.plotting import Bar, bars
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import Cell, Detail, Fact, Table, chip
from shop.templatetags.french import issue_number, short_day, stamp
from subscriptions.losses.moving import OPEN
from subscriptions.models import Claim, ClaimIncident, CopyReturn, Issue, MailingRun

State, Incident = Claim.State, ClaimIncident.State
#: Days after which an open claim is old, by the columns of the overview.
AGES = (7, 30)
ISSUES = 8


@desk(Right.CLAIMS)
def losses(request: HttpRequest) -> HttpResponse:
    """What waits, by age; what was lost of the last issues, as a table and drawn. Seven queries."""
    at = timezone.now()
    rates = _rates()
    said = {
        "title": _("Lost copies"),
        "acts": acts_for(
            request.user,
            (Right.STOCK, _("Let a file of returns in"), "desk_act_return_file", 0),
            (Right.STOCK, _("Write one return down"), "desk_act_return", 0),
        ),
        "tables": [_open_claims(at), _incidents(request.user), _rates_table(rates)],
        "plot": _plot(rates),
    }
    return page(request, "backoffice/losses.html", said)


@desk(Right.CLAIMS)
def claims(request: HttpRequest) -> HttpResponse:
    """Every claim, the newest first."""

    def row(one: Claim) -> Sequence[Cell]:
        here = link(request.user, "claim", one.pk)
        return (
            Cell(issue_number(one.issue.number), here, tight=True),
            Cell(stamp(one.at), num=True),
            chip(words.said(words.CLAIM, one.state), here + "#pourquoi"),
            Cell(words.CLAIM_REASON[one.reason]),
            Cell(words.CLAIM_BY[one.by]),
            Cell(str(one.subscription), link(request.user, "subscription", one.subscription_id), mono=True),
            Cell(one.department, link(request.user, "incident", one.incident_id), num=True),
            Cell(one.nth, num=True),
        )

    return show_list(
        request,
        title=_("Claims"),
        rows=Claim.objects.select_related("issue", "subscription"),
        columns=columns(
            _("Issue"), "#" + _("Received"), _("Status"), _("What happened"), _("By"), _("Subscription"),
            "#" + _("Department"), "#" + _("In twelve months"),
        ),
        row=row,
        states=words.CLAIM,
        since="state_since",
    )  # fmt: skip


@desk(Right.CLAIMS)
def claim(request: HttpRequest, key: int) -> HttpResponse:
    """One claim: what was said, where it stands and why, what was sent instead."""
    one = get_object_or_404(
        Claim.objects.select_related("issue", "subscription", "line", "extra__issue", "incident"), pk=key
    )
    user, said = request.user, words.said(words.CLAIM, one.state)
    extra = one.extra.issue if one.extra is not None else None
    detail = Detail(
        kind=_("Claim"),
        name=issue_number(one.issue.number),
        crumbs=((_("Claims"), reverse("desk_claims")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("What happened"), str(words.CLAIM_REASON[one.reason])),
            Fact(_("By"), str(words.CLAIM_BY[one.by])),
            Fact(_("Subscription"), str(one.subscription), link(user, "subscription", one.subscription_id), mono=True),
            Fact(_("Received"), stamp(one.at)),
            Fact(_("Within its days"), _("yes") if one.in_window else _("no")),
            Fact(_("In twelve months"), one.nth),
            Fact(_("Department"), one.department, link(user, "incident", one.incident_id)),
            Fact(_("Tracked"), _("yes") if one.tracked else _("no")),
            Fact(_("Line sent again"), one.line.key if one.line else "", mono=True),
            Fact(
                _("Copy granted instead"),
                issue_number(extra.number) if extra else "" if one.extra is None else _("not planned yet"),
            ),
        ],
        whys=[why(user, one.events.all(), words.CLAIM)],
        tables=[matters_of(user, [f"claim:{one.pk}"]), acts_on(user, [f"subscription:{one.subscription_id}"])],
        acts=acts_for(user, (Right.CLAIMS, _("Decide"), "desk_act_claim", one.pk))
        if one.state in (State.ON_DESK, State.ASKED)
        else [],
    )
    return show(request, detail)


@desk(Right.CLAIMS)
def incident(request: HttpRequest, key: int) -> HttpResponse:
    """Many claims of one issue in one department, decided once."""
    one = get_object_or_404(ClaimIncident.objects.select_related("issue"), pk=key)
    user, said = request.user, words.said(words.INCIDENT, one.state)
    by_state = dict(one.claims.order_by().values_list("state").annotate(n=Count("pk")))
    detail = Detail(
        kind=_("Incident"),
        name=_("%(issue)s, department %(department)s")
        % {"issue": issue_number(one.issue.number), "department": one.department},
        crumbs=((_("Lost copies"), reverse("desk_losses")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Since"), stamp(one.at)),
            Fact(_("Wait until"), short_day(one.wait_until)),
            Fact(_("Claims"), sum(by_state.values())),
        ],
        whys=[why(user, one.events.all(), words.INCIDENT)],
        tables=[
            Table(
                label=_("Claims"),
                title=_("Claims"),
                columns=columns(_("Status"), "#" + _("Claims")),
                rows=[
                    (chip(words.said(words.CLAIM, state)), Cell(n, num=True)) for state, n in sorted(by_state.items())
                ],
            ),
            matters_of(user, [f"incident:{one.pk}"]),
            acts_on(user, [f"incident:{one.pk}"]),
        ],
        acts=acts_for(user, (Right.STOCK, _("Decide for all"), "desk_act_incident", one.pk))
        if one.state in (Incident.OPEN, Incident.WAITING)
        else [],
    )
    return show(request, detail)


def _open_claims(at: datetime) -> Table:
    """Open claims by where they stand and how old they are. One query."""
    young, old = (at - timedelta(days=days) for days in AGES)
    rows = (
        Claim.objects.filter(state__in=OPEN)
        .order_by()
        .values("state")
        .annotate(
            new=Count("pk", Q(at__gt=young)),
            older=Count("pk", Q(at__lte=young, at__gt=old)),
            oldest=Count("pk", Q(at__lte=old)),
        )
    )
    url = reverse("desk_claims")
    return Table(
        label=_("Open claims"),
        title=_("Open claims"),
        columns=columns(
            _("Status"), "#" + _("up to a week"), "#" + _("up to a month"), "#" + _("longer")
        ),
        rows=[
            (
                chip(words.said(words.CLAIM, row["state"]), f"{url}?etat={row['state']}"),
                *(Cell(row[name], f"{url}?etat={row['state']}", num=True) for name in ("new", "older", "oldest")),
            )
            for row in sorted(rows, key=lambda row: row["state"])
        ],
        empty=_("No claim is open."),
    )  # fmt: skip


def _incidents(user: Any) -> Table:
    rows = ClaimIncident.objects.select_related("issue").annotate(n=Count("claims")).order_by("-pk")[:20]
    return Table(
        label=_("Incidents"),
        title=_("Incidents"),
        columns=columns(_("Issue"), _("Department"), _("Status"), "#" + _("Claims"), "#" + _("Since")),
        rows=[
            (
                Cell(issue_number(one.issue.number), link(user, "incident", one.pk)),
                Cell(one.department),
                chip(words.said(words.INCIDENT, one.state), link(user, "incident", one.pk)),
                Cell(one.n, num=True),
                Cell(stamp(one.at), num=True),
            )
            for one in rows
        ],
        empty=_("Claims come from everywhere: nothing points at one place."),
    )


def _rates() -> list[tuple[Issue, int, int, int]]:
    """The last issues posted: lines sent, as their runs were closed, returned, claimed. Four queries, whatever their number."""
    issues = list(Issue.objects.filter(posted_on__isnull=False).order_by("-number")[:ISSUES])
    main = MailingRun.objects.filter(issue__in=issues, dispatches__isnull=False).exclude(kind=MailingRun.Kind.RESEND)
    sent = dict(main.order_by().values_list("issue").annotate(n=Sum("dispatches")))
    back = dict(
        CopyReturn.objects.filter(dispatch__issue__in=issues)
        .order_by()
        .values_list("dispatch__issue")
        .annotate(n=Count("pk"))
    )
    claimed = dict(
        Claim.objects.filter(issue__in=issues)
        .exclude(reason=Claim.Reason.CAME_BACK)
        .order_by()
        .values_list("issue")
        .annotate(n=Count("pk"))
    )
    return [(one, sent.get(one.pk, 0), back.get(one.pk, 0), claimed.get(one.pk, 0)) for one in issues]


def _rates_table(rates: Sequence[tuple[Issue, int, int, int]]) -> Table:
    return Table(
        label=_("Lost by issue"),
        title=_("Lost by issue"),
        columns=columns(
            _("Issue"), "#" + _("Posted"), "#" + _("Copies sent"), "#" + _("Copies returned"), "#" + _("Rate"), "#" + _("Claimed"), "#" + _("Rate"),
        ),
        rows=[
            (
                Cell(issue_number(issue.number)),
                Cell(short_day(issue.posted_on), num=True),
                Cell(sent, num=True),
                Cell(back, num=True),
                Cell(_percent(back, sent), num=True),
                Cell(claimed, num=True),
                Cell(_percent(claimed, sent), num=True),
            )
            for issue, sent, back, claimed in rates
        ],
        empty=_("No issue was posted yet."),
    )  # fmt: skip


def _plot(rates: Sequence[tuple[Issue, int, int, int]]) -> str:
    """Both rates of each issue, per mille as lengths."""
    rows = [
        Bar(
            issue_number(issue.number),
            round(1000 * back / sent),
            round(1000 * claimed / sent),
            f"{_tenths(back, sent)} + {_tenths(claimed, sent)}\u00a0%",
        )
        for issue, sent, back, claimed in rates
        if sent
    ]
    return bars(rows, title=_("Copies lost by issue: came back in full, claimed in outline")) if rows else ""


def _percent(part: int, whole: int) -> str:
    return f"{_tenths(part, whole)}\u00a0%" if whole else ""


def _tenths(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}".replace(".", ",")
