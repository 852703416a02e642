"""The dashboard: what waits at each desk, since when and with whom; what has not run; what does not add up; today."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.days import PARIS, paris_day
from payments.models import Payment
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.dispute_pages import to_answer_table
from shop.backoffice.doors import desk, page
from shop.backoffice.items import items_table
from shop.backoffice.menu import open_desks
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table
from shop.templatetags.french import euros, stamp
from shop.watch.models import AuditFinding, JobRun
from shop.watch.runs import late
from subscriptions.models import Notice, Order

FAILED = (Notice.State.FAILED, Notice.State.DOUBTFUL)


@desk(Right.HOME)
def home(request: HttpRequest) -> HttpResponse:
    """What this person should know this morning. The queries are as many as the parts, whatever they hold."""
    user, now = request.user, timezone.now()
    tables = [items_table(request, name, limit=10) for name in open_desks(user)]
    if may(user, Right.DISPUTES):
        tables.insert(0, to_answer_table(user, limit=10))
    if may(user, Right.LETTERS):
        tables.append(_failed_letters())
    if may(user, Right.CLOCK):
        tables.append(findings_table(limit=10))
    said = {
        "title": _("Dashboard"),
        "figures": _today(user, now),
        "tables": [table for table in tables if table.rows],
        "nothing": not any(table.rows for table in tables),
    }
    return page(request, "backoffice/home.html", said)


@desk(Right.CLOCK)
def clock(request: HttpRequest) -> HttpResponse:
    """The timetable as it really ran, and what the audit found."""
    now = timezone.now()
    overdue = {one.job for one in late(at=now)}
    rows = [
        (
            Cell(run.job, mono=True),
            Cell(_("late"), chip=words.BAD) if run.job in overdue else Cell(_("on time"), chip=words.GOOD),
            Cell(stamp(run.succeeded_at), num=True),
            Cell(stamp(run.failed_at), num=True),
            Cell(run.failure, mono=True),
            Cell(run.summary),
            Cell(age(timedelta(seconds=run.period_seconds)), num=True),
            Cell(age(timedelta(seconds=run.alarm_after_seconds)), num=True),
        )
        for run in JobRun.objects.order_by("job")
    ]
    jobs = Table(
        label=_("Jobs"),
        title=_("Jobs"),
        columns=columns(
            _("Job"),
            _("Status"),
            "#" + _("Succeeded"),
            "#" + _("Failed"),
            _("Failure"),
            _("Last words"),
            "#" + _("Every"),
            "#" + _("Alarm after"),
        ),
        rows=rows,
        empty=_("The clock has never been started."),
    )
    said = {"title": _("Clockwork"), "tables": [jobs, findings_table(limit=200)], "nothing": False}
    return page(request, "backoffice/home.html", said)


def findings_table(*, limit: int) -> Table:
    """What the audit found and still holds. One query."""
    return Table(
        label=_("The audit found"),
        title=_("The audit found"),
        columns=columns("#" + _("Since"), _("Invariant"), _("About"), _("What"), "#" + _("Age")),
        rows=[
            (
                Cell(stamp(one.found_at), num=True),
                Cell(one.invariant, mono=True),
                Cell(words.subject(one.subject), f"{reverse('desk_search')}?q={quote(one.subject)}"),
                Cell(reason(one.sentence)),
                Cell(age(timezone.now() - one.found_at), num=True),
            )
            for one in AuditFinding.objects.filter(closed_at=None).order_by("pk")[:limit]
        ],
        empty=_("Nothing to explain."),
    )


def _today(user: Any, now: datetime) -> list[dict[str, Any]]:
    """Today's figures, Paris day. Each is a link to its rows."""
    start = datetime.combine(paris_day(now), time(0), tzinfo=PARIS)
    figures = []
    if may(user, Right.ORDERS):
        # An order has moved, if at all, after it was placed: what was placed today is found by the index of states.
        today = Order.objects.filter(state__in=Order.State.values, state_since__gte=start, placed_at__gte=start)
        states = dict(today.order_by().values_list("state").annotate(n=Count("pk")))
        url = reverse("desk_orders")
        figures += [
            {"label": _("Orders today"), "value": sum(states.values()), "tone": "", "url": url},
            {"label": _("of which paid"), "value": states.get("paid", 0), "tone": "", "url": f"{url}?etat=paid"},
        ]
    if may(user, Right.PAYMENTS):
        received = Payment.objects.filter(state=Payment.State.SUCCEEDED, state_since__gte=start).aggregate(
            sum=Sum("amount")
        )
        waiting = dict(
            Payment.objects.filter(state__in=("unknown", "processing"), is_open=True)
            .order_by()
            .values_list("state")
            .annotate(n=Count("pk"))
        )
        url = reverse("desk_payments")
        figures += [
            {
                "label": _("Received today"),
                "value": euros(received["sum"] or 0),
                "tone": "",
                "url": f"{url}?etat=succeeded",
            },
            {"label": _("At the bank"), "value": waiting.get("processing", 0), "url": f"{url}?etat=processing"},
            {
                "label": _("Unknown payments"),
                "value": waiting.get("unknown", 0),
                "tone": "wait" if waiting.get("unknown") else "",
                "url": f"{url}?etat=unknown",
            },
        ]
    if may(user, Right.LETTERS):
        failed = Notice.objects.filter(state__in=FAILED).count()
        url = f"{reverse('desk_letters')}?etat=failed"
        figures.append({"label": _("Letters failed"), "value": failed, "tone": "bad" if failed else "", "url": url})
    return figures


def _failed_letters() -> Table:
    return Table(
        label=_("Letters that did not reach their reader"),
        title=_("Letters that did not reach their reader"),
        columns=columns("#" + _("Since"), _("Letter"), _("To"), _("What happened"), "#" + _("Age")),
        rows=[
            (
                Cell(stamp(one.state_since), num=True),
                Cell(words.letter_kind(one.kind), reverse("desk_letter", args=[one.pk])),
                Cell(one.to_email),
                Cell(reason(one.failure)),
                Cell(age(timezone.now() - one.state_since), num=True),
            )
            for one in Notice.objects.filter(state__in=FAILED).order_by("-pk")[:10]
        ],
        more_url=f"{reverse('desk_letters')}?etat=failed",
    )
