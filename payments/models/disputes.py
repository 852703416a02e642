"""Disputes: charges that their holder contests at the bank, with every step of each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.amounts import eur_only, euros


class Dispute(models.Model):
    """One contestation of one payment at its bank, as Stripe tells of it. State changes only in `payments.disputing`.

    `taken` and `returned`: what left our balance because of it and what came back, in euros; booked as they are heard.
    `settled_at`: when its end was carried out. Until then the payment is disputed, whatever the bank has decided.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        WON = "won", "ended without loss"
        LOST = "lost", "lost"

    stripe_dispute = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey("Payment", on_delete=models.PROTECT, related_name="disputes")
    amount = euros()
    reason = models.CharField(max_length=60, blank=True, help_text="Stripe's word")
    opened_at = models.DateTimeField()
    respond_by = models.DateTimeField(null=True)
    state = models.CharField(max_length=4, choices=State.choices, default=State.OPEN)
    state_since = models.DateTimeField()
    taken = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    returned = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    cleared = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text="of credit notes, which the bank has given back in our place",
    )
    credit_note = models.OneToOneField("Invoice", null=True, on_delete=models.PROTECT, related_name="dispute")
    settled_at = models.DateTimeField(null=True)
    looked_up_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Dispute]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "dispute_eur"),
            models.CheckConstraint(
                condition=models.Q(
                    amount__gt=0, taken__gte=0, returned__gte=0, cleared__gte=0, cleared__lte=models.F("taken")
                ),
                name="dispute_amounts",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at=None) | ~models.Q(state="open"), name="dispute_settled_once_decided"
            ),
        ]
        indexes = [
            models.Index(fields=["payment"], condition=models.Q(settled_at=None), name="dispute_not_settled"),
        ]

    def __str__(self) -> str:
        return self.stripe_dispute


class DisputeEvent(models.Model):
    """One step of one dispute; evidence."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=4, blank=True)
    to_state = models.CharField(max_length=4)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
