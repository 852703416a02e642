"""Payers at Stripe and the payment methods they left with us (never a card number)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from django.conf import settings
from django.db import models

from payments.models.listed import Listed


class PayerAccount(models.Model):
    """One customer object at Stripe. An anonymous order gets its own; a signed-in reader keeps theirs.

    `owner_key` says for whom it was made (`order:12`, `customer:5`), so that asking twice makes one.
    """

    owner_key = models.CharField(max_length=80, unique=True)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="payer_accounts"
    )
    stripe_customer = models.CharField(max_length=255, null=True, unique=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.stripe_customer or self.owner_key


class SavedMethod(models.Model):
    """A card or SEPA mandate kept at Stripe; what a person may see of it is all that we hold."""

    payer_account = models.ForeignKey(PayerAccount, on_delete=models.PROTECT, related_name="methods")
    stripe_method = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=20)
    brand = models.CharField(max_length=30, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    exp_month = models.PositiveSmallIntegerField(null=True)
    exp_year = models.PositiveSmallIntegerField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    mandate = models.CharField(max_length=255, blank=True)
    mandate_reference = models.CharField(max_length=40, blank=True, help_text="RUM, as the reader's bank shows it")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=100, blank=True)

    class Meta:
        # What has ended lately is asked for in time (`subscriptions.renewals.noticing`).
        indexes = [models.Index(fields=["ended_at"], condition=models.Q(ended_at__isnull=False), name="method_ended")]

    def __str__(self) -> str:
        return f"{self.kind} •••• {self.last4}"

    @property
    def ends_on(self) -> date | None:
        """The last day on which a card is good; None for an account, which has no end of its own."""
        if not self.exp_year or not self.exp_month:
            return None
        return date(self.exp_year, self.exp_month, monthrange(self.exp_year, self.exp_month)[1])

    def pays_on(self, on: date) -> bool:
        """Whether it can be charged on day `on`, as far as we know."""
        return self.ended_at is None and (self.ends_on is None or on <= self.ends_on)


class MethodSetup(models.Model):
    """One wish to leave another card or IBAN, by a setup-mode Checkout; `subject` says for what."""

    class State(models.TextChoices):
        CREATED = "created", "created"
        DONE = "done", "done"
        EXPIRED = "expired", "expired"

    reference = models.CharField(max_length=24, unique=True)
    subject = models.CharField(max_length=80)
    payer_account = models.ForeignKey(PayerAccount, on_delete=models.PROTECT, related_name="setups")
    idempotency_key = models.CharField(max_length=64, unique=True)
    checkout_session = models.CharField(max_length=255, null=True, unique=True)
    checkout_url = models.TextField(blank=True)
    checkout_expires_at = models.DateTimeField(null=True)
    state = Listed(max_length=8, choices=State.choices, default=State.CREATED)
    saved_method = models.ForeignKey(SavedMethod, null=True, on_delete=models.PROTECT, related_name="setups")
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    state_since = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference
