"""Who has run, who is late: the last run of each job of the timetable (ON TIME)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection
from django.utils import timezone

from shop.watch.models import JobRun

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Late:
    """A job that has not succeeded in its time. `silent_for` counts from its last success, or since it is known."""

    job: str
    silent_for: timedelta
    allowed: timedelta


class Summary:
    """What a run wants remembered beside its time: a few words and figures, no personal data."""

    text = ""


@contextmanager
def running(job: str) -> Iterator[Summary]:
    """Write down that a job starts, then that it succeeded or failed. The failure goes on to the caller."""
    _note("UPDATE watch_jobrun SET started_at = %s WHERE job = %s", timezone.now(), job)
    summary = Summary()
    try:
        yield summary
    except Exception as trouble:
        log.exception("job_failed", job=job)
        _note(
            "UPDATE watch_jobrun SET failed_at = %s, failure = %s WHERE job = %s",
            timezone.now(),
            type(trouble).__name__,
            job,
        )
        raise
    _note(
        "UPDATE watch_jobrun SET succeeded_at = %s, summary = %s, failure = '' WHERE job = %s",
        timezone.now(),
        summary.text[:300],
        job,
    )


def _note(statement: str, *given: object) -> None:
    """Written out: most runs find nothing to do, and all that they cost is this."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def know(jobs: Sequence[tuple[str, int, int]], *, at: datetime) -> None:
    """Make the timetable known: (job, period, alarm after) in seconds. Jobs that are no longer in it are forgotten."""
    JobRun.objects.bulk_create(
        [
            JobRun(job=job, period_seconds=period, alarm_after_seconds=alarm, known_since=at)
            for job, period, alarm in jobs
        ],
        update_conflicts=True,
        unique_fields=["job"],
        update_fields=["period_seconds", "alarm_after_seconds"],
    )
    JobRun.objects.exclude(pk__in=[job for job, _period, _alarm in jobs]).delete()


def last_success(job: str) -> datetime | None:
    """When a job last came to its end; None if it never did."""
    return JobRun.objects.filter(pk=job).values_list("succeeded_at", flat=True).first()


def late(*, at: datetime) -> list[Late]:
    """Every job that has not succeeded for longer than it may, the worst first. One query."""
    found = []
    for run in JobRun.objects.all():
        silent = at - (run.succeeded_at or run.known_since)
        allowed = timedelta(seconds=run.alarm_after_seconds)
        if silent > allowed:
            found.append(Late(run.job, silent, allowed))
    return sorted(found, key=lambda one: one.silent_for, reverse=True)
