"""What Stripe told us: the inbox of events, and the lines of its balance."""

from __future__ import annotations

from django.db import models


class StripeEvent(models.Model):
    """One event, stored once by its id. A hint only: the object is fetched afresh before anything is believed."""

    class State(models.TextChoices):
        STORED = "stored", "stored"
        APPLIED = "applied", "applied"
        IGNORED = "ignored", "ignored"
        PARKED = "parked", "parked"

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=255, blank=True)
    hints = models.JSONField(default=dict, help_text="related ids named by the event; no personal data")
    livemode = models.BooleanField(default=False)
    created = models.DateTimeField(help_text="by Stripe's clock")
    received_at = models.DateTimeField()
    heard_by = models.CharField(max_length=10, default="webhook", help_text="webhook or catch-up")

    state = models.CharField(max_length=8, choices=State.choices, default=State.STORED)
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="stored"), name="stripe_event_waiting"),
            models.Index(fields=["object_id"], name="stripe_event_object"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class BalanceMovement(models.Model):
    """One line of Stripe's balance (balance transaction); amounts in EUR with cents, net = amount − fee."""

    stripe_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=60)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    fee = models.DecimalField(max_digits=12, decimal_places=2)
    net = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=255, blank=True)
    created = models.DateTimeField()
    available_on = models.DateField()
    payment = models.ForeignKey("Payment", null=True, on_delete=models.PROTECT, related_name="movements")
    refund = models.ForeignKey("Refund", null=True, on_delete=models.PROTECT, related_name="movements")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(net=models.F("amount") - models.F("fee")), name="movement_net"),
        ]

    def __str__(self) -> str:
        return self.stripe_id
