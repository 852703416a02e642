"""What readers declare: « renoncer au contrat ici », « résilier votre contrat » (C. conso L221-21, L215-1-1)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from payments.models.listed import Listed


class Declaration(models.Model):
    """One declaration as received, whether or not we find its contract; evidence (law.md 4.5, 4.6, C).

    What was declared is frozen; what became of it moves in `subscriptions.stopping.moving`. `content` is exactly what
    the recap showed, `sha256` its hash, both stated by the acknowledgement. One form is one declaration.
    """

    class Kind(models.TextChoices):
        WITHDRAWAL = "withdrawal", "withdrawal"
        TERMINATION = "termination", "termination"

    class State(models.TextChoices):
        RECEIVED = "received", "received"
        APPLIED = "applied", "applied"
        ON_DESK = "on_desk", "waits for a person"
        SETTLED = "settled", "settled by a person"

    class Ground(models.TextChoices):
        NONE = "", "none needed"
        DEATH = "death", "death of the reader"
        MOVED = "moved", "moved where we do not deliver"
        ILLNESS = "illness", "long illness"
        LATE_NOTICE = "late_notice", "renewed without the legal notice (L215-1)"
        OTHER = "other", "other"

    reference = models.CharField(max_length=24, unique=True)
    form_token = models.UUIDField(unique=True)
    kind = Listed(max_length=11, choices=Kind.choices)
    first_name = models.CharField(max_length=60, blank=True)
    last_name = models.CharField(max_length=120, help_text="or the name of the organisation")
    contract = models.CharField(max_length=200, help_text="order or subscriber number, or words that identify it")
    email = models.EmailField(max_length=254, blank=True, help_text="for the acknowledgement")
    postal_address = models.TextField(blank=True, help_text="for the acknowledgement, where no e-mail is given")
    wished_on = models.DateField(null=True, help_text="termination: the wished end; null: as soon as possible")
    ground = Listed(max_length=11, choices=Ground.choices, blank=True)
    ground_words = models.TextField(blank=True)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="declarations",
        help_text="who was signed in, or was on the telephone",
    )  # fmt: skip
    actor = models.CharField(max_length=80)
    ip = models.GenericIPAddressField(null=True)
    received_at = models.DateTimeField()

    subscription = models.ForeignKey("Subscription", null=True, on_delete=models.PROTECT, related_name="declarations")
    order = models.ForeignKey("Order", null=True, on_delete=models.PROTECT, related_name="declarations")
    state = Listed(max_length=8, choices=State.choices, default=State.RECEIVED)
    state_since = models.DateTimeField()
    effective_on = models.DateField(null=True)
    effect = models.CharField(max_length=40, blank=True, help_text="a code of subscriptions.stopping.effects")
    refund = models.ForeignKey("payments.Refund", null=True, on_delete=models.PROTECT, related_name="declarations")
    refund_due_on = models.DateField(null=True, help_text="14 days (L221-24) or 30 days (L215-1) after it was received")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(email="") | ~models.Q(postal_address=""), name="declaration_can_be_answered"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "received_at"], name="declaration_state"),
            models.Index(
                fields=["refund_due_on"], condition=models.Q(refund_due_on__isnull=False), name="declaration_refund_due"
            ),
            # Few wait for their money; all others are history (`subscriptions.stopping.following_up`).
            models.Index(
                fields=["received_at"],
                condition=models.Q(effect__in=["withdrawn_waits", "notice_missed_waits"], refund=None),
                name="declaration_waits",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class DeclarationEvent(models.Model):
    """One step of what became of a declaration; evidence."""

    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=8, blank=True)
    to_state = models.CharField(max_length=8)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
