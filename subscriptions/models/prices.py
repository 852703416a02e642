"""Changes of price: dated events, prepared by one person and signed by name, that bring the prices which succeed the old ones."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed


class PriceChange(models.Model):
    """From which day orders, and from which R renewals, cost another amount. States move in `subscriptions.pricing.moving`.

    What was prepared is frozen; signing writes the prices that come with it (`Price.change`).
    """

    class State(models.TextChoices):
        PREPARED = "prepared", "prepared"
        SIGNED = "signed", "signed"
        CANCELLED = "cancelled", "cancelled"

    offer = models.ForeignKey("Offer", on_delete=models.PROTECT, related_name="price_changes")
    zones = models.JSONField(help_text="delivery zones, in order")
    amount = euros()
    orders_from = models.DateField(help_text="first day on which orders pay it")
    renewals_from = models.DateField(help_text="first R that costs it")
    state = Listed(max_length=9, choices=State.choices, default=State.PREPARED)
    state_since = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[PriceChange]] = models.Manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            eur_only("amount", "price_change_eur"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="price_change_positive"),
            models.CheckConstraint(
                condition=models.Q(renewals_from__gte=models.F("orders_from")), name="price_change_orders_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.amount} {self.orders_from}"


class PriceChangeEvent(models.Model):
    """One step of one change, with the figures that stood before whoever took it; evidence."""

    change = models.ForeignKey(PriceChange, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=9, blank=True)
    to_state = models.CharField(max_length=9)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    figures = models.JSONField(default=dict, help_text="the cohort as it was shown")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
