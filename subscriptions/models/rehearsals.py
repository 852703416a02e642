"""Rehearsals: what a day's or a month's charges will be, said beforehand, signed, and compared with what they were."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed


class Rehearsal(models.Model):
    """What the renewals of some days would become, as it stood at one instant; evidence. Written by
    `subscriptions.renewals.rehearsing`.

    `sha256` is over the canonical text of its lines, which `rehearsing.verified` computes again.
    """

    first_on = models.DateField()
    last_on = models.DateField()
    lines_total = models.PositiveIntegerField(help_text="how many lines it has")
    charged_total = models.PositiveIntegerField(help_text="how many of them are charged")
    amount = euros(help_text="of those that are charged")
    sha256 = models.CharField(max_length=64)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Rehearsal]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "rehearsal_eur"),
            models.CheckConstraint(condition=models.Q(first_on__lte=models.F("last_on")), name="rehearsal_days"),
            models.CheckConstraint(
                condition=models.Q(charged_total__lte=models.F("lines_total")), name="rehearsal_totals"
            ),
        ]
        indexes = [models.Index(fields=["last_on", "first_on"], name="rehearsal_span")]

    def __str__(self) -> str:
        return f"{self.first_on} – {self.last_on}"


class RehearsalLine(models.Model):
    """One renewal of one rehearsal: what would become of it, and on what that hangs; evidence.

    `renewal` is null where nothing is planned yet. A notice has a day and whether it had left on it already.
    """

    class Will(models.TextChoices):
        CHARGE = "charge", "charged"
        STOPPED = "stopped", "not charged: the reader or the contract stopped it"
        DISPUTED = "disputed", "not charged: a payment is disputed"
        BY_CHOICE = "by_choice", "not charged: by choice only"
        NO_CARD = "no_card", "not charged: no means of payment is good on the day"
        WAITS = "waits", "not charged: it waits for its reader"
        IN_HAND = "in_hand", "not charged: its money is on its way already"
        UNPRICED = "unpriced", "not charged: there is no price"

    class Card(models.TextChoices):
        GOOD = "good", "good on the day"
        ENDS = "ends", "ends before the day"
        ENDED = "ended", "ended"
        NONE = "none", "none is kept"

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.PROTECT, related_name="lines")
    ordinal = models.PositiveIntegerField(help_text="1 to n, by day and subscription")
    subscription = models.ForeignKey("Subscription", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(help_text="of the term to come")
    renewal = models.ForeignKey("Renewal", null=True, on_delete=models.PROTECT, related_name="rehearsed")
    state = models.CharField(max_length=16, blank=True, help_text="of that renewal when it was rehearsed")
    renews_on = models.DateField(help_text="R")
    day = models.DateField(help_text="on which it is charged, or would be")
    amount = euros(null=True)
    price = models.ForeignKey("Price", null=True, on_delete=models.PROTECT, related_name="+")
    legal_on = models.DateField(null=True, help_text="day of the legal notice; null: none counts")
    legal_sent = models.BooleanField(help_text="it had left when this was rehearsed")
    pre_debit_on = models.DateField(null=True)
    pre_debit_sent = models.BooleanField()
    method = models.ForeignKey("payments.SavedMethod", null=True, on_delete=models.PROTECT, related_name="+")
    card = Listed(max_length=5, choices=Card.choices)
    will = Listed(max_length=9, choices=Will.choices)
    why = models.CharField(max_length=200, blank=True, help_text="in French, for staff")

    objects: ClassVar[models.Manager[RehearsalLine]] = models.Manager()

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["rehearsal", "ordinal"], name="rehearsal_line_nth"),
            models.UniqueConstraint(fields=["rehearsal", "subscription", "number"], name="rehearsal_line_once"),
            eur_only("amount", "rehearsal_line_eur"),
            models.CheckConstraint(
                condition=~models.Q(will="charge")
                | models.Q(amount__gt=0, price__isnull=False, legal_on__isnull=False, pre_debit_on__isnull=False),
                name="rehearsal_line_charged_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id}/{self.number} {self.will}"

    @property
    def subject(self) -> str:
        """Neutral subject of every payment that could pay this term (design, rule 4)."""
        return f"term:{self.subscription_id}:{self.number}"


class RehearsalSignature(models.Model):
    """Somebody of finance has read a rehearsal and stands for it, once; evidence."""

    rehearsal = models.OneToOneField(Rehearsal, on_delete=models.PROTECT, related_name="signature")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=150, help_text="as it was on the day")
    sha256 = models.CharField(max_length=64, help_text="of the lines that were signed")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}, {self.at:%Y-%m-%d}"


class RehearsalReport(models.Model):
    """The comparison of a signed rehearsal with the run, once everything in it was settled; evidence.

    `by_reason`: rows of [verdict, reason, how many, rehearsed, charged], whose sums are the totals.
    """

    rehearsal = models.OneToOneField(Rehearsal, on_delete=models.PROTECT, related_name="report")
    rehearsed = euros()
    charged = euros()
    unexplained = models.PositiveIntegerField()
    by_reason = models.JSONField()
    sha256 = models.CharField(max_length=64, help_text="of the compared lines")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[RehearsalReport]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("rehearsed", "rehearsal_report_eur"),
            eur_only("charged", "rehearsal_report_charged_eur"),
        ]

    def __str__(self) -> str:
        return f"report {self.rehearsal_id}"


class UnsignedRunRule(models.Model):
    """What becomes of charges for which nobody signed a rehearsal: the newest row holds; evidence. None: they warn."""

    class Choice(models.TextChoices):
        SILENT = "silent", "charged without a word"
        WARN = "warn", "charged, and finance is warned"
        HOLD = "hold", "not charged before somebody signs"

    choice = Listed(max_length=6, choices=Choice.choices)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[UnsignedRunRule]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.choice
