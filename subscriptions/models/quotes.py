"""Quotes: what another year would cost an organisation, numbered in a series of their own, and frozen."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed
from payments.vat import BuyerKind


class QuoteSeries(models.Model):
    """The counter of the quotes of one year; locked while a number is taken, so that none is missing."""

    year = models.PositiveSmallIntegerField(unique=True)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "quote series"

    def __str__(self) -> str:
        return f"D{self.year}"


class Quote(models.Model):
    """One quote, as issued; evidence. Whatever changes later, it states what it stated (law.md 3.4)."""

    series = models.ForeignKey(QuoteSeries, on_delete=models.PROTECT, related_name="quotes")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=16, unique=True, help_text="like D2027-0001")
    subscription = models.ForeignKey("Subscription", on_delete=models.PROTECT, related_name="quotes")
    term = models.ForeignKey(
        "Term", on_delete=models.PROTECT, related_name="quotes", help_text="the one it would follow"
    )
    by_itself = models.BooleanField(help_text="made by the clock, once for each term")
    issued_on = models.DateField()
    valid_until = models.DateField(help_text="the last day")

    offer = models.ForeignKey("Offer", on_delete=models.PROTECT, related_name="quotes")
    price = models.ForeignKey("Price", on_delete=models.PROTECT, related_name="quotes")
    title = models.CharField(max_length=300, help_text="the line, as printed")
    copies = models.PositiveSmallIntegerField()
    quantity = models.PositiveSmallIntegerField(default=1, help_text="copies of each issue")
    amount = euros()
    amount_ht = euros()
    vat_zone = models.CharField(max_length=20)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    legal_mention = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    issues = models.JSONField(help_text="of its copies, as planned: number, month, posted about")

    seller = models.JSONField()
    buyer_kind = Listed(max_length=10, choices=BuyerKind.choices)
    buyer_name = models.CharField(max_length=120)
    buyer_address = models.JSONField()
    delivery_address = models.JSONField(help_text="empty when it is the same")
    siren = models.CharField(max_length=9, blank=True)
    siret = models.CharField(max_length=14, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Quote]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="quote_number_once"),
            models.UniqueConstraint(fields=["term"], condition=models.Q(by_itself=True), name="quote_by_itself_once"),
            eur_only("amount", "quote_eur"),
            eur_only("amount_ht", "quote_ht_eur"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="quote_positive"),
            models.CheckConstraint(condition=models.Q(valid_until__gte=models.F("issued_on")), name="quote_valid"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def discount(self) -> Any:
        """What an agency's discount takes off the price list (Money); nothing where nobody passes the order on."""
        return self.price.amount * self.quantity - self.amount


class QuoteRendering(models.Model):
    """The PDF of a quote, set once; evidence."""

    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="rendering")
    document = models.ForeignKey("payments.Document", on_delete=models.PROTECT, related_name="+")
    rendered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.quote_id} {self.document_id}"
