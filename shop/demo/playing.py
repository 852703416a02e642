"""Playing the stories: one clock for all of them, letters as they fall due, issues posted on their day."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from payments.days import PARIS
from shop.demo.stage import Stage
from shop.demo.stories import Story
from subscriptions.fulfilment.closing import ask, close
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import post_run
from subscriptions.models import Issue, Notice
from subscriptions.notices import delivering

WRITTEN_WITHIN = timedelta(seconds=5)
ROUND = 100
WEEK = timedelta(days=7)


def play(stage: Stage, stories: Iterable[tuple[datetime, Story]]) -> None:
    """Play every story from its own beginning, in the order of the instants, and stop at `stage.until`.

    So the numbers of invoices rise with their dates. What a story would do after the end is left undone.
    """
    waiting = [(begins, rank, story) for rank, (begins, story) in enumerate(stories)]
    heapq.heapify(waiting)
    while waiting and waiting[0][0] <= stage.until:
        instant, rank, story = heapq.heappop(waiting)
        deliver_letters(before=instant)
        stage.turn_to(max(instant, stage.now))
        try:
            wakes = next(story)
        except StopIteration:
            continue
        heapq.heappush(waiting, (wakes, rank, story))
    for _instant, _rank, story in waiting:
        story.close()
    deliver_letters(before=stage.until)
    stage.turn_to(stage.until)
    if stage.till is not None:
        stage.hear()
        stage.read_fees()


def deliver_letters(*, before: datetime) -> None:
    """Let the letters leave that are due before an instant, each a few seconds after it fell due."""
    by_mail = Notice.objects.filter(state=Notice.State.QUEUED, channel=Notice.Channel.EMAIL)
    queued = by_mail.order_by("due_at").values_list("due_at", flat=True)
    while (due := queued.first()) is not None and due + WRITTEN_WITHIN <= before:
        delivering.deliver(ROUND, at=due + WRITTEN_WITHIN)


def posts(stage: Stage, issue: Issue) -> Story:
    """The file of an issue is closed by two people, handed over and counted the day after, posted on its planned day."""
    clerk, colleague = stage.by("fulfilment"), stage.by("administrator")
    yield morning(issue.cutoff_on)
    run = close(ask(issue.pk, actor=clerk, at=stage.now).pk, actor=colleague, at=stage.now)
    stage.forget_shelf()
    yield morning(issue.cutoff_on + timedelta(days=1))
    hand_over(run.pk, actor=clerk, at=stage.now)
    count_received(run.pk, copies=run.copies or 0, actor=clerk, at=stage.now)
    yield morning(issue.post_on)
    post_run(run.pk, on=issue.post_on, actor=clerk, at=stage.now)
    stage.forget_shelf()


def reads_the_balance(stage: Stage) -> Story:
    """Once a week the lines of Stripe's balance are read, and their fees booked."""
    while True:
        yield stage.now + WEEK
        stage.read_fees()


def morning(day: date) -> datetime:
    """Six o'clock in Paris."""
    return datetime.combine(day, time(6), PARIS).astimezone(UTC)


def postings(stage: Stage, issues: Sequence[Issue], *, on: date) -> list[tuple[datetime, Story]]:
    """The stories of the issues that are posted by day `on`."""
    return [(stage.now, posts(stage, issue)) for issue in issues if issue.post_on <= on]


def weekly(stage: Stage, *, since: datetime) -> list[tuple[datetime, Story]]:
    """What happens every week from that instant on; nothing without a till."""
    return [(since, reads_the_balance(stage))] if stage.till is not None else []
