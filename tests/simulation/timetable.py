"""Which jobs run when: the timetable of the shop, without the rings at which nothing can have become due.

A job is a sweep: what it sees changes by an act, by another job, by Stripe, or by the day and hour. So the jobs that ring
every few seconds to hours ring here

- in the night (a quarter past midnight in Paris, when the date has changed), at three past ten (the hour of charges) and
  in the evening;
- two minutes, a quarter of an hour and eighty minutes after each act of a reader, of the staff or of a fault: after the
  bell, after what waits five or ten minutes for an answer, after the end of a payment page;

and at each of these again and again, a minute apart, as long as one of them changed something. Daily jobs ring at their
hour. The audit rings when the invariants are asked. A ring that is left out would have found what the ring before it left.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from tasks.app import app
from tasks.schedule import TIMETABLE, Job
from tests.simulation.clock import paris
from tests.simulation.kills import Killed
from tests.simulation.shop import Shop

MINUTE = timedelta(minutes=1)
AFTER = (2 * MINUTE, 15 * MINUTE, 80 * MINUTE)
ROUNDS = 8
#: The audit reads every row: it is asked with the invariants.
APART = frozenset({"audit"})
#: Jobs whose ring changes nothing but their own bookkeeping.
HOURS = ((0, 15), (10, 3), (19, 30))
#: What a job may raise while Stripe or Valkey does not answer: its alarm, which is what it should do then.
ALARMS = frozenset({"Silence", "Shut", "NotRendered"})


class Timetable:
    """Rings the jobs of a shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._waiting: set[datetime] = set()
        app.loader.import_default_modules()
        self._bodies: dict[str, Callable[[], Any]] = {job.name: app.tasks[job.name] for job in TIMETABLE}
        self.often = [job for job in TIMETABLE if job.at is None]
        self.daily = [job for job in TIMETABLE if job.at is not None and job.name not in APART]
        self.rounds = self.runs = 0

    def open_day(self) -> None:
        """Write down the rings of today, and of the opening of the next day."""
        shop, today = self._shop, self._shop.clock.today
        for hour, minute in HOURS:
            self._at(paris(today, hour, minute))
        for job in self.daily:
            assert job.at is not None
            at = paris(today, *job.at)
            if at >= shop.clock.now:
                shop.agenda.add(at, lambda job=job: self._once(job))  # type: ignore[misc]
        shop.agenda.add(paris(today + timedelta(days=1), 0, 1), self.open_day)

    def stirred(self) -> None:
        """Something happened: look at it soon, and again when its time-outs are over."""
        for pause in AFTER:
            at = self._shop.clock.now + pause
            # To whole five minutes, so that what happens together is looked at together.
            self._at(at + (datetime.min - at.replace(tzinfo=None)) % (5 * MINUTE))

    def _at(self, at: datetime) -> None:
        if at >= self._shop.clock.now and at not in self._waiting:
            self._waiting.add(at)
            self._shop.agenda.add(at, lambda: self._ring(at))

    def _ring(self, at: datetime) -> None:
        self._waiting.discard(at)
        self.turn()

    def turn(self) -> None:
        """Ring every job that rings often, again and again while one of them changes something."""
        shop = self._shop
        if shop.stopped:
            shop.hear()
            return
        for _round in range(ROUNDS):
            self.rounds += 1
            changed = shop.hear()
            for job in self.often:
                changed = self.run(job) or changed
            if not changed:
                return
            shop.go_to(shop.clock.now + MINUTE)

    def _once(self, job: Job) -> None:
        if not self._shop.stopped and self.run(job):
            self.stirred()

    def run(self, job: Job) -> bool:
        """One run of one job, twice where two clocks ring; whether it changed anything. It may be killed."""
        shop = self._shop
        changed = self._live(job)
        if shop.two_clocks:
            changed = self._live(job) or changed
        return changed

    def _live(self, job: Job) -> bool:
        shop = self._shop
        self.runs += 1
        with shop.changes() as changes:
            try:
                with shop.reaper.watched():
                    self._bodies[job.name]()
            except Killed as killed:
                shop.killed(f"{job.name}: {killed}")
                changes.many += 1
            except SoftTimeLimitExceeded:
                raise
            except Exception as trouble:
                shop.failed(job.name, trouble, alarm=type(trouble).__name__ in ALARMS)
        if connection.in_atomic_block:
            raise RuntimeError(f"{job.name} left a transaction open")
        return changes.many > 0
