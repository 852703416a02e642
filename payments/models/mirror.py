"""The mirror: Stripe's own list of charges held against the books, run by run."""

from __future__ import annotations

from django.db import models

from payments.models.listed import Listed


class MirrorRun(models.Model):
    """One reading of Stripe's charges of a period, and its figures; evidence but for how far it has come.

    `cursor` is the charge behind which Stripe's list goes on, `compared` the last of our payments that was held against
    what the list said: whoever dies in the middle is followed by another, at that place.
    """

    class Kind(models.TextChoices):
        NIGHTLY = "nightly", "nightly"
        MONTHLY = "monthly", "monthly"

    kind = Listed(max_length=8, choices=Kind.choices)
    since = models.DateTimeField(help_text="charges made from this instant…")
    until = models.DateTimeField(help_text="…up to, and not at, this one")
    started_at = models.DateTimeField()
    cursor = models.CharField(max_length=255, blank=True)
    read_to_end = models.BooleanField(default=False)
    compared = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    ours = models.PositiveIntegerField(default=0, help_text="charges of ours that succeeded")
    ours_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    foreign = models.PositiveIntegerField(default=0, help_text="successful charges of other products")
    foreign_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    mended = models.PositiveIntegerField(default=0, help_text="payments that settled because they were found here")
    differences = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(finished_at__isnull=True), name="mirror_one_at_a_time"
            ),
            models.CheckConstraint(condition=models.Q(until__gt=models.F("since")), name="mirror_window"),
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True) | models.Q(read_to_end=True),
                name="mirror_finished_is_read",
            ),
        ]
        indexes = [models.Index(fields=["kind", "-until"], name="mirror_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.until:%Y-%m-%d}"


class MirrorCharge(models.Model):
    """A successful charge as Stripe's list shows it: one row per charge, seen again by each run that covers it.

    `payment` is empty while the books know none for it; `ours` is false for other products of the same account.
    """

    stripe_charge = models.CharField(max_length=255, unique=True)
    stripe_intent = models.CharField(max_length=255, blank=True)
    created = models.DateTimeField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    refunded = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=40, blank=True)
    ours = models.BooleanField()
    payment = models.ForeignKey("Payment", null=True, on_delete=models.PROTECT, related_name="mirror_charges")
    first_run = models.ForeignKey(MirrorRun, on_delete=models.PROTECT, related_name="+")
    last_run = models.ForeignKey(MirrorRun, on_delete=models.PROTECT, related_name="charges")

    class Meta:
        indexes = [models.Index(fields=["last_run", "ours"], name="mirror_charge_run")]

    def __str__(self) -> str:
        return self.stripe_charge


class MirrorDifference(models.Model):
    """What one run found that Stripe and the books do not say alike; evidence. The matter itself lies on a desk."""

    class Kind(models.TextChoices):
        MENDED = "mended", "learnt from the mirror"
        UNKNOWN = "unknown", "unknown to the books"
        UNSETTLED = "unsettled", "taken, and not settled"
        SECOND = "second", "a second charge of one payment"
        MISSING = "missing", "not at Stripe"
        AMOUNT = "amount", "another amount"
        CURRENCY = "currency", "another currency"
        REFUNDED = "refunded", "another sum given back"

    run = models.ForeignKey(MirrorRun, on_delete=models.PROTECT, related_name="found")
    kind = Listed(max_length=10, choices=Kind.choices)
    subject = models.CharField(max_length=80, help_text="payment:<id>, or charge:<Stripe's id>")
    payment = models.ForeignKey("Payment", null=True, on_delete=models.PROTECT, related_name="+")
    stripe_charge = models.CharField(max_length=255, blank=True)
    at_stripe = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    in_books = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "subject"], name="mirror_difference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
