"""What people changed in the registers, kept version by version; acts on many things at once; where the rights hang."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from simple_history import register

from payments.models.listed import Listed
from subscriptions.models import Issue, Magazine, Offer


class Desk(models.Model):
    """No table: the rights of `shop.backoffice.roles` are rights on this."""

    class Meta:
        managed = False
        default_permissions = ()

    def __str__(self) -> str:
        return "desk"


# The lower floor does not know that it is remembered: its rows are saved one by one from the registers only.
register(Magazine, app="shop.backoffice")
register(Issue, app="shop.backoffice")
register(Offer, app="shop.backoffice")


class BulkAct(models.Model):
    """One act on many things, as it was shown and said yes to: a frozen list with its hash; evidence.

    Carried out row by row by `shop.backoffice.bulk_carrying`.
    """

    kind = models.CharField(max_length=20, help_text="of shop.backoffice.bulk.KINDS")
    parameters = models.JSONField(default=dict)
    chosen = models.JSONField(default=dict, help_text="the filters that the rows were chosen by")
    rows_total = models.PositiveIntegerField()
    left_out_total = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text="over the rows as they were shown")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[BulkAct]] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(finished_at=None), name="bulk_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class BulkRow(models.Model):
    """One thing of one bulk act: what was shown of it, and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        LEFT_OUT = "left_out", "left out"
        DONE = "done", "done as it was shown"
        OTHERWISE = "otherwise", "done, otherwise than it was shown"
        REFUSED = "refused", "not done: it may not be any more"
        FAILED = "failed", "not done: a fault of ours"

    bulk = models.ForeignKey(BulkAct, on_delete=models.PROTECT, related_name="rows")
    ordinal = models.PositiveIntegerField()
    key = models.BigIntegerField(help_text="of the renewal or letter")
    name = models.CharField(max_length=40, help_text="its number, or the kind of letter")
    shown = models.CharField(max_length=300, help_text="what would happen to it, or why nothing, as it was shown")
    state = Listed(max_length=9, choices=State.choices, default=State.WAITING)
    became = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[BulkRow]] = models.Manager()

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["bulk", "ordinal"], name="bulk_row_nth"),
            models.UniqueConstraint(fields=["bulk", "key"], name="bulk_row_once"),
        ]
        indexes = [models.Index(fields=["id"], condition=models.Q(state="waiting"), name="bulk_row_waiting")]

    def __str__(self) -> str:
        return f"{self.bulk_id}#{self.ordinal}"
