"""What letters about an address that holds for a while say: from when to when, which issues go there, and that it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.days import paris_day
from subscriptions.calendar import is_open
from subscriptions.fulfilment.addressed import holds
from subscriptions.models import Entitlement, Issue, TemporaryAddress
from subscriptions.moving import COMING
from subscriptions.notices.french import day, issue, issues
from subscriptions.notices.letter import Context, Facts
from subscriptions.offers.catalogue import dates_of

_DAY = timedelta(days=1)


def given(facts: Facts) -> Context:
    """It holds from a day to a day; afterwards the copies go home by themselves."""
    one = _row(facts)
    reached = [row for row in _coming(one) if holds(one, post_on=row.post_on)]
    # Closed before the address was given, they go where they were going.
    there = [row for row in reached if is_open(dates_of(row), on=paris_day(one.at))]
    sealed = [row for row in reached if row not in there]
    return {
        "temporary": one,
        "recipient": one.recipient.name,
        "from_on": day(one.from_on),
        "to_on": day(one.until - _DAY),
        "address": one.address.lines,
        "home": one.recipient.address.lines,
        "issues": issues([row.printed for row in there]) if there else "",
        "several": len(there) > 1,
        "sealed": issues([row.printed for row in sealed]) if sealed else "",
    }


def over_already(context: Context, *, at: datetime) -> str:
    """Not told once it has ended: its end has a letter of its own."""
    return "it has ended" if context["temporary"].until <= paris_day(at) else ""


def ended(facts: Facts) -> Context:
    """It holds no more, earlier than planned: the next issue goes home."""
    one = _row(facts)
    first = next((row for row in _coming(one) if row.post_on >= one.until), None)
    return {
        "temporary": one,
        "recipient": one.recipient.name,
        "address": one.address.lines,
        "home": one.recipient.address.lines,
        "until": day(one.until),
        "first_issue": issue(first.printed) if first else "",
        "first_posted_about": day(first.post_on) if first else "",
    }


def _row(facts: Facts) -> TemporaryAddress:
    return TemporaryAddress.objects.select_related("recipient__address", "address").get(pk=facts["temporary_id"])


def _coming(one: TemporaryAddress) -> list[Issue]:
    """The issues that the recipient is owed and that have not left, in order."""
    owed = Entitlement.objects.filter(
        term__subscription__recipient=one.recipient_id, state__in=COMING, issue__posted_on=None
    )
    return list(Issue.objects.filter(pk__in=owed.values("issue")).order_by("number"))
