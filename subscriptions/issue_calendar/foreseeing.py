"""What moves with an issue: shown before its days are changed, from the rows as they are. Nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from subscriptions.calendar import ClaimWindow, DeliveryZone, IssueDates, claim_window, withdraw_until
from subscriptions.issue_calendar.telling import concerned
from subscriptions.models import Entitlement, Issue, Order, Pause, Subscription, TemporaryAddress
from subscriptions.moving import COMING, GONE
from subscriptions.offers.catalogue import dates_of
from subscriptions.renewals.standing import FOLLOWING

# R of the open plans that follow and still wait for a copy of this issue: then and now. Copies that are held wait as well.
RENEWALS = """
SELECT GREATEST(last.ends_on, posts.before) + 1 AS before, GREATEST(last.ends_on, posts.after) + 1 AS after, count(*)
FROM subscriptions_renewal r
CROSS JOIN LATERAL (
    SELECT max(t.ends_on) AS ends_on FROM subscriptions_term t
    WHERE t.subscription_id = r.subscription_id
        AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = t.id)) last
CROSS JOIN LATERAL (
    SELECT max(COALESCE(i.posted_on, i.post_on)) AS before,
        max(CASE WHEN i.id = %(issue)s THEN %(post_on)s ELSE COALESCE(i.posted_on, i.post_on) END) AS after,
        bool_or(i.id = %(issue)s) AS waits
    FROM subscriptions_entitlement e JOIN subscriptions_term t ON t.id = e.term_id
    JOIN subscriptions_issue i ON i.id = e.issue_id
    WHERE t.subscription_id = r.subscription_id AND e.state = ANY(%(coming)s)) posts
WHERE r.state = ANY(%(following)s) AND posts.waits
    AND GREATEST(last.ends_on, posts.before) <> GREATEST(last.ends_on, posts.after)
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class RenewalsMoved:
    """So many renewals go from one day to another, as far as nothing that was announced forbids it."""

    before: date
    after: date
    many: int


@dataclass(frozen=True, slots=True)
class Moves:
    """What hangs on the days of one issue. Days of France; other zones follow with their own margins.

    `readers`: those who are owed a copy of it. `told_late`: those who get a letter, because they were told a day that is
    more than fifteen days earlier. `withdrawals`: orders whose time to withdraw begins with it; it ends as in
    `withdraw_until`, before and after. `pauses`: copies put off because of it. `addresses`: temporary addresses that it
    goes to, before and after.
    """

    readers: int
    told_late: int
    renewals: Sequence[RenewalsMoved]
    withdrawals: int
    withdraw_until: tuple[date | None, date | None]
    claims: tuple[ClaimWindow, ClaimWindow]
    pauses: int
    addresses: tuple[int, int]


def what_moves(issue: Issue, *, cutoff_on: date, post_on: date) -> Moves:
    """What would follow. Eight queries, whatever the number of readers."""
    now = dates_of(issue)
    then = IssueDates(
        number=now.number,
        cover_month=now.cover_month,
        cover_year=now.cover_year,
        cutoff_on=cutoff_on,
        post_on=post_on,
        closed_on=now.closed_on,
        last_number=now.last_number,
    )
    following = Issue.objects.filter(magazine=issue.magazine_id, number__gt=issue.number).order_by("number").first()
    after = dates_of(following) if following else None
    zone = DeliveryZone.FR
    return Moves(
        readers=_owed(issue).values("term__subscription").distinct().count(),
        told_late=concerned(issue, post_on=post_on) if post_on > issue.post_on else 0,
        renewals=_renewals(issue, post_on=post_on),
        withdrawals=_begins_with(issue).count(),
        withdraw_until=(
            withdraw_until(posted_on=now.post_on, zone=zone),
            withdraw_until(posted_on=then.post_on, zone=zone),
        ),
        claims=(claim_window(now, after, zone), claim_window(then, after, zone)),
        pauses=Pause.objects.filter(issue=issue, state=Pause.State.HELD).count(),
        addresses=(_sent_elsewhere(issue, now.post_on), _sent_elsewhere(issue, post_on)),
    )


def _owed(issue: Issue) -> QuerySet[Entitlement]:
    return Entitlement.objects.filter(issue=issue, state__in=COMING)


def _begins_with(issue: Issue) -> QuerySet[Order]:
    """Orders whose first copy is of this issue: their time to withdraw is open until it has come (C. conso L221-18)."""
    earlier = Entitlement.objects.filter(term=OuterRef("term"), rank__lt=OuterRef("rank")).exclude(state__in=GONE)
    first = _owed(issue).filter(~Exists(earlier), term__order__isnull=False)
    return Order.objects.filter(pk__in=first.values("term__order"))


def _renewals(issue: Issue, *, post_on: date) -> list[RenewalsMoved]:
    asked: dict[str, Any] = {
        "issue": issue.pk,
        "post_on": post_on,
        "coming": [str(state) for state in COMING],
        "following": [str(state) for state in FOLLOWING],
    }
    with connection.cursor() as cursor:
        cursor.execute(RENEWALS, asked)
        return [RenewalsMoved(*row) for row in cursor.fetchall()]


def _sent_elsewhere(issue: Issue, post_on: date) -> int:
    """Recipients of this issue who gave a temporary address that holds on that day."""
    theirs = Subscription.objects.filter(
        recipient=OuterRef("recipient"), terms__entitlements__issue=issue, terms__entitlements__state__in=COMING
    )
    return TemporaryAddress.objects.filter(Exists(theirs), from_on__lte=post_on, until__gt=post_on).count()
