"""The promise: subscriptions, their terms, and every copy owed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed
from subscriptions.models.offers import Offer


def term_subject(subscription_id: int, number: int) -> str:
    """Neutral subject shared by every payment that could pay a term, automatic or not (design, rule 4)."""
    return f"term:{subscription_id}:{number}"


class Subscription(models.Model):
    """The relation between a recipient and the magazine; holds no money. States move in `subscriptions.moving`."""

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        ACTIVE = "active", "active"
        GRACE = "grace", "grace"
        LAPSED = "lapsed", "lapsed"
        ENDED = "ended", "ended"

    number = models.CharField(max_length=10, unique=True, null=True, help_text="printed on the label; check digit")
    magazine = models.ForeignKey("Magazine", on_delete=models.PROTECT, related_name="subscriptions")
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="subscriptions_paid"
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="subscriptions_held"
    )
    recipient = models.ForeignKey("Recipient", on_delete=models.PROTECT, related_name="subscriptions")
    agency = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="subscriptions_brokered"
    )
    renewal = Listed(max_length=10, choices=Offer.Renewal.choices)
    offer = models.ForeignKey("Offer", on_delete=models.PROTECT, related_name="subscriptions")
    is_gift = models.BooleanField(default=False, help_text="its payer gave it: the copies are somebody else's")
    on_invoice = models.BooleanField(default=False, help_text="ordered by an institution, and paid against invoices")
    saved_method = models.ForeignKey(
        "payments.SavedMethod", null=True, blank=True, on_delete=models.PROTECT, related_name="subscriptions"
    )
    state = Listed(max_length=8, choices=State.choices, default=State.PENDING)
    state_since = models.DateTimeField()
    created_at = models.DateTimeField()
    source = models.CharField(max_length=40, default="shop")
    foreign_ref = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "foreign_ref"],
                condition=~models.Q(foreign_ref=""),
                name="subscription_foreign_once",
            ),
            # A gift is one term: nobody is ever charged for it again (law.md 4.7, 7.6).
            models.CheckConstraint(
                condition=models.Q(is_gift=False) | models.Q(renewal="fixed", saved_method=None),
                name="subscription_gift_never_renews",
            ),
            # Nor does an institution's (law.md 3.4, 7.6): it orders each year by a paper of its own.
            models.CheckConstraint(
                condition=models.Q(on_invoice=False) | models.Q(renewal="fixed", saved_method=None, is_gift=False),
                name="subscription_on_invoice_never_renews",
            ),
        ]
        # Who lapsed on a day is reminded so many days later (`subscriptions.renewals.reminding`).
        indexes = [
            models.Index(fields=["state_since"], condition=models.Q(state="lapsed"), name="subscription_lapsed"),
        ]

    def __str__(self) -> str:
        return self.number or f"subscription {self.pk}"


class SubscriptionEvent(models.Model):
    """One step of one subscription; evidence."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=8)
    to_state = models.CharField(max_length=8)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Terms(models.QuerySet["Term"]):
    """Terms, and which of them still count."""

    def standing(self) -> Terms:
        """Those that were not undone."""
        return self.filter(undone=None)


class TermManager(models.Manager["Term"]):
    """Also behind `subscription.terms`."""

    def get_queryset(self) -> Terms:
        return Terms(self.model, using=self._db)

    def standing(self) -> Terms:
        """Those that were not undone."""
        return self.get_queryset().standing()


