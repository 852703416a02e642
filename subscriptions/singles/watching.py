"""Watching: what was sold singly and should have left by now is on the desk of fulfilment, by issue, until it has."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, Q

from payments.actors import Actor
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.french_days import french_day
from payments.models import DeskItem
from subscriptions.calendar import RULES
from subscriptions.calendar.issues import printed
from subscriptions.models import SoldIssue, SoldIssueMovement

KIND = "single_issues_due"
WAITING = (SoldIssue.State.OWED, SoldIssue.State.ASSIGNED)


def watch(*, on: date, at: datetime, actor: Actor) -> int:
    """Put on the desk what is promised for a day that is near, or over; take off what has left. Returns for how many issues.

    Two queries where nothing waits. What a dispute holds does not count.
    """
    near = on - timedelta(days=RULES.single_posted_within_days - RULES.single_alarm_days)
    bought = Min("movements__on", filter=Q(movements__kind=SoldIssueMovement.Kind.GRANT))
    rows = (
        SoldIssue.objects.filter(state__in=WAITING)
        .order_by()
        .values("issue", "issue__number", "issue__last_number")
        .annotate(since=bought, lines=Count("pk", distinct=True))
        .filter(since__lte=near)
    )
    due = {
        f"issue:{row['issue']}": f"N° {printed(row['issue__number'], row['issue__last_number'])} : {row['lines']} "
        f"vente{'s' if row['lines'] > 1 else ''} au numéro à mettre en poste au plus tard "
        f"le {french_day(row['since'] + timedelta(days=RULES.single_posted_within_days))}."
        for row in rows
    }
    with transaction.atomic():
        known = DeskItem.objects.filter(kind=KIND, closed_at=None).values_list("subject", flat=True)
        take_all_off_desk(
            kind=KIND, subjects=sorted(set(known) - due.keys()), because="it has left", actor=actor, at=at
        )  # fmt: skip
        put_all_on_desk(DeskItem.Desk.FULFILMENT, kind=KIND, sentences=due, at=at)
    return len(due)
