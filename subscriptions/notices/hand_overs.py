"""What letters say of a name put right, another recipient, another payer."""

from __future__ import annotations

from datetime import datetime

from payments.days import paris_day
from subscriptions.dates import dates_of_subscription
from subscriptions.models import HandOver
from subscriptions.notices.french import day, issue
from subscriptions.notices.letter import Context, Facts


def recipient(facts: Facts) -> Context:
    """Who receives from now on, and the first issue that goes there."""
    done = _done(facts)
    new = done.new_recipient
    return {
        "done": done,
        "subscriber_number": done.subscription.number or "",
        "title": done.subscription.magazine.title,
        "recipient": new.name if new else "",
        "address": new.address.lines if new else [],
        "first_issue": issue(done.first_issue.printed) if done.first_issue else "",
        "first_posted_about": day(done.first_issue.post_on) if done.first_issue else "",
    }


def payer(facts: Facts) -> Context:
    """Who pays for what comes next, told to both: `role` is « old » or « new »."""
    done = _done(facts)
    dates = dates_of_subscription(done.subscription, on=paris_day(done.at))
    return {
        "done": done,
        "new": facts["role"] == "new",
        "subscriber_number": done.subscription.number or "",
        "title": done.subscription.magazine.title,
        "recipient": done.subscription.recipient.name,
        "ends_on": day(dates.ends_on) if dates.ends_on else "",
    }


def changed_again(context: Context, *, at: datetime) -> str:
    """A change is not told once there is a later one of its kind, which has its own letter."""
    done: HandOver = context["done"]
    later = HandOver.objects.filter(
        subscription=done.subscription_id, pk__gt=done.pk, new_payer__isnull=done.new_payer_id is None
    )
    return "a later change has its own letter" if later.exists() else ""


def _done(facts: Facts) -> HandOver:
    related = ("subscription__magazine", "subscription__recipient", "new_recipient__address", "first_issue")
    return HandOver.objects.select_related(*related).get(pk=facts["hand_over_id"])
