"""What may happen to the dates of issues and to where they go: days that moved, addresses that hold for a while."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models

from subscriptions.models.offers import DateRange


class IssueMove(models.Model):
    """An issue was given another cut-off or another day of posting; evidence.

    It is what readers were told before: an order of before `at` was told `old_post_on`. `told_at`: since when everybody is
    told whom it concerns, null while the sweep has not been through.
    """

    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="moves")
    old_cutoff_on = models.DateField()
    cutoff_on = models.DateField()
    old_post_on = models.DateField()
    post_on = models.DateField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[IssueMove]] = models.Manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["issue"], condition=models.Q(told_at=None), name="issue_move_to_tell")]

    def __str__(self) -> str:
        return f"{self.issue_id} to {self.post_on}"


class TemporaryAddress(models.Model):
    """Where a recipient's copies go for a while: those posted from `from_on` to `to_on`, both included (law.md 7.5).

    Evidence: only its end may come forward, once (`TemporaryAddressEnd`). `until`: the first day on which it holds no more.
    No two of one recipient hold on one day, so that an issue has one address (`subscriptions.fulfilment.addressed`).
    """

    recipient = models.ForeignKey("Recipient", on_delete=models.PROTECT, related_name="temporary_addresses")
    address = models.ForeignKey("PostalAddress", on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    to_on = models.DateField(help_text="last day, as it was given")
    until = models.DateField(help_text="first day on which it holds no more")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[TemporaryAddress]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(to_on__gte=models.F("from_on")), name="temporary_address_days"),
            # Ended before it began, it holds on no day.
            models.CheckConstraint(condition=models.Q(until__gte=models.F("from_on")), name="temporary_address_until"),
            ExclusionConstraint(
                name="temporary_address_one_a_day",
                expressions=[
                    ("recipient", RangeOperators.EQUAL),
                    (DateRange("from_on", "until", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.from_on} to {self.to_on}"


class TemporaryAddressEnd(models.Model):
    """A temporary address was ended before its time; evidence."""

    temporary = models.OneToOneField(TemporaryAddress, on_delete=models.PROTECT, related_name="end")
    until = models.DateField(help_text="first day on which it holds no more")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[TemporaryAddressEnd]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.temporary_id} until {self.until}"
