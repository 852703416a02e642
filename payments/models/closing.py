"""Closings: numbers of entries, closed days and periods, what was re-opened; seals, technical journal, files kept for years."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.listed import Listed


class EntrySeries(models.Model):
    """The counter of accounting entries of one civil year; locked while numbers are given."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last_number = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[EntrySeries]] = models.Manager()

    def __str__(self) -> str:
        return str(self.year)


class EntryNumber(models.Model):
    """The number of an entry in the year that it is booked in, given when a day was closed; evidence."""

    entry = models.OneToOneField("LedgerEntry", primary_key=True, on_delete=models.PROTECT, related_name="numbered")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    validated_on = models.DateField(help_text="the day whose closing gave the number (ValidDate)")

    objects: ClassVar[models.Manager[EntryNumber]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="entry_number_once"),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="entry_number_positive"),
        ]
        indexes = [models.Index(fields=["validated_on"], name="entry_number_day")]

    def __str__(self) -> str:
        return f"{self.year}-{self.number}"


class DayClosing(models.Model):
    """One closed day: what it numbered, its totals, those of its month and year and of all times, chained; evidence.

    Money counts on the day whose closing numbered its entry (law.md 2.4, 3): what is known late is in a later day, and no
    total ever changes.
    """

    day = models.DateField(unique=True)
    entries = models.PositiveIntegerField()
    debit = models.DecimalField(max_digits=14, decimal_places=2)
    credit = models.DecimalField(max_digits=14, decimal_places=2)
    numbers = models.JSONField(help_text="first and last number given, by year")
    received = models.DecimalField(max_digits=14, decimal_places=2)
    given_back = models.DecimalField(max_digits=14, decimal_places=2)
    month_received = models.DecimalField(max_digits=14, decimal_places=2)
    year_received = models.DecimalField(max_digits=14, decimal_places=2)
    ever_received = models.DecimalField(max_digits=16, decimal_places=2)
    ever_given_back = models.DecimalField(max_digits=16, decimal_places=2)
    rows_hash = models.CharField(max_length=64)
    heads = models.JSONField(
        default=dict, help_text="place and hash of the last link of each chain, number and hash of each invoice series"
    )
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[DayClosing]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(debit=models.F("credit")), name="day_closing_balances"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class PeriodClosing(models.Model):
    """A month or a year signed by name, with its checklist and figures as they were then; evidence.

    Closed while no `Reopening` names it. Signed again after that, it is the next version.
    """

    class Kind(models.TextChoices):
        MONTH = "month", "month"
        YEAR = "year", "year"

    kind = Listed(max_length=5, choices=Kind.choices)
    first_day = models.DateField()
    last_day = models.DateField()
    version = models.PositiveSmallIntegerField()
    checks = models.JSONField()
    figures = models.JSONField()
    sha256 = models.CharField(max_length=64)
    signed_by = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[PeriodClosing]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "first_day", "version"], name="period_closing_once"),
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="period_closing_days"),
        ]
        indexes = [models.Index(fields=["last_day"], name="period_closing_until")]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_day} v{self.version}"


class ClosingTick(models.Model):
    """One line of a checklist answered for by a person, for what it had found then; evidence.

    For one version: what is signed again is looked at again. Answered again where more was found since: the next turn.
    """

    kind = Listed(max_length=5, choices=PeriodClosing.Kind.choices)
    first_day = models.DateField()
    version = models.PositiveSmallIntegerField()
    line = models.CharField(max_length=40)
    turn = models.PositiveSmallIntegerField(default=1)
    count = models.PositiveIntegerField(null=True, help_text="how many had been found; none where only a person sees")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[ClosingTick]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "first_day", "version", "line", "turn"], name="closing_tick_once"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="closing_tick_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_day} {self.line}"


class ReopeningAsked(models.Model):
    """Somebody wants a closed period open again, and says why; evidence. It lapses where nobody says yes in time."""

    closing = models.ForeignKey(PeriodClosing, on_delete=models.PROTECT, related_name="requests_to_reopen")
    asked_by = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[ReopeningAsked]] = models.Manager()

    def __str__(self) -> str:
        return str(self.closing)


class Reopening(models.Model):
    """A period open again, by the yes of a second person, or of the same one alone with its mark; evidence."""

    asked = models.OneToOneField(ReopeningAsked, on_delete=models.PROTECT, related_name="reopening")
    closing = models.OneToOneField(PeriodClosing, on_delete=models.PROTECT, related_name="reopening")
    agreed_by = models.CharField(max_length=80)
    alone = models.BooleanField()
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Reopening]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(alone=False) | ~models.Q(reason=""), name="reopening_alone_says_why"
            ),
        ]

    def __str__(self) -> str:
        return str(self.closing)


class Anchor(models.Model):
    """The hash of a closed day on its way out of this house, by a message to whoever keeps it (law.md 2.4, 1).

    Claimed before the message is handed over, and again where nobody has seen the end of it: twice does no harm.
    """

    closing = models.OneToOneField(DayClosing, on_delete=models.PROTECT, related_name="anchor")
    made_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    sent_to = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[Anchor]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at=None) | ~models.Q(sent_to=""), name="anchor_sent_to_somebody"
            ),
        ]

    def __str__(self) -> str:
        return str(self.closing)


class SealedRow(models.Model):
    """One link of one chain of seals: hash of the link before it and of the row it seals; evidence (law.md 2.4, 1)."""

    class Chain(models.TextChoices):
        PAYMENTS = "payments", "steps of payments"
        REFUNDS = "refunds", "steps of refunds"
        LEDGER = "ledger", "ledger entries"
        TICKS = "ticks", "answers on checklists"
        PERIODS = "periods", "signatures of months and years"
        ASKED = "asked", "requests to open again"
        REOPENED = "reopened", "periods opened again"
        JOURNAL = "journal", "the technical journal"
        FILES = "files", "files kept for the accountant"
        DAYS = "days", "closed days"

    chain = Listed(max_length=8, choices=Chain.choices)
    position = models.PositiveBigIntegerField()
    row = models.PositiveBigIntegerField(help_text="key of the row that is sealed")
    row_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[SealedRow]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "position"], name="seal_one_per_place"),
            models.UniqueConstraint(fields=["chain", "row"], name="seal_one_per_row"),
        ]

    def __str__(self) -> str:
        return f"{self.chain} {self.position}"


class TechnicalEvent(models.Model):
    """What happened to the software that books money: a version started, a setting changed, a clock that jumped; evidence."""

    class Kind(models.TextChoices):
        VERSION = "version", "version started"
        SETTING = "setting", "setting that touches money changed"
        CLOCK = "clock", "the clock jumped"
        RESTORE = "restore", "the database was restored"

    kind = Listed(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=80)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[TechnicalEvent]] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "name"], name="technical_event_name")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class KeptFile(models.Model):
    """A file for the accountant or the tax office as it was made: its hash, and the documents that it lies in; evidence."""

    class Kind(models.TextChoices):
        FEC = "fec", "FEC"
        ARCHIVE = "archive", "archive of a year"
        EXPORT = "export", "export of a signed period"

    kind = Listed(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=100)
    year = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    lines = models.PositiveIntegerField(default=0)
    parts = models.JSONField(help_text="hashes of the documents, in order")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[KeptFile]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year", "sha256"], name="kept_file_once")]

    def __str__(self) -> str:
        return self.name
