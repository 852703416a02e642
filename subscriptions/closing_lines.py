"""What the middle floor wants looked at before a month is closed: its lines of `payments.closing.checklist`."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from payments.closing.checklist import Found, Line, Weight, add_line
from payments.closing.periods import Period
from subscriptions.deferred import differs
from subscriptions.models import Issue


def deferred(period: Period, at: datetime) -> Found:
    """Whether account 4871 is what the copies that are not served yet are worth; as it stands now, whatever the period."""
    difference = differs()
    return Found(1, abs(difference[0] - difference[1])) if difference else Found()


def issues_not_posted(period: Period, at: datetime) -> Found:
    """Issues that should have been posted by the end of the period and are not: their revenue belongs into it."""
    late = Issue.objects.filter(post_on__range=(period.first_day, period.last_day)).exclude(state=Issue.State.POSTED)
    return Found(late.count())


LINES = (
    Line("deferred", _("Account 4871 is not the value of the copies owed"), Weight.STOPS, deferred, "desk_entries"),
    Line("issues", _("Issues of the period that are not posted"), Weight.ANSWER, issues_not_posted),
)


def add_all() -> None:
    """Give the checklist these lines, at start-up."""
    for line in LINES:
        add_line(line)
