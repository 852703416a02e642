"""Past issues sold one by one (« vente au numéro »): what an order bought of them, and where each stands."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed


class SoldIssue(models.Model):
    """So many copies of one past issue in one order, in one envelope; evidence but for its state.

    `reserved` holds its copies in the stock exactly as long as its order may still be paid: nothing has to give them back.
    `replaces`: a line that was lost and is sent once more, worth nothing. States move in `subscriptions.singles.moving`.
    """

    class State(models.TextChoices):
        RESERVED = "reserved", "reserved until it is paid"
        OWED = "owed", "owed"
        ASSIGNED = "assigned", "in the file"
        SERVED = "served", "sent"
        HELD = "held", "held"
        VOID = "void", "taken back"

    order = models.ForeignKey("Order", on_delete=models.PROTECT, related_name="sold_issues")
    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="sold")
    copies = models.PositiveSmallIntegerField()
    amount = euros()
    value_ht = models.DecimalField(max_digits=8, decimal_places=2, help_text="without VAT, as its invoice has it")
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    state = Listed(max_length=8, choices=State.choices, default=State.RESERVED)

    objects: ClassVar[models.Manager[SoldIssue]] = models.Manager()

    class Meta:
        ordering = ["order_id", "id"]
        constraints = [
            eur_only("amount", "sold_issue_eur"),
            models.UniqueConstraint(
                fields=["order", "issue"], condition=Q(replaces=None), name="sold_issue_once_an_order"
            ),
            models.CheckConstraint(condition=Q(copies__gt=0), name="sold_issue_some"),
            models.CheckConstraint(
                condition=Q(replaces=None, amount__gt=0, value_ht__gt=0, value_ht__lte=F("amount"))
                | Q(replaces__isnull=False, amount=0, value_ht=0),
                name="sold_issue_worth",
            ),
        ]
        indexes = [
            models.Index(
                fields=["issue"], condition=Q(state__in=["reserved", "owed", "held"]), name="sold_issue_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.copies} of {self.issue_id} in {self.order_id}"


class SoldIssueMovement(models.Model):
    """The only way in which a sold issue changes; evidence. The kinds are those of copies owed (`EntitlementMovement`)."""

    class Kind(models.TextChoices):
        GRANT = "grant", "paid"
        ASSIGN = "assign", "put in the file"
        SERVE = "serve", "sent"
        HOLD = "hold", "held"
        RELEASE = "release", "released"
        VOID = "void", "taken back"

    sold = models.ForeignKey(SoldIssue, on_delete=models.PROTECT, related_name="movements")
    kind = Listed(max_length=8, choices=Kind.choices)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    on = models.DateField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[SoldIssueMovement]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sold", "kind"],
                condition=Q(kind__in=["grant", "assign", "serve", "void"]),
                name="sold_moved_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sold_id}"
