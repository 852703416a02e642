"""Invoices and credit notes: numbered, chained, frozen (CGI ann. II 242 nonies A; law.md 2.1–2.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed
from payments.vat import BuyerKind


class InvoiceSeries(models.Model):
    """The counter and the head of the hash chain of one series in one year; locked while numbers are taken."""

    code = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)
    last_issued_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "year"], name="series_one_per_year")]

    def __str__(self) -> str:
        return f"{self.code}{self.year}"


class Invoice(models.Model):
    """An invoice or a credit note as issued; evidence, never changed."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "invoice"
        CREDIT_NOTE = "credit_note", "credit note"

    kind = Listed(max_length=12, choices=Kind.choices)
    series = models.ForeignKey(InvoiceSeries, on_delete=models.PROTECT, related_name="invoices")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=20, unique=True, help_text="F2026-000001")
    issued_on = models.DateField()
    supplied_on = models.DateField(null=True)
    due_on = models.DateField(null=True)

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="invoices")
    subject = models.CharField(max_length=80)
    payment = models.ForeignKey("Payment", null=True, on_delete=models.PROTECT, related_name="invoices")
    original = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credit_notes")
    reason = models.CharField(max_length=300, blank=True)

    seller = models.JSONField(help_text="identity and mentions of the publisher, as printed")
    buyer_kind = Listed(max_length=10, choices=BuyerKind.choices)
    buyer_name = models.CharField(max_length=200)
    buyer_address = models.JSONField(help_text="printed lines")
    buyer_country = models.CharField(max_length=2)
    delivery_address = models.JSONField(help_text="printed lines; empty when the same")
    delivery_country = models.CharField(max_length=2, blank=True, default="")
    buyer_siren = models.CharField(max_length=9, blank=True)
    buyer_siret = models.CharField(max_length=14, blank=True)
    buyer_vat_number = models.CharField(max_length=20, blank=True)
    buyer_service_code = models.CharField(max_length=60, blank=True)
    engagement_number = models.CharField(max_length=60, blank=True)
    nature = models.CharField(max_length=4, default="LB", help_text="LB: delivery of goods (242 nonies A, 8° bis)")
    vat_on_debits = models.BooleanField(default=False)
    vat_zone = models.CharField(max_length=20)
    legal_mention = models.CharField(max_length=200, blank=True)

    total_ht = euros()
    total_vat = euros()
    total_ttc = euros()

    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Invoice]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="invoice_number_once"),
            models.UniqueConstraint(
                fields=["subject"], condition=models.Q(kind="invoice"), name="invoice_one_per_subject"
            ),
            models.CheckConstraint(
                condition=models.Q(total_ttc=models.F("total_ht") + models.F("total_vat")), name="invoice_adds_up"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="invoice", original__isnull=True)
                | models.Q(kind="credit_note", original__isnull=False),
                name="invoice_credit_has_original",
            ),
            eur_only("total_ht", "invoice_ht_eur"),
            eur_only("total_vat", "invoice_vat_eur"),
            eur_only("total_ttc", "invoice_ttc_eur"),
        ]
        indexes = [
            models.Index(fields=["issued_on"], name="invoice_issued_on"),
            # What is paid by transfer after it was issued (`payments.invoicing.open_items`).
            models.Index(
                fields=["due_on"],
                condition=models.Q(kind="invoice", payment__isnull=True),
                name="invoice_paid_later",
            ),
            # What the meter of sales at a distance reads (`payments.eu_meter`).
            models.Index(fields=["issued_on"], condition=models.Q(vat_zone="EU"), name="invoice_to_the_union"),
            # Whose row in Chorus Pro is looked for each hour (`payments.chorus.watching`).
            models.Index(fields=["id"], condition=models.Q(buyer_kind="public_fr"), name="invoice_to_public_bodies"),
        ]

    def __str__(self) -> str:
        return self.reference


class InvoiceLine(models.Model):
    """One line; all amounts positive, on credit notes too (the kind gives the sign).

    `unit_ht` is the price before a discount, `ht` the line after it.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=250)
    quantity = models.PositiveIntegerField()
    unit_ht = euros()
    rate = models.DecimalField(max_digits=5, decimal_places=2, help_text="percent")
    discount_percent = models.DecimalField(max_digits=4, decimal_places=2, default=Decimal(0))
    discount_ht = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    ht = euros()
    vat = euros()
    ttc = euros()

    objects: ClassVar[models.Manager[InvoiceLine]] = models.Manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once"),
            models.CheckConstraint(
                condition=models.Q(ttc=models.F("ht") + models.F("vat")), name="invoice_line_adds_up"
            ),
            models.CheckConstraint(
                condition=models.Q(discount_percent=0, discount_ht=0)
                | models.Q(discount_percent__gt=0, discount_ht__gte=0),
                name="invoice_line_discount",
            ),
            eur_only("ttc", "invoice_line_eur"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def gross_ht(self) -> Decimal:
        """The line before its discount, in euros."""
        return Decimal(self.ht.amount) + self.discount_ht


class InvoiceRendering(models.Model):
    """The PDF of an invoice: rendered once, after the commit that numbered it; evidence."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="rendering")
    document = models.ForeignKey("Document", on_delete=models.PROTECT, related_name="+")
    rendered_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.invoice)


class Reissue(models.Model):
    """An invoice made out anew to another buyer: credited whole and invoiced again, no money moved; evidence.

    Once per invoice: what was made out anew may be so again, under its own number.
    """

    original = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="reissued")
    credit_note = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="made_room_for")
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="reissue_of")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Reissue]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.original_id} → {self.invoice_id}"
