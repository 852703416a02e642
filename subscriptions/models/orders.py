"""Orders: the wish to buy at one frozen price, with what was shown and what was agreed to."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed
from payments.vat import BuyerKind


class Disclosure(models.Model):
    """What the buyer was shown before the button (C. conso L221-5, L221-14), kept once per content; evidence."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    facts = models.JSONField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256[:12]


class Order(models.Model):
    """One order. Everything but its state, its customer and its end is frozen when it is placed."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        AWAITING_PAYMENT = "awaiting_payment", "awaiting payment"
        INVOICED = "invoiced", "invoiced, to be paid"
        PAID = "paid", "paid"
        EXPIRED = "expired", "expired"
        CANCELLED = "cancelled", "cancelled"

    reference = models.CharField(max_length=24, unique=True)
    form_token = models.UUIDField(help_text="one browser's wish; superseded orders keep theirs")
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    content_sha256 = models.CharField(max_length=64, help_text="of everything typed: same again is the same order")
    state = Listed(max_length=16, choices=State.choices, default=State.DRAFT)
    state_since = models.DateTimeField()
    placed_at = models.DateTimeField()

    offer = models.ForeignKey("Offer", on_delete=models.PROTECT, related_name="orders")
    price = models.ForeignKey("Price", on_delete=models.PROTECT, related_name="orders")
    quantity = models.PositiveSmallIntegerField(default=1, help_text="copies of each issue, to one address")
    amount = euros()
    vat_zone = models.CharField(max_length=20)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2, help_text="percent")
    legal_mention = models.CharField(max_length=200, blank=True)
    first_issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="+", help_text="as promised")
    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, related_name="orders")
    source_code = models.CharField(max_length=40, blank=True)
    renews = models.ForeignKey(
        "Subscription", null=True, on_delete=models.PROTECT, related_name="renewing_orders",
        help_text="the subscription that this order prolongs; null: a new one",
    )  # fmt: skip
    is_gift = models.BooleanField(default=False, help_text="somebody else than the buyer receives it: see `Gift`")

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="orders")
    email = models.EmailField(max_length=254)
    title = models.CharField(max_length=10, blank=True)
    first_name = models.CharField(max_length=60, blank=True)
    last_name = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=5, default="fr")
    delivery = models.ForeignKey("PostalAddress", on_delete=models.PROTECT, related_name="+")
    billing = models.ForeignKey("PostalAddress", null=True, on_delete=models.PROTECT, related_name="+")
    buyer_kind = Listed(max_length=10, choices=BuyerKind.choices, default=BuyerKind.CONSUMER)
    organisation = models.CharField(max_length=120, blank=True)
    siren = models.CharField(max_length=9, blank=True)
    siret = models.CharField(max_length=14, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    engagement_number = models.CharField(max_length=60, blank=True)
    typed = models.JSONField(help_text="the form as typed, to show it again")

    objects: ClassVar[models.Manager[Order]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "order_eur"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="order_positive"),
            # A gift is one copy of each issue; that nothing else renews itself is in migration 0021.
            models.CheckConstraint(
                condition=models.Q(quantity=1) | models.Q(quantity__gt=1, is_gift=False), name="order_quantity"
            ),
            models.UniqueConstraint(
                fields=["form_token"],
                condition=models.Q(state__in=["draft", "awaiting_payment", "invoiced", "paid"]),
                name="order_one_living_per_form",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "state_since"], name="order_state"),
            models.Index(fields=["email"], name="order_email"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def subject(self) -> str:
        """Name of this order on payments and invoices."""
        return f"order:{self.pk}"


class OrderEvent(models.Model):
    """One step of one order; evidence."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Consent(models.Model):
    """A yes (or a no) with the words it was given to; evidence (law.md 4.9, 5.1)."""

    class Matter(models.TextChoices):
        TERMS = "terms", "terms of sale"
        MANDATE = "mandate", "card or debit mandate"
        SIMILAR_OFFERS = "similar_offers", "similar offers (soft opt-in)"
        NEWSLETTER = "newsletter", "newsletter"
        REMINDERS = "reminders", "reminders to renew"

    matter = Listed(max_length=16, choices=Matter.choices)
    given = models.BooleanField()
    words = models.TextField(help_text="as shown")
    text = models.ForeignKey("LegalText", null=True, on_delete=models.PROTECT, related_name="consents")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="consents")
    gift = models.ForeignKey(
        "Gift", null=True, on_delete=models.PROTECT, related_name="consents", help_text="its recipient, without account"
    )
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="consents")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.matter} {self.given}"
