"""What letters about a pause say: which issues do not come, which is the last instead, when the renewal is; or that they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse

from payments.days import paris_day
from payments.money import french
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Pause, Subscription
from subscriptions.notices.french import day, issue
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute


def confirmed(facts: Facts) -> Context:
    """Some issues do not come."""
    pauses = Pause.objects.filter(request=facts["request"]).exclude(state=Pause.State.CALLED_OFF)
    return _said(facts, list(pauses.select_related("issue").order_by("issue__number")))


def called_off_since(context: Context, *, at: datetime) -> str:
    """Not told once the issues come after all."""
    return "" if context["pauses"] else "the reader has chosen otherwise since"


def ended(facts: Facts) -> Context:
    """They come after all."""
    pauses = Pause.objects.filter(pk__in=facts["pause_ids"])
    return _said(facts, list(pauses.select_related("issue").order_by("issue__number")))


def paused_again(context: Context, *, at: datetime) -> str:
    """Not told once one of them has been put off again."""
    put_off = Pause.objects.filter(
        term__in=[one.term_id for one in context["pauses"]], issue__in=[one.issue_id for one in context["pauses"]]
    ).exclude(state=Pause.State.CALLED_OFF)
    return "the reader has chosen otherwise since" if put_off.exists() else ""


def _said(facts: Facts, pauses: Sequence[Pause]) -> dict[str, Any]:
    subscription = Subscription.objects.select_related("magazine").get(pk=facts["subscription_id"])
    since = max((one.state_since for one in pauses), default=subscription.created_at)
    dates = dates_of_subscription(subscription, on=paris_day(since))
    last, renewal = dates.last_issue, dates.renewal
    return {
        "pauses": pauses,
        "several": len(pauses) > 1,
        "issues": one_by_one([one.issue.printed for one in pauses]),
        "subscriber_number": subscription.number or "",
        "title": subscription.magazine.title,
        "next_issue": issue(dates.next_issue.printed) if dates.next_issue else "",
        "next_posted": day(dates.next_issue.post_on) if dates.next_issue else "",
        "last_issue": issue(dates.last_printed) if dates.last_printed else "",
        "last_posted": day(last.post_on) if last else "",
        "renews_on": day(renewal.on) if renewal else "",
        # While the last issue has no day yet, that of the renewal may still move: later only.
        "renewal": (day(renewal.on) if last else f"{day(renewal.on)} au plus tôt") if renewal else "",
        "amount": french(renewal.amount) if renewal and renewal.amount is not None else "",
        "announced": renewal is not None and renewal.announced,
        "pause_url": _pause_page(subscription),
    }


def one_by_one(numbers: Sequence[int | str]) -> str:
    """Each of them by its number, as it follows « les »: « n° 25, n° 26 et n° 27 », and never a run."""
    named = [issue(number) for number in numbers]
    return " et ".join(part for part in (", ".join(named[:-1]), *named[-1:]) if part)


def _pause_page(subscription: Subscription) -> str:
    try:
        return absolute(reverse("account_pause", args=[subscription.pk]))
    except NoReverseMatch:
        return absolute("/compte/")
