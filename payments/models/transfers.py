"""Money given back by bank transfer, where Stripe cannot; and the files that carry the orders to the bank."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed


class TransferFile(models.Model):
    """What was handed to the bank: the orders as pain.001 and as a list to read; evidence, kept like any voucher."""

    reference = models.CharField(max_length=24, unique=True)
    count = models.PositiveIntegerField()
    total = euros()
    orders = models.ForeignKey("Document", on_delete=models.PROTECT, related_name="+", help_text="pain.001")
    reading = models.ForeignKey("Document", on_delete=models.PROTECT, related_name="+", help_text="CSV")
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[TransferFile]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("total", "transfer_file_eur"),
            models.CheckConstraint(condition=Q(count__gt=0, total__gt=0), name="transfer_file_not_empty"),
        ]

    def __str__(self) -> str:
        return self.reference


class Transfer(models.Model):
    """One giving back of one amount to an account that the reader names. States move in `payments.transfers.moving`.

    The IBAN is on this row only while it is needed: once the money has arrived, or never will, four digits are left.
    It is in no log, and pages show it masked (`payments.iban.masked`).
    """

    class State(models.TextChoices):
        ASKED = "asked", "IBAN asked for"
        GIVEN = "given", "IBAN given"
        APPROVED = "approved", "approved"
        SENT = "sent", "sent to the bank"
        DONE = "done", "arrived"
        FAILED = "failed", "came back"
        CANCELLED = "cancelled", "cancelled"

    class Because(models.TextChoices):
        FAILED = "failed", "the refund through Stripe came back"
        TOO_OLD = "too_old", "the payment is too old for Stripe"
        ESTATE = "estate", "to the estate"
        OFFLINE = "offline", "not paid through Stripe"

    reference = models.CharField(max_length=24, unique=True)
    payment = models.ForeignKey("Payment", null=True, on_delete=models.PROTECT, related_name="transfers")
    credit_note = models.ForeignKey("Invoice", null=True, on_delete=models.PROTECT, related_name="transfers")
    receipt = models.ForeignKey(
        "BankReceipt",
        null=True,
        on_delete=models.PROTECT,
        related_name="transfers",
        help_text="what it brought too much of goes back",
    )
    refund = models.ForeignKey(
        "Refund", null=True, on_delete=models.PROTECT, related_name="transfers", help_text="which could not be done"
    )
    follows = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="followed_by", help_text="the transfer that came back"
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="transfers"
    )
    amount = euros()
    because = Listed(max_length=8, choices=Because.choices)
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    state = Listed(max_length=10, choices=State.choices, default=State.ASKED)
    state_since = models.DateTimeField()
    holder = models.CharField(max_length=70, blank=True, help_text="name of the account, as the bank writes it")
    iban = models.CharField(max_length=34, blank=True)
    iban_end = models.CharField(max_length=4, blank=True, help_text="the last four signs, which stay")
    given_by = models.CharField(max_length=80, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    alone_because = models.CharField(max_length=300, blank=True, help_text="why one person gave and approved it")
    file = models.ForeignKey(TransferFile, null=True, on_delete=models.PROTECT, related_name="transfers")
    sent_on = models.DateField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    objects: ClassVar[models.Manager[Transfer]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "transfer_eur"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_positive"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False) | Q(credit_note__isnull=False) | Q(receipt__isnull=False),
                name="transfer_for_something",
            ),
            models.UniqueConstraint(
                fields=["payment", "credit_note", "receipt"],
                condition=~Q(state__in=["failed", "cancelled"]),
                nulls_distinct=False,
                name="transfer_one_living",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["given", "approved", "sent"]) | (~Q(iban="") & ~Q(holder="") & ~Q(given_by="")),
                name="transfer_given_to_an_account",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "failed", "cancelled"]) | Q(iban=""), name="transfer_iban_forgotten"
            ),
            # Two pairs of eyes, or a reason that everybody can read.
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "sent", "done"])
                | (~Q(approved_by="") & (~Q(approved_by=models.F("given_by")) | ~Q(alone_because=""))),
                name="transfer_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "done"]) | Q(sent_on__isnull=False, file__isnull=False),
                name="transfer_sent_on_a_day",
            ),
        ]
        indexes = [models.Index(fields=["state", "state_since"], name="transfer_state")]

    def __str__(self) -> str:
        return self.reference

    @property
    def subject(self) -> str:
        """Name of this transfer on desks and acts."""
        return f"transfer:{self.pk}"


class TransferEvent(models.Model):
    """One step of one transfer; evidence."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class RefundLimit(models.Model):
    """Up to how much one role may give back of one payment without finance; finance's data, the newest holds."""

    role = models.CharField(max_length=20)
    amount = euros()
    valid_from = models.DateField()

    objects: ClassVar[models.Manager[RefundLimit]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "refund_limit_eur"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="refund_limit_not_negative"),
            models.UniqueConstraint(fields=["role", "valid_from"], name="refund_limit_one_start"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.amount}"
