"""Which letters wait to be posted, in which order, and until when does posting still count?

Those that the law or a charge waits for first, by their last day; then the others, oldest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, CharField, F, IntegerField, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform

from subscriptions.calendar import RULES, legal_notice_window
from subscriptions.models import Notice
from subscriptions.renewals.matters import LEGAL, PRE_DEBIT

State = Notice.State


@dataclass(frozen=True, slots=True)
class Deadline:
    """`post_by`: the day on which it should be posted at the latest; `last`: the last on which posting still counts."""

    post_by: date
    last: date

    def near(self, on: date) -> bool:
        """Whether it is time to say so."""
        return on >= self.post_by - timedelta(days=RULES.post_alarm_days)


def deadline(notice: Notice) -> Deadline | None:
    """Until when a letter may be posted; None where no day is named.

    A legal notice within its window (C. conso L215-1), ten days before its end as a rule (law.md 4.7). The word of a debit
    seven days before it (law.md 5.2): posted later it names a day that does not hold.
    """
    if notice.kind == LEGAL and "renews_on" in notice.facts:
        closes_on = legal_notice_window(date.fromisoformat(notice.facts["renews_on"])).closes_on
        return Deadline(closes_on - timedelta(days=RULES.post_days_before_close), closes_on)
    if notice.kind == PRE_DEBIT and "charge_on" in notice.facts:
        last = date.fromisoformat(notice.facts["charge_on"]) - timedelta(days=RULES.pre_debit_least_days)
        return Deadline(last - timedelta(days=RULES.post_alarm_days), last)
    return None


def waiting(*, at: datetime) -> QuerySet[Notice]:
    """Letters that lie in no batch and may leave at `at`, the most urgent first."""
    named = Case(
        When(kind=LEGAL, then=KeyTextTransform("renews_on", "facts")),
        When(kind=PRE_DEBIT, then=KeyTextTransform("charge_on", "facts")),
        output_field=CharField(),
    )
    place = Case(When(kind=LEGAL, then=Value(0)), When(kind=PRE_DEBIT, then=Value(1)), default=Value(2))
    return (
        Notice.objects.filter(channel=Notice.Channel.PAPER, state=State.QUEUED, due_at__lte=at)
        .annotate(place=Case(When(pk__isnull=False, then=place), output_field=IntegerField()), named=named)
        .order_by("place", F("named").asc(nulls_last=True), "due_at", "pk")
    )
