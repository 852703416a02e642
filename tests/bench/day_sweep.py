"""day-sweep: every daily sweep over a million subscriptions of which nothing is due, together and one by one.

Half renew by themselves, half are for a fixed term; their terms end evenly over the year to come. Whatever was due
before today is done: plans are made, announced and proved, reminders sent, invoices rendered.
"""

from __future__ import annotations

import os
from datetime import datetime, time, timedelta
from typing import Any
from unittest import mock

from tests.bench.many import fill, superuser_of
from tests.bench.stack import clock, inside, peak_mib, stack

SUBSCRIPTIONS = int(os.environ.get("DAY_SWEEP_SUBSCRIPTIONS", "1000000"))
#: Not sweeps over what is due: they ask Stripe for its own lists, or check every row on purpose (the full recomputations).
NOT_SWEEPS = frozenset({"event-catch-up", "balance-movements", "payouts", "stripe-mirror", "audit", "renewal-audit"})
MOST_SECONDS, MOST_MIB = 1.0, 16


def run() -> dict[str, Any]:
    """Every job of the timetable that sweeps rows, once to warm up and once measured, at eleven o'clock in Paris.

    On a Tuesday: what recomputes everything once a week is told apart (`weekly_s`).
    """
    with stack() as shop:
        inside(shop)
        from payments.days import PARIS, paris_day
        from shop.watch import runs
        from tasks.app import app
        from tasks.schedule import TIMETABLE

        today = paris_day(datetime.now(PARIS))
        tuesday = today + timedelta(days=(1 - today.weekday()) % 7)
        at = datetime.combine(tuesday, time(11), tzinfo=PARIS)
        begun = clock()
        fill(superuser_of(shop), subscriptions=SUBSCRIPTIONS, at=at)
        print(f"  {SUBSCRIPTIONS:,} subscriptions made in {clock() - begun:.0f} s", flush=True)
        app.loader.import_default_modules()
        runs.know([(job.name, job.every, job.alarm_after) for job in TIMETABLE], at=at)
        with mock.patch("django.utils.timezone.now", return_value=at):
            _once(app)
            resting = peak_mib()
            took, made = _once(app)
            grown = peak_mib() - resting
        weekly = _weekly(app, monday=at - timedelta(days=1))
    total = sum(took.values())
    for name, seconds in sorted(took.items(), key=lambda one: -one[1]):
        print(f"  {seconds * 1000:8.1f} ms  {name}")
    return {
        "value": round(total, 3),
        "reference": None,
        "ratio": None,
        "unit": f"s for all sweeps over {SUBSCRIPTIONS:,} subscriptions",
        "queries": made,
        "jobs_ms": {name: round(seconds * 1000, 1) for name, seconds in took.items()},
        "grown_mib": round(grown, 1),
        "weekly_s": {name: round(seconds, 2) for name, seconds in weekly.items()},
        "targets": {
            f"{total:.2f} s <= {MOST_SECONDS:.0f}": total <= MOST_SECONDS,
            f"{grown:.0f} MiB more at the most <= {MOST_MIB}": grown <= MOST_MIB,
        },
    }


def _once(app: Any) -> tuple[dict[str, float], int]:
    """Each job once, in the order of the timetable: seconds by name, and queries of all."""
    from tasks.schedule import TIMETABLE
    from tests.bench.stack import queries

    took = {}
    with queries() as made:
        for job in TIMETABLE:
            if job.name not in NOT_SWEEPS:
                begun = clock()
                app.tasks[job.name].run()
                took[job.name] = clock() - begun
    return took, len(made)


def _weekly(app: Any, *, monday: datetime) -> dict[str, float]:
    """What is computed anew for everybody: the reminders on a Monday, and a seventh of all plans each night."""
    took = {}
    with mock.patch("django.utils.timezone.now", return_value=monday):
        for name in ("reminders", "renewal-audit"):
            begun = clock()
            app.tasks[name].run()
            took[name] = clock() - begun
    return took
