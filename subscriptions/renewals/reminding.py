"""The series of reminders of fixed terms: who is due for which step today, each told once (law.md 7.7).

The steps are rows (`ReminderStep`). One reader gets one letter for one state of things: the latest step that is due, and
no earlier one after it, so that a clockwork that stood still for weeks does not send them all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from payments.days import PARIS
from subscriptions.models import Issue, Magazine, Notice, ReminderStep, Subscription, Term
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.notices.telling import letter_to
from subscriptions.renewals.remindable import remindable

Trigger = ReminderStep.Trigger


def remind(*, on: date, at: datetime, limit: int, since: date | None = None) -> int:
    """Queue the reminders that are due on day `on`, up to `limit`; returns how many are new.

    `since`: the day up to which a run has gone through; only what became due from that day on is looked at, and nothing
    but the few issues of these days is read where none did. Set-based: two queries per step that has anything to look at,
    and one statement for the letters. Safe to run twice, late or in two places: the matter of a letter is unique.
    """
    drafts: list[NoticeDraft] = []
    taken: set[int] = set()
    for magazine in Magazine.objects.order_by("pk"):
        steps = series(magazine)
        for index in reversed(range(len(steps))):
            room = limit - len(drafts)
            if room <= 0:
                break
            step = steps[index]
            followed = _followed(step, magazine, on=on, since=since)
            if followed is None:
                continue
            due = list(_due(step, steps[index:], magazine, followed).exclude(subscription__in=taken)[:room])
            taken.update(term.subscription_id for term in due)
            drafts += [_draft(term, step, on=on, at=at) for term in due]
    return queue(drafts)


def series(magazine: Magazine, *, addressee: str = ReminderStep.Addressee.READER) -> list[ReminderStep]:
    """The steps of a magazine to whom they speak, in their order: its own, and the general ones of codes that it has none of."""
    every = list(ReminderStep.objects.filter(Q(magazine=magazine) | Q(magazine=None), addressee=addressee))
    own = {step.code: step for step in every if step.magazine_id is not None}
    general = {step.code: step for step in every if step.magazine_id is None}
    steps = [step for step in (general | own).values() if step.active]
    return sorted(steps, key=lambda step: (step.place, step.pk))


def only_after_lapse(step: ReminderStep) -> bool:
    """Whether a step speaks to those who receive nothing any more; the others speak to those who still do."""
    return step.trigger == Trigger.LAPSED or step.issues_from_last > 0


def is_courtesy(step: ReminderStep) -> bool:
    """Whether its letter is advertising in the eyes of the law."""
    return LETTERS[step.letter].rank == Notice.Rank.COURTESY


def _days(step: ReminderStep, *, on: date, since: date | None) -> tuple[date, date]:
    """The first and the last day on which what a step follows may have happened, for it to be due on day `on`."""
    earliest, latest = on - timedelta(days=step.days_after + step.late_days), on - timedelta(days=step.days_after)
    return earliest if since is None else max(earliest, since - timedelta(days=step.days_after)), latest


def _followed(step: ReminderStep, magazine: Magazine, *, on: date, since: date | None) -> Q | None:
    """Which terms a step follows by what happened in its days: a lapse, or an issue; None where nothing happened. Two queries at most."""
    if step.trigger == Trigger.LAPSED:
        lapsed = Subscription.objects.filter(magazine=magazine, state=Subscription.State.LAPSED)
        if not lapsed.filter(**_within("state_since", step, on=on, since=since)).exists():
            return None
        return Q(**_within("subscription__state_since", step, on=on, since=since))
    posted = Issue.objects.filter(magazine=magazine, posted_on__range=_days(step, on=on, since=since))
    numbers = list(posted.values_list("number", flat=True))
    if not numbers:
        return None
    if step.issues_from_last > 0:
        last = _before(numbers, step.issues_from_last, magazine)
        return Q(entitlements__rank=F("copies"), entitlements__issue__number__in=last)
    return Q(entitlements__rank=F("copies") + step.issues_from_last, entitlements__issue__number__in=numbers)


def _before(numbers: Sequence[int], places: int, magazine: Magazine) -> list[int]:
    """The issues that came so many places before each: by the calendar, for a double issue leaves a hole in the numbers."""
    every = list(Issue.objects.filter(magazine=magazine).order_by("number").values_list("number", flat=True))
    found = (every.index(number) - places for number in numbers)
    return [every[place] for place in found if place >= 0]


def _due(step: ReminderStep, from_here: Sequence[ReminderStep], magazine: Magazine, followed: Q) -> QuerySet[Term]:
    """Last terms of readers for whom the step is due, among those that it `followed`, and who had neither it nor a later one."""
    on_paper = step.channel == ReminderStep.Channel.LETTER
    terms = remindable(lapsed=only_after_lapse(step), courtesy=is_courtesy(step), on_paper=on_paper)
    terms = terms.filter(followed, subscription__magazine=magazine)
    for told in from_here:
        terms = terms.exclude(Exists(_told(told.code)))
    return terms.select_related("subscription__payer").order_by("pk")


def _told(code: str) -> QuerySet[Notice]:
    """The letter of that step to the reader of the outer term: one per subscription, term and step, for ever."""
    matter = Concat(
        Value("reminder:"),
        Cast(OuterRef("subscription"), CharField()),
        Value(":"),
        Cast(OuterRef("number"), CharField()),
        Value(f":{code}"),
        output_field=CharField(),
    )
    return Notice.objects.filter(matter=matter)


def _within(path: str, step: ReminderStep, *, on: date, since: date | None) -> dict[str, datetime]:
    """The condition that the instant at `path` lies in the days of the step."""
    earliest, latest = _days(step, on=on, since=since)
    return {f"{path}__gte": _midnight(earliest), f"{path}__lt": _midnight(latest + timedelta(days=1))}


def _midnight(on: date) -> datetime:
    """The instant at which a Paris day begins."""
    return datetime.combine(on, time(0), tzinfo=PARIS)


def _draft(term: Term, step: ReminderStep, *, on: date, at: datetime) -> NoticeDraft:
    payer: Any = term.subscription.payer  # somebody, and not erased: see `remindable`
    matter = f"reminder:{term.subscription_id}:{term.number}:{step.code}"
    return letter_to(payer, step.letter, matter, {"term_id": term.pk, "code": step.code, "on": on.isoformat()}, at=at)
