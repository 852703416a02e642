"""Who receives, and where: recipients and postal addresses."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class PostalAddress(models.Model):
    """What the person typed and the block as the postman reads it (NF Z10-011). Corrected by a new row only."""

    typed = models.JSONField(help_text="TypedAddress.to_dict()")
    lines = models.JSONField(help_text="the label, country line included")
    block = ArrayField(
        models.TextField(), default=list, help_text="what a mailing file has of it: l1 to l7, postcode, town"
    )
    country = models.CharField(max_length=2)
    postcode = models.CharField(max_length=12, blank=True)
    town = models.CharField(max_length=80, blank=True)
    delivery_zone = models.CharField(max_length=8)
    vat_zone = models.CharField(max_length=20)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["postcode"], name="address_postcode")]

    def __str__(self) -> str:
        return f"{self.country}-{self.postcode}"


class Recipient(models.Model):
    """Who receives the copies: the payer, or somebody else for a gift or an institution."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="receives_as"
    )
    name = models.CharField(max_length=120)
    address = models.ForeignKey(PostalAddress, on_delete=models.PROTECT, related_name="recipients")

    def __str__(self) -> str:
        return f"recipient {self.pk}"


class AddressChange(models.Model):
    """A move: from which address to which, and the first issue that it reaches; evidence."""

    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="address_changes")
    old = models.ForeignKey(PostalAddress, on_delete=models.PROTECT, related_name="+")
    new = models.ForeignKey(PostalAddress, on_delete=models.PROTECT, related_name="+")
    first_issue = models.ForeignKey("Issue", null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.at:%Y-%m-%d}"
