"""What VIES, the Union's register of VAT numbers, said of one; evidence for exempt sales (law.md 1.3, 1.4)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class VatCheck(models.Model):
    """One question and its answer. `unknown`: nobody answered, which says nothing of the number."""

    class Outcome(models.TextChoices):
        VALID = "valid", "valid"
        INVALID = "invalid", "not valid"
        UNKNOWN = "unknown", "no answer"

    vat_number = models.CharField(max_length=20)
    outcome = Listed(max_length=7, choices=Outcome.choices)
    consultation = models.CharField(max_length=40, blank=True, help_text="number of the consultation, the proof")
    name = models.CharField(max_length=200, blank=True, help_text="as the register has it")
    address = models.CharField(max_length=300, blank=True)
    trouble = models.CharField(max_length=120, blank=True)
    actor = models.CharField(max_length=80)
    asked_at = models.DateTimeField()

    objects: ClassVar[models.Manager[VatCheck]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome="unknown") | Q(trouble=""), name="vat_check_answered_or_not")
        ]
        indexes = [models.Index(fields=["vat_number", "-asked_at"], name="vat_check_latest")]

    def __str__(self) -> str:
        return f"{self.vat_number} {self.outcome}"
