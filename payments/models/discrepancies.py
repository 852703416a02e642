"""Discrepancies: what reconciliation could not explain, who looks into each, and how it ended (design, section 3)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class Discrepancy(models.Model):
    """One thing that Stripe and the books do not say alike; one open row per kind and subject.

    Written, given an owner and ended by `payments.reconciliation.discrepancies` only; each step is an event.
    """

    class Kind(models.TextChoices):
        MISSING_LINE = "missing_line", "received in the books, and not on Stripe's balance"
        MISSING_REFUND = "missing_refund", "given back in the books, and not on Stripe's balance"
        UNKNOWN_CHARGE = "unknown_charge", "a charge of ours that the books do not know"
        UNKNOWN_REFUND = "unknown_refund", "a refund of ours that the books do not know"
        UNKNOWN_DISPUTE = "unknown_dispute", "a dispute that the books do not know"
        DOUBLED = "doubled", "a second charge of one payment"
        OTHER_AMOUNT = "other_amount", "not the amount in the books"
        OTHER_CURRENCY = "other_currency", "a payment of ours, in another currency"
        UNKNOWN_TYPE = "unknown_type", "a movement of an unknown type"
        CHANGED = "changed", "a line that Stripe shows otherwise than before"
        FOREIGN = "foreign", "money of another product in a payout"
        REMAINDER = "remainder", "a payout that is not the sum of its movements"
        FAILED = "payout_failed", "a payout that did not reach the bank"
        FAILED_AFTER_PAID = "failed_after_paid", "a payout that came back after it was paid"
        UNBOOKED = "unbooked", "booked by hand, and found its owner since"

    class End(models.TextChoices):
        MATCHED = "matched", "matched"
        EXPLAINED = "explained", "explained"
        BOOKED = "booked", "booked"
        GONE = "gone", "gone"

    #: Stripe's balance is another one than 517 by the two amounts of the row; everything else waits on an account of its own.
    ON_BALANCE: ClassVar = (
        Kind.MISSING_LINE,
        Kind.MISSING_REFUND,
        Kind.OTHER_AMOUNT,
        Kind.OTHER_CURRENCY,
        Kind.CHANGED,
    )

    kind = Listed(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=80, help_text="payment:<id>, movement:<id>, payout:<id>…")
    payout = models.ForeignKey("Payout", null=True, on_delete=models.PROTECT, related_name="discrepancies")
    movement = models.ForeignKey("BalanceMovement", null=True, on_delete=models.PROTECT, related_name="discrepancies")
    at_stripe = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    in_books = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    run = models.ForeignKey("ReconciliationRun", null=True, on_delete=models.PROTECT, related_name="found")
    found_at = models.DateTimeField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="discrepancies"
    )
    end = Listed(max_length=9, choices=End.choices, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    ended_because = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "discrepancies"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at=None), name="discrepancy_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end="", ended_by="", ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(end="") & ~Q(ended_by="") & ~Q(ended_because="")),
                name="discrepancy_ends_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["found_at"], condition=Q(ended_at=None), name="discrepancy_open"),
            models.Index(fields=["subject"], name="discrepancy_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class DiscrepancyEvent(models.Model):
    """One step of one discrepancy: found, taken in hand, ended; evidence."""

    class Step(models.TextChoices):
        FOUND = "found", "found"
        TAKEN = "taken", "taken in hand"
        MATCHED = "matched", "matched"
        EXPLAINED = "explained", "explained"
        BOOKED = "booked", "booked"
        GONE = "gone", "gone"

    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.PROTECT, related_name="events")
    step = Listed(max_length=9, choices=Step.choices)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.discrepancy_id} {self.step}"
