"""Months as they were when they were over: their figures, frozen once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class MonthSnapshot(models.Model):
    """The figures of one month as they were known when it was frozen; evidence, chained.

    Taken once: with its closing, or so many days after its end where nobody has closed it by then. What is known later is
    never written into it, and is shown beside it (`payments.months.comparing`).
    """

    first_day = models.DateField(unique=True)
    figures = models.JSONField(help_text="by section: key, count, amount as text")
    closing = models.ForeignKey(
        "PeriodClosing", null=True, on_delete=models.PROTECT, related_name="snapshots", help_text="null: by its day"
    )
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[MonthSnapshot]] = models.Manager()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(condition=models.Q(first_day__day=1), name="month_snapshot_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m}"
