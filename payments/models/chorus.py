"""Invoices of public bodies on their way through Chorus Pro (law.md 3.4)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class ChorusDeposit(models.Model):
    """Where an invoice or a credit note stands in Chorus Pro. States move in `payments.chorus.moving`."""

    class State(models.TextChoices):
        TO_DEPOSIT = "to_deposit", "to be deposited"
        DEPOSITED = "deposited", "deposited"
        AVAILABLE = "available", "made available"
        SUSPENDED = "suspended", "suspended"
        RECYCLED = "recycled", "to be sent elsewhere"
        REJECTED = "rejected", "rejected"
        MANDATED = "mandated", "mandated"
        PAID = "paid", "paid"
        NOT_NEEDED = "not_needed", "not through Chorus Pro"

    invoice = models.OneToOneField("Invoice", on_delete=models.PROTECT, related_name="chorus")
    state = Listed(max_length=12, choices=State.choices, default=State.TO_DEPOSIT)
    state_since = models.DateTimeField()
    chorus_number = models.CharField(max_length=40, blank=True, help_text="as Chorus Pro names the deposit")

    objects: ClassVar[models.Manager[ChorusDeposit]] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["state", "state_since"], name="chorus_state")]

    def __str__(self) -> str:
        return f"chorus:{self.invoice_id}"

    @property
    def subject(self) -> str:
        """Name of this deposit on desks and acts."""
        return f"chorus:{self.pk}"


class ChorusEvent(models.Model):
    """One step, as somebody noted it or a file told it; evidence."""

    deposit = models.ForeignKey(ChorusDeposit, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    on = models.DateField(help_text="the day that Chorus Pro gives")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[ChorusEvent]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(to_state=""), name="chorus_event_somewhere")]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
