"""A day that slips: whoever was told one that is more than fifteen days earlier is written to (law.md 7.5; C. conso L216-1).

What a reader was told is the day that held when they ordered, or that of the last letter about it. Once for each move and
reader: the matter of the letter is unique. The sweep goes through the readers of an issue in small transactions and keeps
nothing in memory; it may be run twice, late, or in two places.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from subscriptions.calendar import RULES
from subscriptions.models import Issue, IssueMove, Notice
from subscriptions.notices.queueing import NoticeDraft, queue

KIND = "issue_late"
State = Notice.State
#: Letters that have told their day, or may have. One that still waits is withdrawn when the day moves again.
TOLD = (State.SENDING, State.PRINTING, State.SENT, State.DELIVERED, State.BOUNCED, State.DOUBTFUL)

# The next readers of an issue, in the order of their subscriptions, and of each the day that they know. Only of those that
# are looked at now the letters are asked for: a hundred batches cost a hundred times one.
READERS = """
WITH readers AS (
    SELECT t.subscription_id AS id, MIN(COALESCE(o.placed_at, t.created_at)) AS ordered_at
    FROM subscriptions_entitlement e
    JOIN subscriptions_term t ON t.id = e.term_id
    LEFT JOIN subscriptions_order o ON o.id = t.order_id
    WHERE e.issue_id = %(issue)s AND e.state IN ('owed', 'assigned') AND t.subscription_id > %(after)s
    GROUP BY t.subscription_id ORDER BY t.subscription_id LIMIT %(limit)s
), known AS (
    SELECT s.id, s.payer_id, s.holder_id, COALESCE(
        (SELECT m.post_on FROM subscriptions_issuemove m
            JOIN subscriptions_notice n ON n.matter = 'issue_late:' || m.id || ':' || s.id AND n.state = ANY(%(told)s)
            WHERE m.issue_id = %(issue)s ORDER BY m.id DESC LIMIT 1),
        (SELECT m.old_post_on FROM subscriptions_issuemove m
            WHERE m.issue_id = %(issue)s AND m.at > readers.ordered_at ORDER BY m.id LIMIT 1),
        %(planned)s) AS day
    FROM readers JOIN subscriptions_subscription s ON s.id = readers.id
)
"""
NEXT = f"{READERS} SELECT id, payer_id, holder_id, day, %(post_on)s - day > %(days)s FROM known ORDER BY id"  # noqa: S608 - only our own words
COUNTED = f"{READERS} SELECT count(*) FROM known WHERE %(post_on)s - day > %(days)s"  # noqa: S608 - only our own words


def concerned(issue: Issue, *, post_on: date) -> int:
    """How many readers would be written to, were the issue posted on that day. One query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, _asked(issue, post_on=post_on))
        (many,) = cursor.fetchone()
    return int(many)


def tell(*, at: datetime, limit: int) -> int:
    """Queue the letters about every move that nobody has gone through, `limit` readers at a time; returns how many are new.

    Three queries and one transaction for each batch. A move of an issue that has left meanwhile is told to nobody.
    """
    done = 0
    for issue in Issue.objects.filter(moves__told_at=None).distinct().order_by("pk"):
        last = issue.moves.order_by("-pk").first()
        if last is None:
            continue
        if issue.posted_on is None:
            done += _tell(issue, last, at=at, limit=limit)
        IssueMove.objects.filter(issue=issue, told_at=None, pk__lte=last.pk).update(told_at=at)
    return done


def _tell(issue: Issue, move: IssueMove, *, at: datetime, limit: int) -> int:
    """The readers of one issue, in the order of their subscriptions."""
    done, after = 0, 0
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(NEXT, _asked(issue, post_on=move.post_on) | {"after": after, "limit": limit})
                rows = cursor.fetchall()
            late = [row[:4] for row in rows if row[4]]
            keys = {key for row in late for key in row[1:3] if key}
            people: dict[int, Any] = get_user_model()._default_manager.filter(erased_on=None).in_bulk(list(keys))
            done += queue([draft for row in late for draft in _drafts(move, row, people, at=at)])
        if len(rows) < limit:
            return done
        after = rows[-1][0]


def _asked(issue: Issue, *, post_on: date) -> dict[str, Any]:
    return {
        "issue": issue.pk,
        "post_on": post_on,
        "planned": issue.post_on,
        "told": [str(state) for state in TOLD],
        "days": RULES.late_issue_told_days,
        "after": 0,
        "limit": None,
    }


def _drafts(move: IssueMove, row: Any, people: dict[int, Any], *, at: datetime) -> list[NoticeDraft]:
    """To who pays, whose contract it is; to who holds it as well, if that is somebody else."""
    subscription, payer, holder, told_on = row
    known = [people[key] for key in dict.fromkeys((payer, holder)) if key in people]
    return [
        NoticeDraft(
            kind=KIND,
            matter=f"{KIND}:{move.pk}:{subscription}" + (f":{place}" if place else ""),
            customer_id=person.pk,
            to_email=person.email or "",
            to_name=person.full_name,
            facts={"move_id": move.pk, "subscription_id": subscription, "told_on": told_on.isoformat()},
            due_at=at,
            created_at=at,
        )
        for place, person in enumerate(known)
    ]
