"""What the letter about an issue that is posted later than a reader was told says, and what they may do about it."""

from __future__ import annotations

from datetime import date, datetime

from payments.days import paris_day
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Entitlement, IssueMove, Subscription
from subscriptions.notices.french import day, issue, month
from subscriptions.notices.letter import Context, Facts

#: Copies that still come with the issue.
STILL = (Entitlement.State.OWED, Entitlement.State.ASSIGNED)


def slipped(facts: Facts) -> Context:
    """The new day, the one that was told, and what the law gives (C. conso L216-1, L216-6, L216-7)."""
    move = IssueMove.objects.select_related("issue").get(pk=facts["move_id"])
    subscription = Subscription.objects.select_related("magazine", "recipient").get(pk=facts["subscription_id"])
    late = move.issue
    dates = dates_of_subscription(subscription, on=paris_day(move.at))
    first = dates.first_issue
    return {
        "move": move,
        "subscription": subscription,
        "title": subscription.magazine.title,
        "subscriber_number": subscription.number or "",
        "recipient": subscription.recipient.name if subscription.is_gift else "",
        "issue": issue(late.printed),
        "month": month(late.cover_month, late.cover_year),
        "told_on": day(date.fromisoformat(str(facts["told_on"]))),
        "posted_about": day(move.post_on),
        # Until the first issue has come, the time to withdraw has not begun (C. conso L221-18).
        "withdrawable": dates.withdrawal_open and first is not None and first.number == late.number,
        "renews": dates.renewal is not None,
    }


def no_longer_late(context: Context, *, at: datetime) -> str:
    """Not told once the issue has left, its day has moved again, or the reader does not get it any more."""
    move: IssueMove = context["move"]
    if move.issue.posted_on is not None:
        return "the issue has been posted meanwhile"
    if IssueMove.objects.filter(issue=move.issue_id, pk__gt=move.pk).exists():
        return "its day has moved again"
    copies = Entitlement.objects.filter(
        term__subscription=context["subscription"], issue=move.issue_id, state__in=STILL
    )
    return "" if copies.exists() else "the reader does not receive this issue any more"
