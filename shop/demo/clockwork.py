"""The clockwork of renewals, turned by hand on the days on which something happens to one of the first readers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from payments.actors import job
from payments.allowance import Unlimited
from payments.collecting import Collected
from payments.days import PARIS, paris_day
from shop.demo.stage import Stage
from shop.demo.stories import Story
from subscriptions.fulfilment.planning import assign_planned
from subscriptions.renewals import charging, falling_due, lapsing, noticing, planning, proving, unproved
from subscriptions.renewals.ending import end_fixed_terms
from subscriptions.renewals.reminding import remind

MANY = 500
#: Five past ten: readers are charged from ten o'clock on.
HOUR = time(10, 5)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Turned:
    """Whether letters were queued, and whether anybody was charged."""

    told: bool
    charged: bool


def turn(stage: Stage) -> Turned:
    """Every job of a renewal once, in the order of the timetable, at this instant."""
    on, at = paris_day(stage.now), stage.now
    planning.plan(on=on, at=at, actor=job("renewal-plan"), limit=MANY)
    proving.prove(on=on, at=at, actor=job("renewal-proofs"), limit=MANY)
    unproved.sort_out(on=on, at=at, actor=job("renewal-proofs"), limit=MANY)
    falling_due.fall_due(on=on, at=at, actor=job("renewal-due"))
    assign_planned(actor=job("renewal-due"), at=at)
    charged = charging.charge_due(
        at=at, now=lambda: stage.now, allowance=Unlimited(), actor=job("renewal-charge"), threads=1
    )  # fmt: skip
    lapsing.lapse(on=on, at=at, actor=job("renewal-lapse"))
    end_fixed_terms(on=on, at=at, actor=job("fixed-terms"), limit=MANY)
    # The series of fixed terms is looked at on the last day only: it asks much, and one letter of each is enough.
    reminded = remind(on=on, at=at, limit=MANY) if on == paris_day(stage.until) else 0
    told = noticing.notice(on=on, at=at, limit=MANY)
    return Turned(bool(reminded or told.legal or told.pre_debit or told.card), charged != Collected())


def turns(stage: Stage, days: Iterable[date]) -> list[tuple[datetime, Story]]:
    """The clock on each of these days, and at the end of the demo."""
    return [(ten(day), _day(stage)) for day in sorted(days)]


def _day(stage: Stage) -> Story:
    """What is told, then, once the post has taken the letters, what follows from it."""
    first = turn(stage)
    charged = first.charged
    if first.told:
        yield stage.now + 2 * MINUTE
        charged |= turn(stage).charged
    if charged:
        yield stage.now + 2 * MINUTE
        stage.hear()


def ten(day: date) -> datetime:
    """Five past ten in Paris."""
    return datetime.combine(day, HOUR, PARIS).astimezone(UTC)
