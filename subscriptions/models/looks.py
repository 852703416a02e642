"""What the daily sweeps have to look at: a row per subscription and day, instead of a search through all of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.listed import Listed


class Look(models.Model):
    """A subscription whose next term, or whose end, has to be looked at.

    Written by the database itself (migration 0015) with every new term, for its last day, and for at once wherever
    something changed on which the next term hangs. Taken away by whoever has looked (`subscriptions.renewals.looking`).
    """

    class Matter(models.TextChoices):
        PLAN = "plan", "the plan of its next term"
        END = "end", "the end of a fixed term"

    subscription = models.ForeignKey("Subscription", on_delete=models.CASCADE, related_name="+")
    matter = Listed(max_length=4, choices=Matter.choices)
    day = models.DateField(help_text="last day of its term as far as known; long past: something changed")

    objects: ClassVar[models.Manager[Look]] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["matter", "day"], include=["subscription"], name="look_day")]

    def __str__(self) -> str:
        return f"{self.matter} {self.subscription_id} {self.day}"
