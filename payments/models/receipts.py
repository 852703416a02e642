"""Money that came to our bank account by transfer, the invoices that it pays, and what nobody will pay; evidence."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.amounts import eur_only, euros


class BankReceipt(models.Model):
    """One transfer as the bank shows it. What no share explains is too much: it is owed back until it has left again."""

    reference = models.CharField(max_length=24, unique=True)
    bank_reference = models.CharField(max_length=80, help_text="as on the statement")
    received_on = models.DateField(help_text="the day it was credited, when its VAT fell due (law.md 1.5)")
    amount = euros()
    payer = models.CharField(max_length=120, help_text="as on the statement")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[BankReceipt]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "receipt_eur"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_positive"),
            models.UniqueConstraint(fields=["bank_reference", "received_on"], name="receipt_noted_once"),
        ]

    def __str__(self) -> str:
        return self.reference


class ReceiptShare(models.Model):
    """The part of a transfer that pays one invoice, and the VAT that fell due with it."""

    receipt = models.ForeignKey(BankReceipt, on_delete=models.PROTECT, related_name="shares")
    invoice = models.ForeignKey("Invoice", on_delete=models.PROTECT, related_name="shares")
    amount = euros()
    vat = euros()

    objects: ClassVar[models.Manager[ReceiptShare]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            eur_only("amount", "receipt_share_eur"),
            eur_only("vat", "receipt_share_vat_eur"),
            models.CheckConstraint(condition=Q(amount__gt=0, vat__gte=0), name="receipt_share_positive"),
            models.UniqueConstraint(fields=["receipt", "invoice"], name="receipt_share_once"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} → {self.invoice_id}"


class WriteOff(models.Model):
    """What of an invoice nobody will pay any more, as finance decided; evidence. Its VAT never fell due (law.md 1.5, 6.3)."""

    invoice = models.OneToOneField("Invoice", on_delete=models.PROTECT, related_name="write_off")
    amount = euros()
    vat = euros()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[WriteOff]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "write_off_eur"),
            eur_only("vat", "write_off_vat_eur"),
            models.CheckConstraint(condition=Q(amount__gt=0, vat__gte=0), name="write_off_positive"),
        ]

    def __str__(self) -> str:
        return f"write-off of {self.invoice_id}"
