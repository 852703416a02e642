"""What can be bought and what was written beside it: magazine, issues, offers, prices, legal texts."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, IntegerRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models.functions import Coalesce

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed
from subscriptions.calendar.issues import printed


class DateRange(models.Func):
    """`daterange(from, to, bounds)`, so that no two stretches overlap; a null end is open."""

    function = "DATERANGE"
    output_field = DateRangeField()


class NumberRange(models.Func):
    """`int4range(from, to, bounds)`, so that no two issues bear one number."""

    function = "INT4RANGE"
    output_field = IntegerRangeField()


class Magazine(models.Model):
    """The title. Its CPPAP number carries the press VAT rate (law.md 1.1)."""

    code = models.CharField(max_length=10, unique=True)
    title = models.CharField(max_length=100)
    subtitle = models.CharField(max_length=200)
    issn = models.CharField(max_length=9)
    cppap_number = models.CharField(max_length=20)
    cppap_valid_until = models.DateField()
    issues_a_year = models.PositiveSmallIntegerField(default=4)

    def __str__(self) -> str:
        return self.title


class Issue(models.Model):
    """One published edition. Cover month and year are compulsory (law.md 1.1); states move in fulfilment."""

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        CLOSED = "closed", "closed"
        HANDED_OVER = "handed_over", "handed over"
        POSTED = "posted", "posted"

    magazine = models.ForeignKey(Magazine, on_delete=models.PROTECT, related_name="issues")
    number = models.PositiveIntegerField()
    last_number = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="second number of a double issue, one copy all the same; empty for a single one",
    )
    cover_month = models.PositiveSmallIntegerField()
    cover_year = models.PositiveSmallIntegerField()
    headline = models.CharField(max_length=200, blank=True)
    contents = models.JSONField(default=list, help_text="list of {title, text}")
    pages = models.PositiveSmallIntegerField(null=True, blank=True)
    cutoff_on = models.DateField(help_text="paid before this day: in the file")
    post_on = models.DateField()
    posted_on = models.DateField(null=True, blank=True)
    state = Listed(max_length=12, choices=State.choices, default=State.PLANNED)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["magazine", "number"], name="issue_number_once"),
            models.UniqueConstraint(fields=["magazine", "cover_year", "cover_month"], name="issue_cover_once"),
            models.CheckConstraint(
                condition=models.Q(last_number=None) | models.Q(last_number=models.F("number") + 1),
                name="issue_two_numbers",
            ),
            # Both numbers of a double issue are taken.
            ExclusionConstraint(
                name="issue_numbers_apart",
                expressions=[
                    ("magazine", RangeOperators.EQUAL),
                    (
                        NumberRange("number", Coalesce("last_number", "number"), models.Value("[]")),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(condition=models.Q(cover_month__range=(1, 12)), name="issue_cover_month"),
            models.CheckConstraint(condition=models.Q(cutoff_on__lt=models.F("post_on")), name="issue_cutoff_first"),
            models.CheckConstraint(
                condition=models.Q(state="posted", posted_on__isnull=False)
                | (~models.Q(state="posted") & models.Q(posted_on__isnull=True)),
                name="issue_posted_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.magazine_id} n° {self.printed}"

    @property
    def printed(self) -> str:
        """« 26 » or « 26-27 »."""
        return printed(self.number, self.last_number)

    @property
    def ends(self) -> int:
        """The last number it bears; the next issue takes the one after."""
        return self.last_number or self.number


class Offer(models.Model):
    """What can be bought: N issues over 12 months, with or without tacit renewal; or past issues one by one.

    Of the latter there is one on sale at a time: its prices are those of a copy, with its own postage.
    """

    class Kind(models.TextChoices):
        SUBSCRIPTION = "subscription", "subscription"
        SINGLE = "single", "past issues, one by one"

    class Renewal(models.TextChoices):
        FIXED = "fixed", "fixed term"
        AUTOMATIC = "automatic", "renewed automatically"

    code = models.SlugField(max_length=40, unique=True)
    magazine = models.ForeignKey(Magazine, on_delete=models.PROTECT, related_name="offers")
    title = models.CharField(max_length=120)
    kind = Listed(max_length=12, choices=Kind.choices, default=Kind.SUBSCRIPTION)
    renewal = Listed(max_length=10, choices=Renewal.choices)
    copies = models.PositiveSmallIntegerField(default=4)
    months = models.PositiveSmallIntegerField(default=12)
    vat_category = models.CharField(max_length=20, default="press_print")
    on_sale_from = models.DateField()
    on_sale_to = models.DateField(null=True, blank=True, help_text="first day off sale")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(copies__gt=0), name="offer_copies"),
            models.CheckConstraint(
                condition=~models.Q(kind="single") | models.Q(renewal="fixed", copies=1),
                name="offer_single_is_one_copy",
            ),
            # A price is looked for by offer: two of them on sale would be two prices of one copy.
            ExclusionConstraint(
                name="offer_one_single_a_day",
                expressions=[
                    ("magazine", RangeOperators.EQUAL),
                    (DateRange("on_sale_from", "on_sale_to", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=models.Q(kind="single"),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Price(models.Model):
    """Amount incl. VAT and postage in one delivery zone; never edited, only succeeded (its ends may be set once).

    `valid_from` to `valid_to`: the days on which orders pay it. `renewals_from` to `renewals_to`: the R on which terms that
    renew themselves cost it, the same days where nothing else is said. `change`: the dated event that it came with.
    """

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="prices")
    delivery_zone = models.CharField(max_length=8)
    amount = euros()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True, help_text="first day it no longer holds")
    renewals_from = models.DateField(null=True, blank=True, help_text="first R that costs it; null: valid_from")
    renewals_to = models.DateField(null=True, blank=True, help_text="first R that no longer does; null: valid_to")
    change = models.ForeignKey("PriceChange", null=True, blank=True, on_delete=models.PROTECT, related_name="prices")

    objects: ClassVar[models.Manager[Price]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "price_eur"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="price_positive"),
            ExclusionConstraint(
                name="price_one_a_day",
                expressions=[
                    ("offer", RangeOperators.EQUAL),
                    ("delivery_zone", RangeOperators.EQUAL),
                    (
                        DateRange("valid_from", "valid_to", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            ExclusionConstraint(
                name="price_one_a_renewal",
                expressions=[
                    ("offer", RangeOperators.EQUAL),
                    ("delivery_zone", RangeOperators.EQUAL),
                    (
                        DateRange(
                            Coalesce("renewals_from", "valid_from"),
                            Coalesce("renewals_to", "valid_to"),
                            RangeBoundary(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=models.Q(renewals_from=None) | models.Q(renewals_from__gte=models.F("valid_from")),
                name="price_orders_first",
            ),
            models.CheckConstraint(
                condition=models.Q(renewals_from=None)
                | models.Q(valid_to=None)
                | models.Q(renewals_to__isnull=False)
                | models.Q(valid_to__gte=models.F("renewals_from")),
                name="price_ends_for_renewals",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.delivery_zone} {self.amount}"

    def renews_on(self, on: date) -> bool:
        """Whether a term that renews itself on day `on` costs this."""
        begins, ends = self.renewals_from or self.valid_from, self.renewals_to or self.valid_to
        return begins <= on and (ends is None or on < ends)


class LegalText(models.Model):
    """One version of one text (CGV, mentions légales, mandate…); evidence, found again by its hash."""

    code = models.CharField(max_length=30)
    language = models.CharField(max_length=5, default="fr")
    version = models.CharField(max_length=20)
    valid_from = models.DateField()
    title = models.CharField(max_length=200)
    html = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "language", "version"], name="legal_text_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"
