"""Cheques: each with what is written on it, the slips with which they go to the bank, and what is paid again after one bounced."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed


class DepositSlip(models.Model):
    """The cheques that went to the bank together: numbered, frozen, of one total; evidence. Only the day on which the bank
    credited them, and the document, are written later.
    """

    number = models.PositiveIntegerField(unique=True)
    reference = models.CharField(max_length=24, unique=True)
    deposited_on = models.DateField()
    count = models.PositiveIntegerField()
    total = euros()
    lines = models.JSONField(help_text="as printed: reference, number, bank, drawer and amount of each cheque")
    hash = models.CharField(max_length=64, help_text="SHA-256 of its number, day and lines")
    document = models.ForeignKey("Document", null=True, on_delete=models.PROTECT, related_name="+", help_text="PDF")
    credited_on = models.DateField(null=True, help_text="the day of the bank's line")
    credited = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, help_text="what it credited: without cheques that came back before"
    )
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[DepositSlip]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("total", "deposit_slip_eur"),
            models.CheckConstraint(condition=Q(count__gt=0, total__gt=0), name="deposit_slip_not_empty"),
            models.CheckConstraint(
                condition=Q(credited_on__isnull=True, credited__isnull=True)
                | Q(credited_on__isnull=False, credited__gt=0, credited__lte=models.F("total")),
                name="deposit_slip_credited_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def subject(self) -> str:
        """Name of this slip on desks and acts."""
        return f"deposit:{self.pk}"


class Cheque(models.Model):
    """One cheque: what is written on it, never its picture. States move in `payments.cheques.moving`.

    Its payment is received on the day it is handed over, when its VAT falls due (law.md 1.5). Of an order whose cheque
    bounced, a later cheque is of the same payment.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "received"
        DEPOSITED = "deposited", "deposited"
        CREDITED = "credited", "credited by the bank"
        BOUNCED = "bounced", "bounced"

    class Because(models.TextChoices):
        NO_FUNDS = "no_funds", "no funds"
        STOPPED = "stopped", "stopped by its drawer"
        CLOSED = "closed", "account closed"
        UNUSABLE = "unusable", "not signed, altered or out of date"
        OTHER = "other", "another reason of the bank's"

    reference = models.CharField(max_length=24, unique=True)
    payment = models.ForeignKey("Payment", on_delete=models.PROTECT, related_name="cheques")
    number = models.CharField(max_length=12, help_text="as printed at its lower edge")
    bank = models.CharField(max_length=60, help_text="as printed on it")
    drawer = models.CharField(max_length=120, help_text="as written on it")
    amount = euros()
    received_on = models.DateField(help_text="the day it was handed over, when its VAT fell due (law.md 1.5)")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    state = Listed(max_length=10, choices=State.choices, default=State.RECEIVED)
    state_since = models.DateTimeField()
    slip = models.ForeignKey(DepositSlip, null=True, on_delete=models.PROTECT, related_name="cheques")
    bounced_on = models.DateField(null=True, help_text="as the bank says")
    bounced_because = Listed(max_length=10, choices=Because.choices, blank=True)
    bounced_vat = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, help_text="VAT that is no longer due since it bounced"
    )
    given_up_at = models.DateTimeField(null=True, help_text="when nobody expected its money any more")

    objects: ClassVar[models.Manager[Cheque]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "cheque_eur"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="cheque_positive"),
            models.UniqueConstraint("number", Upper("bank"), "amount", name="cheque_noted_once"),
            models.UniqueConstraint(
                fields=["payment"], condition=~Q(state="bounced"), name="cheque_one_living_per_payment"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["deposited", "credited"]) | Q(slip__isnull=False), name="cheque_on_its_slip"
            ),
            models.CheckConstraint(condition=~Q(state="received") | Q(slip__isnull=True), name="cheque_on_no_slip_yet"),
            models.CheckConstraint(
                condition=Q(state="bounced", bounced_on__isnull=False, bounced_vat__gte=0) & ~Q(bounced_because="")
                | ~Q(state="bounced") & Q(bounced_on__isnull=True, bounced_because="", bounced_vat__isnull=True),
                name="cheque_bounced_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(given_up_at__isnull=True) | Q(state="bounced"), name="cheque_given_up_bounced"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "state_since"], name="cheque_state"),
            models.Index(fields=["payment"], condition=Q(state="bounced"), name="cheque_bounced"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def subject(self) -> str:
        """Name of this cheque on desks and acts."""
        return f"cheque:{self.pk}"


class ChequeEvent(models.Model):
    """One step of one cheque: from where to where, by whom, why; evidence."""

    cheque = models.ForeignKey(Cheque, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class PaidAgain(models.Model):
    """The money of a cheque that had bounced came after all: by another cheque, or by a transfer to our account; evidence."""

    bounced = models.OneToOneField(Cheque, on_delete=models.PROTECT, related_name="paid_again")
    by = models.OneToOneField(Cheque, null=True, on_delete=models.PROTECT, related_name="instead_of")
    amount = euros()
    received_on = models.DateField(help_text="the day its VAT fell due again")
    bank_reference = models.CharField(max_length=80, blank=True, help_text="of the transfer, as on the statement")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[PaidAgain]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "paid_again_eur"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="paid_again_positive"),
            models.CheckConstraint(
                condition=Q(by__isnull=False, bank_reference="") | Q(by__isnull=True) & ~Q(bank_reference=""),
                name="paid_again_one_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bounced_id} paid again"
