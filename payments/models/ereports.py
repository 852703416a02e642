"""What is reported of sales to those who get no electronic invoice: totals per day, written once, corrected by deltas."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from payments.models.listed import Listed


class EReportRow(models.Model):
    """Sales of one day at one rate in one category, or what was missing of them when it was looked again; evidence.

    What is reported of a day is the sum of its rows (law.md 3.3). Amounts in euros, of a correction also below zero.
    """

    class Category(models.TextChoices):
        TAXED = "TLB1", "goods, taxed in France"
        NOT_TAXED = "TNT1", "not taxed in France"

    day = models.DateField()
    category = Listed(max_length=4, choices=Category.choices)
    rate = models.DecimalField(max_digits=5, decimal_places=2, help_text="percent")
    ht = models.DecimalField(max_digits=12, decimal_places=2)
    vat = models.DecimalField(max_digits=12, decimal_places=2)
    ttc = models.DecimalField(max_digits=12, decimal_places=2)
    documents = models.IntegerField(help_text="how many more, or fewer")
    written_at = models.DateTimeField()

    objects: ClassVar[models.Manager[EReportRow]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ttc=F("ht") + F("vat")), name="ereport_adds_up"),
            models.CheckConstraint(condition=~Q(ht=0, vat=0, documents=0), name="ereport_says_something"),
        ]
        indexes = [models.Index(fields=["day", "category", "rate"], name="ereport_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.category} {self.rate}"


class EPaymentRow(models.Model):
    """Money received of one day at one rate, incl. VAT, less what was given back that day; or its correction; evidence."""

    day = models.DateField()
    rate = models.DecimalField(max_digits=5, decimal_places=2, help_text="percent")
    ttc = models.DecimalField(max_digits=12, decimal_places=2)
    written_at = models.DateTimeField()

    objects: ClassVar[models.Manager[EPaymentRow]] = models.Manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(ttc=0), name="epayment_says_something")]
        indexes = [models.Index(fields=["day", "rate"], name="epayment_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.rate}"