class Term(models.Model):
    """A stretch paid for, or invoiced to an institution; evidence: its sold dates never change.

    Two terms of one subscription overlap only if one of them was undone (`term_no_overlap`, migration 0015).
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="terms")
    number = models.PositiveSmallIntegerField()
    order = models.OneToOneField("Order", null=True, on_delete=models.PROTECT, related_name="term")
    payment = models.OneToOneField(
        "payments.Payment", null=True, on_delete=models.PROTECT, related_name="+", help_text="the paying payment"
    )
    starts_on = models.DateField()
    ends_on = models.DateField()
    copies = models.PositiveSmallIntegerField()
    quantity = models.PositiveSmallIntegerField(default=1, help_text="copies of each issue, to one address")
    amount = euros()
    amount_ht = euros()
    vat_zone = models.CharField(max_length=20)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    created_at = models.DateTimeField()
    source = models.CharField(max_length=40, default="shop")
    foreign_ref = models.CharField(max_length=60, blank=True)

    objects: ClassVar[TermManager] = TermManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "number"], name="term_number_once"),
            models.UniqueConstraint(
                fields=["source", "foreign_ref"], condition=~models.Q(foreign_ref=""), name="term_foreign_once"
            ),
            models.CheckConstraint(condition=models.Q(ends_on__gt=models.F("starts_on")), name="term_dates"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="term_quantity"),
            # What renews itself is one copy of each issue.
            models.CheckConstraint(
                condition=models.Q(quantity=1)
                | models.Q(quantity__gt=1) & (models.Q(order__isnull=False) | models.Q(payment=None)),
                name="term_several_copies",
            ),
            eur_only("amount", "term_eur"),
            eur_only("amount_ht", "term_ht_eur"),
        ]
        # Which terms end soon is answered from the index alone (`subscriptions.renewals.finding`).
        indexes = [models.Index(fields=["ends_on"], include=["subscription", "number"], name="term_ends")]

    def __str__(self) -> str:
        return f"{self.subscription_id}/{self.number}"

    @property
    def subject(self) -> str:
        """Name of this term on payments and invoices."""
        return term_subject(self.subscription_id, self.number)


class TermUndone(models.Model):
    """A term that was taken back whole, as by a withdrawal: its days are free for another; evidence.

    The term itself stays as it was sold. No two others of one subscription overlap (`term_no_overlap`, migration 0015).
    """

    term = models.OneToOneField(Term, on_delete=models.PROTECT, related_name="undone")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.term_id} undone"


class Entitlement(models.Model):
    """One term's right to one copy. `state` is what the movements say; it changes only with one of them."""

    class State(models.TextChoices):
        OWED = "owed", "owed"
        ASSIGNED = "assigned", "in the file"
        SERVED = "served", "served"
        HELD = "held", "held"
        CREDITED = "credited", "credited"
        VOID = "void", "void"

    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="entitlements")
    rank = models.PositiveSmallIntegerField(help_text="1 to N in its term")
    issue = models.ForeignKey(
        "Issue", null=True, on_delete=models.PROTECT, related_name="entitlements", help_text="null: not planned yet"
    )
    value_ht = models.DecimalField(max_digits=8, decimal_places=2, help_text="fixed at grant; 0 for a free copy")
    state = Listed(max_length=8, choices=State.choices, default=State.OWED)

    class Meta:
        ordering = ["term_id", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["term", "rank"], name="entitlement_rank_once"),
            models.UniqueConstraint(
                fields=["term", "issue"],
                condition=models.Q(issue__isnull=False) & ~models.Q(state__in=["void", "credited"]),
                name="entitlement_issue_once",
            ),
            models.CheckConstraint(condition=models.Q(value_ht__gte=0), name="entitlement_value"),
        ]
        indexes = [models.Index(fields=["issue", "state"], name="entitlement_issue")]

    def __str__(self) -> str:
        return f"{self.term_id}/{self.rank}"


class EntitlementMovement(models.Model):
    """The only way to change what is owed; evidence."""

    class Kind(models.TextChoices):
        GRANT = "grant", "granted"
        ASSIGN = "assign", "put in the file"
        SERVE = "serve", "served"
        RESEND = "resend", "sent again"
        HOLD = "hold", "held"
        RELEASE = "release", "released"
        EXTEND = "extend", "extended"
        CREDIT = "credit", "credited"
        VOID = "void", "void"

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="movements")
    kind = Listed(max_length=8, choices=Kind.choices)
    issue = models.ForeignKey("Issue", null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entitlement"], condition=models.Q(kind="grant"), name="movement_granted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.entitlement_id}"
