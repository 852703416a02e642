"""Payouts: what Stripe sends to the bank, every step of each, and the runs that read them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class Payout(models.Model):
    """One transfer between Stripe's balance and our bank, as Stripe shows it; below zero it comes from the bank.

    State changes only in `payments.reconciliation.moving`. `cursor` and `read_at`: how far its movements have been read.
    `arrived_on`: the day of its line on our bank's statement.
    """

    class State(models.TextChoices):
        IN_TRANSIT = "in_transit", "in transit"
        PAID = "paid", "paid"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    stripe_payout = models.CharField(max_length=255, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    created = models.DateTimeField(help_text="by Stripe's clock")
    arrives_on = models.DateField(help_text="the day that Stripe expects it at the bank")
    automatic = models.BooleanField(help_text="only these are itemised")
    instant = models.BooleanField(default=False)
    state = Listed(max_length=10, choices=State.choices)
    state_since = models.DateTimeField()
    failure_code = models.CharField(max_length=80, blank=True, help_text="Stripe's word")
    itemised = models.BooleanField(default=False, help_text="its list of movements is complete")
    movement = models.CharField(max_length=255, blank=True, help_text="its own line of the balance")
    failure_movement = models.CharField(max_length=255, blank=True, help_text="the line that brought it back")
    trace = models.CharField(max_length=255, blank=True, help_text="as the bank may show it")
    looked_up_at = models.DateTimeField()
    cursor = models.CharField(max_length=255, blank=True)
    read_at = models.DateTimeField(null=True)
    arrived_on = models.DateField(null=True)
    bank_reference = models.CharField(max_length=80, blank=True, help_text="as on the statement")

    objects: ClassVar[models.Manager[Payout]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(arrived_on=None, bank_reference="") | (Q(arrived_on__isnull=False) & ~Q(bank_reference="")),
                name="payout_arrived_with_its_line",
            ),
            models.CheckConstraint(condition=Q(read_at=None) | Q(itemised=True), name="payout_read_once_itemised"),
        ]
        indexes = [
            models.Index(fields=["-created"], name="payout_created"),
            models.Index(fields=["created"], condition=Q(itemised=True, read_at=None), name="payout_to_read"),
            models.Index(fields=["arrives_on"], condition=Q(arrived_on=None), name="payout_waits_for_bank"),
        ]

    def __str__(self) -> str:
        return self.stripe_payout


class PayoutEvent(models.Model):
    """One step of one payout; evidence."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class ReconciliationRun(models.Model):
    """One reading of Stripe's list of payouts, thirty days back; evidence but for how far it has come."""

    since = models.DateTimeField()
    started_at = models.DateTimeField()
    cursor = models.CharField(max_length=255, blank=True)
    read_to_end = models.BooleanField(default=False)
    payouts = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["read_to_end"],
                condition=Q(finished_at=None, read_to_end=False),
                name="reconciliation_one_reads",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(read_to_end=True), name="reconciliation_finished_is_read"
            ),
        ]
        indexes = [models.Index(fields=["-started_at"], name="reconciliation_latest")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
