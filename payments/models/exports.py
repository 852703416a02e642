"""The accountant's profiles, and large files that were asked for and are made by a job, with every step of each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class AccountantProfile(models.Model):
    """How one accountant's software wants the journals: finance's data, changed without a release.

    `columns`: a list of {field, head, most}, in their order; the fields are those of `payments.exports.journals`.
    """

    class Detail(models.TextChoices):
        ENTRY = "entry", "every line"
        DAY = "day", "totals by day"
        MONTH = "month", "totals by month"

    class Customers(models.TextChoices):
        NONE = "none", "one collective account"
        NUMBERS = "numbers", "one account each, by number"
        NAMES = "names", "one account each, with the name"

    name = models.CharField(max_length=60, unique=True)
    columns = models.JSONField()
    head_line = models.BooleanField(default=True)
    separator = models.CharField(max_length=1, default=";")
    encoding = models.CharField(max_length=12, default="utf-8-sig")
    decimal = models.CharField(max_length=1, default=",")
    date_format = models.CharField(max_length=10, default="%d/%m/%Y")
    quoted = models.BooleanField(default=False, help_text="texts stand between quotes, whatever is in them")
    ending = models.CharField(max_length=3, default="csv", help_text="of the name of the file")
    customers = Listed(max_length=7, choices=Customers.choices, default=Customers.NUMBERS)
    detail = Listed(max_length=5, choices=Detail.choices, default=Detail.ENTRY)
    source = models.CharField(max_length=200, blank=True, help_text="where this layout is described")
    actor = models.CharField(max_length=80)
    changed_at = models.DateTimeField(null=True, help_text="null: as the shop came with it")
    retired_on = models.DateField(null=True, help_text="no longer offered from this day on")

    objects: ClassVar[models.Manager[AccountantProfile]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(columns=[]), name="accountant_profile_has_columns"),
            models.CheckConstraint(
                condition=Q(decimal__in=[",", "."]) & ~Q(decimal=models.F("separator")),
                name="accountant_profile_can_be_read",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FileRequest(models.Model):
    """A file of a year that is too large to be made while somebody waits. States move in `payments.exports.moving`."""

    class Kind(models.TextChoices):
        FEC = "fec", "FEC"
        ARCHIVE = "archive", "archive of a year"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        MAKING = "making", "being made"
        MADE = "made", "made"
        REFUSED = "refused", "refused"

    kind = Listed(max_length=8, choices=Kind.choices)
    year = models.PositiveSmallIntegerField()
    customers = Listed(max_length=7, choices=AccountantProfile.Customers.choices, default="numbers")
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    state = Listed(max_length=7, choices=State.choices, default=State.WAITING)
    state_since = models.DateTimeField()
    file = models.ForeignKey("KeptFile", null=True, on_delete=models.PROTECT, related_name="requests")
    refusal = models.CharField(max_length=300, blank=True, help_text="a sentence for staff")

    objects: ClassVar[models.Manager[FileRequest]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "year", "customers"],
                condition=Q(state__in=["waiting", "making"]),
                name="file_request_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state="made", file__isnull=False, refusal="")
                | Q(state="refused", file=None) & ~Q(refusal="")
                | Q(state__in=["waiting", "making"], file=None, refusal=""),
                name="file_request_ends_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["waiting", "making"]), name="file_request_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}"


class FileRequestEvent(models.Model):
    """One step of one request; evidence."""

    request = models.ForeignKey(FileRequest, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=7, blank=True)
    to_state = models.CharField(max_length=7)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[FileRequestEvent]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
