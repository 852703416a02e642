"""Payments and refunds: the money that moves, with every step it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed

if TYPE_CHECKING:
    from payments.gateway import Decline


class Payment(models.Model):
    """One collection of one amount.

    Constraints: one open payment per subject; one paying payment per subject (a second success is recorded with
    `surplus`, never refused: design, rule 4). Its row is committed, with its idempotency key, before Stripe is called.
    State changes only in `payments.settling`.
    """

    class State(models.TextChoices):
        CREATED = "created", "created"
        PROCESSING = "processing", "processing"
        ACTION_REQUIRED = "action_required", "action required"
        SUCCEEDED = "succeeded", "succeeded"
        DECLINED = "declined", "declined"
        UNKNOWN = "unknown", "unknown"
        CANCELLED = "cancelled", "cancelled"

    class Way(models.TextChoices):
        CHECKOUT = "checkout", "hosted page"
        OFF_SESSION = "off_session", "off session"
        OFFLINE = "offline", "not through Stripe"

    class Effect(models.TextChoices):
        NONE = "none", "none yet"
        DONE = "done", "done"
        PARKED = "parked", "parked on a desk"
        SURPLUS = "surplus", "surplus, to be refunded"

    reference = models.CharField(max_length=24, unique=True)
    purpose = models.CharField(max_length=20)
    subject = models.CharField(max_length=80)
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="payments")
    payer_account = models.ForeignKey("PayerAccount", null=True, on_delete=models.PROTECT, related_name="payments")
    amount = euros()
    description = models.CharField(max_length=200)
    way = Listed(max_length=12, choices=Way.choices)
    save_method = models.BooleanField(default=False)
    method_kind = models.CharField(max_length=20, blank=True)
    saved_method = models.ForeignKey("SavedMethod", null=True, on_delete=models.PROTECT, related_name="payments")

    state = Listed(max_length=16, choices=State.choices, default=State.CREATED)
    is_open = models.BooleanField(default=True, help_text="money may still come by this payment")
    surplus = models.BooleanField(default=False)
    effect = Listed(max_length=8, choices=Effect.choices, default=Effect.NONE)
    decline_code = models.CharField(max_length=60, blank=True)

    idempotency_key = models.CharField(max_length=64, unique=True)
    checkout_session = models.CharField(max_length=255, null=True, unique=True)
    checkout_url = models.TextField(blank=True)
    checkout_expires_at = models.DateTimeField(null=True)
    stripe_intent = models.CharField(max_length=255, null=True, unique=True)
    stripe_charge = models.CharField(max_length=255, null=True, unique=True)

    created_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True, help_text="when Stripe was last asked to act")
    looked_up_at = models.DateTimeField(null=True)
    state_since = models.DateTimeField()
    received_on = models.DateField(null=True, help_text="Paris date the money was received (VAT falls due)")

    #: The refusal as it was just seen, for the owners who hear of it (the network's advice is in no column); not stored.
    refusal: Decline | None = None

    objects: ClassVar[models.Manager[Payment]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "payment_eur"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_positive"),
            models.UniqueConstraint(
                fields=["subject"], condition=models.Q(is_open=True), name="payment_one_open_per_subject"
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=models.Q(state="succeeded", surplus=False),
                name="payment_one_paying_per_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["created", "processing", "action_required", "unknown"], is_open=True)
                | models.Q(state__in=["succeeded", "cancelled"], is_open=False)
                | models.Q(state="declined"),
                name="payment_open_by_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state="succeeded", received_on__isnull=False)
                | (~models.Q(state="succeeded") & models.Q(received_on__isnull=True)),
                name="payment_received_when_succeeded",
            ),
            models.CheckConstraint(
                condition=models.Q(surplus=False) | models.Q(state="succeeded"), name="payment_surplus_succeeded"
            ),
            # What Stripe takes has a number of Stripe's sooner or later; what it does not take never has one.
            models.CheckConstraint(
                condition=~models.Q(way="offline")
                | models.Q(
                    method_kind__in=["cheque", "transfer"],
                    stripe_intent__isnull=True,
                    stripe_charge__isnull=True,
                    checkout_session__isnull=True,
                    called_at__isnull=True,
                ),
                name="payment_offline_without_stripe",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "state_since"], name="payment_state"),
            models.Index(fields=["subject"], name="payment_subject"),
            models.Index(fields=["effect"], condition=models.Q(effect="parked"), name="payment_parked"),
            models.Index(fields=["state_since"], condition=models.Q(surplus=True), name="payment_surplus"),
        ]

    def __str__(self) -> str:
        return self.reference


class PaymentEvent(models.Model):
    """One step of one payment: from where to where, by whom, why; evidence."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Refund(models.Model):
    """One giving back of one amount of one payment, through the original charge."""

    class State(models.TextChoices):
        CREATED = "created", "created"
        PENDING = "pending", "pending at the bank"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed"
        UNKNOWN = "unknown", "unknown"

    reference = models.CharField(max_length=24, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = euros()
    reason = models.CharField(max_length=300)
    credit_note = models.ForeignKey("Invoice", null=True, on_delete=models.PROTECT, related_name="refunds")
    actor = models.CharField(max_length=80)
    state = Listed(max_length=10, choices=State.choices, default=State.CREATED)
    failure = models.CharField(max_length=60, blank=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    stripe_refund = models.CharField(max_length=255, null=True, unique=True)
    created_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    state_since = models.DateTimeField()
    refunded_on = models.DateField(null=True)

    objects: ClassVar[models.Manager[Refund]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "refund_eur"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_positive"),
        ]
        indexes = [models.Index(fields=["state", "state_since"], name="refund_state")]

    def __str__(self) -> str:
        return self.reference


class RefundEvent(models.Model):
    """One step of one refund; evidence."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
