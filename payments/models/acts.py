"""What people and jobs did, and what waits for a person."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from payments.models.listed import Listed


class Act(models.Model):
    """One deed with its actor and reason; evidence, inserted only."""

    actor = models.CharField(max_length=80)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="kind:id, e.g. customer:12")
    reason = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject", "at"], name="act_subject")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.verb} {self.subject}"


class DeskItem(models.Model):
    """What the machine could not settle: on a desk, with an age, an owner and an end (design, rule 16)."""

    class Desk(models.TextChoices):
        FINANCE = "finance", "finance"
        SUPPORT = "support", "support"
        FULFILMENT = "fulfilment", "fulfilment"
        TECHNIQUE = "technique", "technique"

    desk = Listed(max_length=12, choices=Desk.choices)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    sentence = models.TextField()
    opened_at = models.DateTimeField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="desk_items"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=80, blank=True)
    closed_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(closed_at__isnull=True), name="desk_one_open_per_matter"
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True) | ~models.Q(closed_by=""), name="desk_closed_by_someone"
            ),
        ]
        indexes = [models.Index(fields=["desk", "closed_at", "opened_at"], name="desk_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
