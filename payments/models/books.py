"""The books: chart, map of keys to accounts, entries and lines, and the VAT rates."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce

from payments.models.listed import Listed


class VatRate(models.Model):
    """The rate of one category in one zone over one stretch of days; finance's data, never code (law.md B)."""

    zone = models.CharField(max_length=20)
    category = models.CharField(max_length=20)
    rate = models.DecimalField(max_digits=5, decimal_places=2, help_text="percent")
    legal_mention = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "category", "valid_from"], name="vat_rate_one_start"),
            models.CheckConstraint(
                condition=models.Q(rate__gt=0) | ~models.Q(legal_mention=""), name="vat_rate_zero_has_mention"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone} {self.category} {self.rate} %"


class Account(models.Model):
    """One account of the chart."""

    code = models.CharField(max_length=12, primary_key=True)
    label = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class AccountMap(models.Model):
    """Which account a key means, from when; changed by finance without a release (law.md 6.2)."""

    key = models.CharField(max_length=20)
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    valid_from = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "valid_from"], name="account_map_one_start")]

    def __str__(self) -> str:
        return f"{self.key} → {self.account_id}"


class LedgerEntry(models.Model):
    """One balanced set of lines with exactly one source (`invoice:12`, `payment:7`); evidence."""

    class Journal(models.TextChoices):
        SALES = "VE", "Ventes"
        STRIPE = "ST", "Stripe"
        BANK = "BQ", "Banque"
        MISC = "OD", "Opérations diverses"
        OPENING = "AN", "À-nouveaux"

    journal = Listed(max_length=2, choices=Journal.choices)
    source = models.CharField(max_length=80, unique=True)
    booked_on = models.DateField()
    received_on = models.DateField(null=True)
    piece_ref = models.CharField(max_length=80)
    piece_date = models.DateField()
    label = models.CharField(max_length=200)
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["booked_on"], name="entry_booked_on")]

    def __str__(self) -> str:
        return f"{self.journal} {self.piece_ref}"


class LedgerLine(models.Model):
    """One amount on one side of one account; the entry sums to zero, proved at commit by the database."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    debit = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    credit = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    party = models.CharField(max_length=40, blank=True, help_text="sub-account of a customer, e.g. C000012")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(models.Q(debit__gt=0, credit=0) | models.Q(debit=0, credit__gt=0)),
                name="line_one_side",
            ),
            models.CheckConstraint(condition=models.Q(currency="EUR"), name="line_eur"),
        ]
        indexes = [models.Index(fields=["account", "party"], name="line_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.debit}/{self.credit}"


def signed() -> models.expressions.CombinedExpression:
    """Debit minus credit, for folding balances."""
    return Coalesce(models.Sum("debit"), 0, output_field=models.DecimalField()) - Coalesce(
        models.Sum("credit"), 0, output_field=models.DecimalField()
    )
