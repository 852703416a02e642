"""What Stripe told us: the inbox of events, and the lines of its balance."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.listed import Listed


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

    state = Listed(max_length=8, choices=State.choices, default=State.STORED)
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
    """One line of Stripe's balance (balance transaction); its amounts never change, net = amount − fee.

    `meaning`: what it is to the books, decided by `payments.reconciliation.meanings`; empty until then. `payout`: the automatic
    payout that carried it to the bank. `charge` and `names_us`: what its source says of itself in the list of a payout.
    """

    class Meaning(models.TextChoices):
        PAYMENT = "payment", "a payment of ours"
        REFUND = "refund", "a refund of ours"
        REFUND_FAILED = "refund_failed", "a refund of ours came back"
        DISPUTE = "dispute", "taken by a bank"
        DISPUTE_RETURNED = "dispute_returned", "given back by a bank"
        STRIPE_FEE = "stripe_fee", "Stripe's own fee"
        ADJUSTMENT = "adjustment", "Stripe's adjustment"
        RESERVE = "reserve", "held back by Stripe, or released"
        PAYOUT = "payout", "sent to the bank"
        PAYOUT_BACK = "payout_back", "a payout came back"
        TOPUP = "topup", "sent from the bank to Stripe"
        FOREIGN = "foreign", "of another product"
        CONVERTED = "converted", "paid in another currency, for another product"
        ELSEWHERE = "elsewhere", "of a balance in another currency"
        UNKNOWN_CHARGE = "unknown_charge", "a charge of ours that the books do not know"
        UNKNOWN_REFUND = "unknown_refund", "a refund of ours that the books do not know"
        UNKNOWN_DISPUTE = "unknown_dispute", "a dispute that the books do not know"
        DOUBLED = "doubled", "a second charge of one payment"
        OTHER_AMOUNT = "other_amount", "not the amount in the books"
        OTHER_CURRENCY = "other_currency", "a payment of ours, in another currency"
        UNKNOWN_TYPE = "unknown_type", "of a type that the shop does not know"

    #: What has to be explained by a person, or by a later reading.
    UNEXPLAINED: ClassVar = (
        Meaning.UNKNOWN_CHARGE,
        Meaning.UNKNOWN_REFUND,
        Meaning.UNKNOWN_DISPUTE,
        Meaning.DOUBLED,
        Meaning.OTHER_AMOUNT,
        Meaning.OTHER_CURRENCY,
        Meaning.UNKNOWN_TYPE,
    )

    stripe_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=60, help_text="Stripe's type")
    category = models.CharField(max_length=60, blank=True, help_text="Stripe's reporting category")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    fee = models.DecimalField(max_digits=12, decimal_places=2)
    net = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    converted = models.BooleanField(default=False, help_text="paid in another currency")
    source = models.CharField(max_length=255, blank=True)
    created = models.DateTimeField()
    available_on = models.DateField()
    payment = models.ForeignKey("Payment", null=True, on_delete=models.PROTECT, related_name="movements")
    refund = models.ForeignKey("Refund", null=True, on_delete=models.PROTECT, related_name="movements")
    payout = models.ForeignKey("Payout", null=True, on_delete=models.PROTECT, related_name="movements")
    charge = models.CharField(max_length=255, blank=True, help_text="the charge that it is, or is about")
    reference = models.CharField(max_length=40, blank=True, help_text="ours, as its source names it")
    names_us = models.BooleanField(
        default=False, help_text="its source names a reference, a reader or a charge of ours"
    )
    meaning = Listed(max_length=16, choices=Meaning.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(net=models.F("amount") - models.F("fee")), name="movement_net"),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(
                    meaning__in=[
                        "",
                        "unknown_charge",
                        "unknown_refund",
                        "unknown_dispute",
                        "doubled",
                        "other_amount",
                        "other_currency",
                        "unknown_type",
                    ]
                ),
                name="movement_to_explain",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(meaning__in=["foreign", "converted"])
                & (models.Q(payment__isnull=False) | models.Q(refund__isnull=False) | models.Q(names_us=True)),
                name="movement_named_after_all",
            ),
            models.Index(fields=["-created"], name="movement_created"),
        ]

    def __str__(self) -> str:
        return self.stripe_id
