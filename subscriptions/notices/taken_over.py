"""What a reader who was taken over from another house is told: that this shop serves them now, what is to come, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.days import paris_day
from subscriptions.dates import LIVING, dates_of_subscription
from subscriptions.models import HandOver, ImportRow, Term
from subscriptions.notices.french import day, issue
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import public_function


def arrived(facts: Facts) -> Context:
    """The number, the copies left, and how the year ends: by itself, with another one, or by the reader's choice."""
    term = Term.objects.select_related("subscription__magazine", "subscription__recipient").get(pk=facts["term_id"])
    one = term.subscription
    dates = dates_of_subscription(one, on=paris_day(term.created_at))
    row = ImportRow.objects.select_related("file").filter(term=term).first()
    renewal = dates.renewal or dates.by_choice
    debited = dates.renewal is not None and (row is None or dates.renewal.on >= row.file.charge_from)
    return {
        "term": term,
        "subscription": one,
        "subscriber_number": one.number or "",
        "title": one.magazine.title,
        # Who receives what somebody else pays is named; whoever pays for themselves knows it.
        "recipient": one.recipient.name if one.recipient.customer_id != one.payer_id else "",
        "gift": one.is_gift,
        "copies_left": dates.copies_left,
        "next_issue": issue(dates.next_issue.number) if dates.next_issue else "",
        "next_about": day(dates.next_issue.post_on) if dates.next_issue else "",
        "renews_on": day(renewal.on) if renewal is not None and debited else "",
        "by_choice": renewal is not None and not debited,
        "ends_on": day(renewal.on - timedelta(days=1) if renewal is not None else term.ends_on),
        "terminate_url": public_function("terminate"),
    }


def no_longer_so(context: Context, *, at: datetime) -> str:
    """Not told once the subscription is over, or another payer took it."""
    one = context["subscription"]
    if one.state not in LIVING:
        return "the subscription has ended"
    later = HandOver.objects.filter(subscription=one, new_payer__isnull=False, at__gte=context["term"].created_at)
    return "a later change has its own letter" if later.exists() else ""
