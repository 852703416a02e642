"""What the support desk writes down: who took over a subscription from whom, and what people called or wrote."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class HandOver(models.Model):
    """One change of who receives, or who pays, a subscription; evidence. The pair that did not change is null."""

    subscription = models.ForeignKey("Subscription", on_delete=models.PROTECT, related_name="hand_overs")
    old_recipient = models.ForeignKey("Recipient", null=True, on_delete=models.PROTECT, related_name="+")
    new_recipient = models.ForeignKey("Recipient", null=True, on_delete=models.PROTECT, related_name="+")
    first_issue = models.ForeignKey(
        "Issue", null=True, on_delete=models.PROTECT, related_name="+", help_text="the first that the new one receives"
    )
    old_payer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    new_payer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[HandOver]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(new_recipient__isnull=False) | Q(new_payer__isnull=False),
                name="hand_over_of_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.at:%Y-%m-%d}"


class Contact(models.Model):
    """A call, a letter or a message that came in, in a colleague's words, with the file if there is one.

    Written once; erasure blanks the words and lets go of the file, whose bytes end on their own day.
    """

    class Channel(models.TextChoices):
        PHONE = "phone", "telephone"
        LETTER = "letter", "letter"
        EMAIL = "email", "e-mail"
        VISIT = "visit", "visit"

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contacts")
    channel = Listed(max_length=6, choices=Channel.choices)
    on = models.DateField()
    words = models.TextField(max_length=2000)
    subscription = models.ForeignKey("Subscription", null=True, on_delete=models.PROTECT, related_name="contacts")
    order = models.ForeignKey("Order", null=True, on_delete=models.PROTECT, related_name="contacts")
    document = models.ForeignKey("payments.Document", null=True, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=120, blank=True)
    form_token = models.UUIDField(unique=True, help_text="one form is one note")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Contact]] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["customer", "at"], name="contact_customer")]

    def __str__(self) -> str:
        return f"contact {self.pk}"
