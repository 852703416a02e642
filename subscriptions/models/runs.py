"""Mailing runs: the closed set of copies that a mailing house gets, line by line, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class MailingHouse(models.Model):
    """How one mailing house wants its file, and how a run of this magazine is approved; evidence: succeeded, never edited.

    The last row of a magazine is the one in force; a run names the row it was closed under, so that its file can be made
    again to the byte. `columns`: keys of `subscriptions.fulfilment.columns`, in order.
    """

    magazine = models.ForeignKey("Magazine", on_delete=models.PROTECT, related_name="mailing_houses")
    name = models.CharField(max_length=120)
    separator = models.CharField(max_length=1, default=";")
    encoding = models.CharField(max_length=12, default="cp1252")
    columns = models.JSONField(default=list)
    with_header = models.BooleanField(default=True)
    overrun_percent = models.DecimalField(max_digits=4, decimal_places=1, default=5)
    weight_g = models.PositiveSmallIntegerField(default=250, help_text="of a copy")
    service_level = models.CharField(max_length=12, default="economique")
    deposit_site = models.CharField(max_length=80, blank=True)
    second_person = models.BooleanField(default=True, help_text="a run is approved by somebody else than who asked")
    alone_after_minutes = models.PositiveIntegerField(default=240, help_text="who is alone waits so long")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[MailingHouse]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(encoding__in=["cp1252", "utf-8"]), name="house_encoding"),
            models.CheckConstraint(condition=Q(separator__in=[";", ",", "|", "\t"]), name="house_separator"),
        ]

    def __str__(self) -> str:
        return self.name


class FreeCopy(models.Model):
    """Copies that nobody pays for: complimentary, vouchers, and the addresses by which we watch the mailing house.

    Outside paid circulation and outside 4871 (law.md 7.6, 8.1). Its facts stay; it ends by a dated end.
    """

    class Kind(models.TextChoices):
        FREE = "free", "complimentary"
        PROOF = "proof", "voucher copy"
        SEED = "seed", "test address"

    magazine = models.ForeignKey("Magazine", on_delete=models.PROTECT, related_name="free_copies")
    kind = Listed(max_length=5, choices=Kind.choices)
    number = models.CharField(max_length=10, unique=True, help_text="printed on the label as a subscriber's is")
    address = models.ForeignKey("PostalAddress", on_delete=models.PROTECT, related_name="+")
    copies = models.PositiveSmallIntegerField(default=1)
    from_number = models.PositiveIntegerField(help_text="first issue")
    until_number = models.PositiveIntegerField(null=True, blank=True, help_text="last issue")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)

    objects: ClassVar[models.Manager[FreeCopy]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(copies__gt=0), name="free_copy_some"),
            models.CheckConstraint(
                condition=Q(until_number=None) | Q(until_number__gte=models.F("from_number")), name="free_copy_numbers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class MailingRun(models.Model):
    """One closed set of copies of one issue: the file of the issue, what follows it, or what is sent again.

    Asked for by one person and closed by another; from then on its lines, counts and hash are evidence. States move in
    `subscriptions.fulfilment.moving`.
    """

    class Kind(models.TextChoices):
        MAIN = "main", "main file"
        COMPLEMENT = "complement", "complement"
        RESEND = "resend", "sent again"

    class State(models.TextChoices):
        ASKED = "asked", "asked for"
        CLOSED = "closed", "closed"
        HANDED_OVER = "handed_over", "handed over"
        POSTED = "posted", "posted"
        DROPPED = "dropped", "given up"

    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="runs")
    house = models.ForeignKey(MailingHouse, on_delete=models.PROTECT, related_name="runs")
    kind = Listed(max_length=10, choices=Kind.choices)
    sequence = models.PositiveSmallIntegerField(help_text="1, 2, 3… of its issue")
    state = Listed(max_length=12, choices=State.choices, default=State.ASKED)

    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    asked_because = models.CharField(max_length=200, blank=True)

    closed_by = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_alone = models.BooleanField(default=False, help_text="by the one who asked, with a reason and after a delay")
    closed_because = models.CharField(max_length=200, blank=True)
    deposit_on = models.DateField(null=True, help_text="planned day of posting, as the file says it")
    dispatches = models.PositiveIntegerField(null=True)
    copies = models.PositiveIntegerField(null=True)
    counts = models.JSONField(default=dict, help_text="copies and lines by zone, country and kind; first and last key")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the address file")
    size = models.PositiveBigIntegerField(null=True, help_text="of the address file, in bytes")

    handed_over_at = models.DateTimeField(null=True)
    handed_over_by = models.CharField(max_length=80, blank=True)
    handed_over_how = models.CharField(max_length=12, blank=True)
    received_copies = models.PositiveIntegerField(null=True, help_text="as the mailing house counts them")
    received_at = models.DateTimeField(null=True)
    received_by = models.CharField(max_length=80, blank=True)

    posted_on = models.DateField(null=True)
    statement = models.ForeignKey(
        "payments.Document", null=True, on_delete=models.PROTECT, related_name="+", help_text="the postal statement"
    )

    objects: ClassVar[models.Manager[MailingRun]] = models.Manager()

    class Meta:
        ordering = ["issue_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "sequence"], name="run_sequence_once"),
            models.UniqueConstraint(
                fields=["issue"], condition=Q(kind="main") & ~Q(state="dropped"), name="run_main_once"
            ),
            # One at a time of each kind may wait for its second person.
            models.UniqueConstraint(fields=["issue", "kind"], condition=Q(state="asked"), name="run_asked_once"),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "dropped"], closed_at=None, dispatches=None, sha256="")
                | (
                    Q(state__in=["closed", "handed_over", "posted"], closed_at__isnull=False)
                    & Q(dispatches__isnull=False, copies__isnull=False, size__isnull=False, deposit_on__isnull=False)
                    & ~Q(sha256="")
                    & ~Q(closed_by="")
                ),
                name="run_closed_whole",
            ),
            models.CheckConstraint(
                condition=Q(closed_alone=True) | Q(closed_by="") | ~Q(closed_by=models.F("asked_by")),
                name="run_two_people",
            ),
            models.CheckConstraint(condition=Q(closed_alone=False) | ~Q(closed_because=""), name="run_alone_says_why"),
            models.CheckConstraint(
                condition=~Q(state="posted") | Q(posted_on__isnull=False, received_copies=models.F("copies")),
                name="run_posted_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.issue_id}/{self.sequence}"


class MailingRunEvent(models.Model):
    """One step of one run; evidence."""

    run = models.ForeignKey(MailingRun, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[MailingRunEvent]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Dispatch(models.Model):
    """One line of one run: so many copies to one frozen address; evidence.

    The address is a row that is only ever succeeded, so naming it freezes it; what the law makes us forget is blanked
    there and nowhere else. `key` is what the mailing house gives back with whatever returns.
    """

    class Kind(models.TextChoices):
        SUBSCRIPTION = "ABO", "subscription"
        GIFT = "GFT", "gift"
        FREE = "GRA", "complimentary"
        PROOF = "JUS", "voucher copy"
        CLAIM = "RCL", "sent again"
        SINGLE = "VAN", "sold singly"

    run = models.ForeignKey(MailingRun, on_delete=models.PROTECT, related_name="lines")
    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="dispatches")
    place = models.PositiveIntegerField(help_text="1 to n in the file")
    key = models.CharField(max_length=20, unique=True)
    kind = Listed(max_length=3, choices=Kind.choices)
    subscription = models.ForeignKey("Subscription", null=True, on_delete=models.PROTECT, related_name="dispatches")
    entitlement = models.ForeignKey("Entitlement", null=True, on_delete=models.PROTECT, related_name="dispatches")
    free_copy = models.ForeignKey(FreeCopy, null=True, on_delete=models.PROTECT, related_name="dispatches")
    sold = models.ForeignKey("SoldIssue", null=True, on_delete=models.PROTECT, related_name="dispatches")
    restored = models.ForeignKey(
        "RestoredEscrow",
        null=True,
        on_delete=models.PROTECT,
        related_name="lines",
        help_text="only in a copy of the shop",
    )
    number = models.CharField(max_length=10, help_text="as printed on the label")
    contract = models.CharField(max_length=16, help_text="the number and the term, or the order, that it belongs to")
    address = models.ForeignKey("PostalAddress", on_delete=models.PROTECT, related_name="dispatches")
    copies = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=4)
    last_number = models.PositiveIntegerField(null=True, help_text="of the subscription; null: not planned yet")
    copies_left = models.PositiveSmallIntegerField(null=True, help_text="issues to come after this one")
    insert_code = models.CharField(max_length=4, blank=True, help_text="sheet that goes with it; R0: the last copy")

    objects: ClassVar[models.Manager[Dispatch]] = models.Manager()

    class Meta:
        ordering = ["run_id", "place"]
        constraints = [
            models.UniqueConstraint(fields=["run", "place"], name="dispatch_place_once"),
            # COPIES: per subscription and issue one main dispatch at most, whichever run it leaves with.
            models.UniqueConstraint(
                fields=["subscription", "issue"], condition=~Q(kind="RCL"), name="dispatch_main_once"
            ),
            models.UniqueConstraint(fields=["entitlement"], condition=~Q(kind="RCL"), name="dispatch_copy_once"),
            models.UniqueConstraint(fields=["free_copy", "issue"], name="dispatch_free_once"),
            models.UniqueConstraint(fields=["sold"], name="dispatch_sold_once"),
            models.CheckConstraint(condition=Q(copies__gt=0), name="dispatch_some"),
            models.CheckConstraint(
                condition=Q(
                    free_copy=None, sold=None, restored=None, subscription__isnull=False, entitlement__isnull=False
                )
                | Q(free_copy__isnull=False, sold=None, restored=None, subscription=None, entitlement=None)
                | Q(sold__isnull=False, free_copy=None, restored=None, subscription=None, entitlement=None)
                | Q(restored__isnull=False, free_copy=None, sold=None, subscription=None, entitlement=None),
                name="dispatch_for_one",
            ),
        ]
        indexes = [models.Index(fields=["subscription", "issue"], name="dispatch_of_subscription")]

    def __str__(self) -> str:
        return self.key
