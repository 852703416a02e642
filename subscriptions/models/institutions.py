"""Institutions: purchase orders that are invoiced before they are paid, and the agencies that pass them on (law.md 7.6)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.models.listed import Listed
from payments.vat import BuyerKind


class Agency(models.Model):
    """A subscription agency (EBSCO, Prenax…): it passes orders on, pays for them, or both. As an invoice names it."""

    customer = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="agency")
    name = models.CharField(max_length=120, unique=True)
    kind = Listed(max_length=10, choices=BuyerKind.choices, default=BuyerKind.PRO_FR)
    address = models.ForeignKey("PostalAddress", on_delete=models.PROTECT, related_name="+")
    siren = models.CharField(max_length=9, blank=True)
    siret = models.CharField(max_length=14, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "agencies"
        constraints = [
            models.CheckConstraint(condition=~Q(kind=BuyerKind.CONSUMER), name="agency_is_a_firm"),
        ]

    def __str__(self) -> str:
        return self.name


class AgencyDiscount(models.Model):
    """What an agency is granted on the price list from a day on; never edited, only succeeded. Evidence."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="discounts")
    percent = models.DecimalField(max_digits=4, decimal_places=2)
    valid_from = models.DateField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "valid_from"], name="agency_discount_one_start"),
            models.CheckConstraint(condition=Q(percent__range=(0, 10)), name="agency_discount_customary"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % from {self.valid_from}"


class PurchaseOrder(models.Model):
    """What makes an order one that is invoiced before it is paid: the institution's own paper; evidence.

    `Order.customer` is whom it is invoiced to; `institution` is whose copies they are. The order's reference on the
    buyer's side is `Order.engagement_number`.
    """

    class InvoicedTo(models.TextChoices):
        INSTITUTION = "institution", "the institution"
        AGENCY = "agency", "the agency"

    order = models.OneToOneField("Order", on_delete=models.PROTECT, related_name="purchase_order")
    institution = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="purchase_orders")
    dated_on = models.DateField(help_text="as the paper says")
    service_code = models.CharField(max_length=60, blank=True, help_text="Chorus Pro, where the body wants one")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="purchase_orders")
    agency_reference = models.CharField(max_length=60, blank=True)
    discount = models.DecimalField(max_digits=4, decimal_places=2, default=0, help_text="percent, as granted that day")
    invoiced_to = Listed(max_length=12, choices=InvoicedTo.choices, default=InvoicedTo.INSTITUTION)
    calendar_year = models.PositiveSmallIntegerField(
        null=True, help_text="January to December of that year; null: from the next issue on"
    )
    due_on = models.DateField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[PurchaseOrder]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(discount__range=(0, 10)), name="purchase_discount_customary"),
            models.CheckConstraint(
                condition=Q(agency__isnull=False) | Q(invoiced_to="institution", discount=0, agency_reference=""),
                name="purchase_agency_terms",
            ),
        ]

    def __str__(self) -> str:
        return f"purchase order of {self.order_id}"
