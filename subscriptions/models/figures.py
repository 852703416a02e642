"""Circulation: by which figures copies are counted, what left with each posting by class, and how many were printed."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class CirculationRule(models.Model):
    """The figures by which copies are classed and the meters judge; evidence: succeeded from a day on, never edited.

    The row with the newest `valid_from` that has come is in force; what was counted names its row. Percentages are of the
    reference price or of the copies posted. Where a figure is the publisher's own and no law's, `source` says so.
    """

    valid_from = models.DateField()
    reference_offer = models.ForeignKey(
        "Offer", null=True, on_delete=models.PROTECT, related_name="+",
        help_text="whose price is the one printed in the magazine; null: the dearest yearly one of its zone",
    )  # fmt: skip
    paid_least_percent = models.DecimalField(
        max_digits=4,
        decimal_places=1,
        default=Decimal(50),
        help_text="sold for less of the reference price: not a paid copy",
    )
    coupled_least_percent = models.DecimalField(
        max_digits=4,
        decimal_places=1,
        default=Decimal(80),
        help_text="of the reference price: what a coupled sale has to keep",
    )
    paid_share_least_percent = models.DecimalField(
        max_digits=4, decimal_places=1, default=Decimal(50), help_text="of the copies posted: paid ones, for the CPPAP"
    )
    bulk_most_percent = models.DecimalField(
        max_digits=4,
        decimal_places=1,
        default=Decimal(5),
        help_text="of the paid copies: bought in number by third parties",
    )
    gap_most_months = models.PositiveSmallIntegerField(default=4, help_text="between two issues, tolerated once a year")
    issues_least = models.PositiveSmallIntegerField(default=4, help_text="issues a year, a double one counted once")
    cppap_warn_days = models.PositiveSmallIntegerField(default=180, help_text="before the registration ends")
    warn_points = models.DecimalField(
        max_digits=4, decimal_places=1, default=Decimal(5), help_text="so many points before a limit it is on the desk"
    )
    source = models.TextField(help_text="where the figures come from, in French")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[CirculationRule]] = models.Manager()

    class Meta:
        ordering = ["valid_from", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(paid_least_percent__range=(0, 100), paid_share_least_percent__range=(0, 100))
                & Q(bulk_most_percent__range=(0, 100), coupled_least_percent__range=(F("paid_least_percent"), 100)),
                name="circulation_rule_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"rule of {self.valid_from}"


class Circulation(models.Model):
    """What was counted of one issue at one moment: what a run brought when it was posted, or what was corrected later.

    Evidence: an issue is the sum of its rows, and none is ever edited. `sha256`: of its counts.
    """

    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="circulations")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3… of its issue")
    run = models.OneToOneField(
        "MailingRun", null=True, on_delete=models.PROTECT, related_name="circulation", help_text="null: a correction"
    )
    rule = models.ForeignKey(CirculationRule, on_delete=models.PROTECT, related_name="+")
    on = models.DateField(help_text="day of the posting, or of the correction")
    lines = models.PositiveIntegerField()
    copies = models.IntegerField(help_text="0 for a correction: copies only change their class")
    sha256 = models.CharField(max_length=64)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Circulation]] = models.Manager()

    class Meta:
        ordering = ["issue_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "number"], name="circulation_number_once"),
            models.CheckConstraint(condition=Q(run__isnull=False) | Q(copies=0), name="circulation_correction_moves"),
        ]

    def __str__(self) -> str:
        return f"circulation {self.issue_id}/{self.number}"


class Classed(models.Model):
    """How some copies are classed, wherever it is written down. `klass`, `band`: `subscriptions.figures.classes`.

    `code`: the promotion, the agency or the house that they came by. `paid`, `reference`: what was paid for these copies and
    what the reference price would have been, euros incl. VAT; null where nothing was sold, `paid` where nothing has come yet too.
    """

    klass = models.CharField(max_length=8)
    band = models.CharField(max_length=4, blank=True)
    zone = models.CharField(max_length=4)
    offer = models.ForeignKey("subscriptions.Offer", null=True, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=120, blank=True)
    copies = models.IntegerField()
    paid = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    reference = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        abstract = True


class CirculationCount(Classed):
    """The copies of one count that are classed alike, together; evidence. What pages and papers read."""

    circulation = models.ForeignKey(Circulation, on_delete=models.PROTECT, related_name="counts")
    lines = models.IntegerField()
    least_percent = models.DecimalField(
        max_digits=6, decimal_places=1, null=True, help_text="of the reference price, of the cheapest among them"
    )

    objects: ClassVar[models.Manager[CirculationCount]] = models.Manager()

    class Meta:
        ordering = ["circulation_id", "id"]

    def __str__(self) -> str:
        return f"{self.copies} {self.klass}"


class CountedCopy(Classed):
    """One line of a run as it was counted; evidence. A correction takes it out of its class (less than 0) and puts it into
    another."""

    circulation = models.ForeignKey(Circulation, on_delete=models.PROTECT, related_name="rows")
    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="+", db_index=False)
    dispatch = models.ForeignKey("Dispatch", on_delete=models.PROTECT, related_name="counted")
    percent = models.DecimalField(max_digits=6, decimal_places=1, null=True, help_text="of the reference price")

    objects: ClassVar[models.Manager[CountedCopy]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["circulation", "dispatch"], condition=Q(copies__gt=0), name="counted_copy_once"
            ),
            models.UniqueConstraint(
                fields=["circulation", "dispatch"], condition=Q(copies__lt=0), name="counted_copy_out_once"
            ),
            models.CheckConstraint(condition=~Q(copies=0), name="counted_copy_some"),
        ]
        indexes = [
            models.Index(fields=["issue", "klass", "id"], name="counted_copy_class"),
            # What waits for its money is looked for each day (`subscriptions.figures.correcting`).
            models.Index(fields=["dispatch"], condition=Q(klass="UNPAID"), name="counted_copy_unpaid"),
        ]

    def __str__(self) -> str:
        return f"{self.copies} of {self.dispatch_id} {self.klass}"


class PrintAssumption(models.Model):
    """What the publisher assumes of a print run where too little was observed; evidence: succeeded, the last row holds.

    Each figure is a pair, from and to. Percentages are of the copies that they stand beside on the page of the advice.
    """

    observed_least = models.PositiveSmallIntegerField(
        default=30, help_text="with fewer cases a rate is not taken from them"
    )
    renewed_low = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(50))
    renewed_high = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(65))
    claimed_low = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(1))
    claimed_high = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(2))
    new_low = models.PositiveIntegerField(default=0, help_text="new readers until the day of posting")
    new_high = models.PositiveIntegerField(default=0)
    single_low = models.PositiveIntegerField(default=0, help_text="sold one by one")
    single_high = models.PositiveIntegerField(default=0)
    reserve_low = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(3))
    reserve_high = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(5))
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[PrintAssumption]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(renewed_high__gte=F("renewed_low"), claimed_high__gte=F("claimed_low"))
                & Q(new_high__gte=F("new_low"), single_high__gte=F("single_low"), reserve_high__gte=F("reserve_low")),
                name="print_assumption_ranges",
            ),
            models.CheckConstraint(
                condition=Q(renewed_high__lte=100, claimed_high__lte=100), name="print_assumption_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"assumption {self.pk}"


class PrintAdvice(models.Model):
    """How many copies of an issue to print, as it was advised on a day; evidence. `parts`: as `figures.advising` gave them."""

    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="advices")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3… of its issue")
    on = models.DateField()
    low = models.PositiveIntegerField()
    high = models.PositiveIntegerField()
    parts = models.JSONField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[PrintAdvice]] = models.Manager()

    class Meta:
        ordering = ["issue_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "number"], name="print_advice_number_once"),
            models.CheckConstraint(condition=Q(high__gte=F("low")), name="print_advice_range"),
        ]

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


class PrintRun(models.Model):
    """How many copies of an issue were printed, as the printer's invoice says; evidence. The last row of an issue holds."""

    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="prints")
    copies = models.PositiveIntegerField()
    on = models.DateField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[PrintRun]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(copies__gt=0), name="print_run_some")]

    def __str__(self) -> str:
        return f"{self.copies} of {self.issue_id}"
