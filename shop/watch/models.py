"""Runs of the periodic jobs; a job that has not succeeded in its time is an alarm (ON TIME)."""

from __future__ import annotations

from django.db import models


class JobRun(models.Model):
    """The last run of one job of the timetable."""

    job = models.CharField(max_length=60, primary_key=True)
    period_seconds = models.PositiveIntegerField()
    alarm_after_seconds = models.PositiveIntegerField()
    started_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    known_since = models.DateTimeField()

    def __str__(self) -> str:
        return self.job


class AuditFinding(models.Model):
    """What the nightly audit of the invariants found; closed when it no longer holds."""

    invariant = models.CharField(max_length=20)
    subject = models.CharField(max_length=120)
    sentence = models.TextField()
    found_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invariant", "subject"],
                condition=models.Q(closed_at__isnull=True),
                name="finding_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}"
