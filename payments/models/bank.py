"""What our bank says: its statements, their lines, and what each line was; evidence.

A line keeps how much of it is unexplained (`left`); the database compares it at every commit that explains some of it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from payments.models.listed import Listed


class BankAccount(models.Model):
    """An account of ours. Whoever lets a statement in locks it, so that two colleagues let the same one in once."""

    iban = models.CharField(max_length=34, unique=True)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[BankAccount]] = models.Manager()

    def __str__(self) -> str:
        return self.iban


class CsvProfile(models.Model):
    """How one bank writes its CSV; finance's data. Columns are found by the names in the file's own head line."""

    class Decimal(models.TextChoices):
        COMMA = ",", "27,60"
        POINT = ".", "27.60"

    name = models.CharField(max_length=60, unique=True)
    separator = models.CharField(max_length=1, default=";")
    encoding = models.CharField(max_length=20, default="utf-8")
    decimal = Listed(max_length=1, choices=Decimal.choices, default=Decimal.COMMA)
    date_format = models.CharField(max_length=20, default="%d/%m/%Y")
    booked_on = models.CharField(max_length=80)
    value_on = models.CharField(max_length=80, blank=True)
    text = models.CharField(max_length=300, help_text="one column, or several with a | between them")
    amount = models.CharField(max_length=80, blank=True)
    debit = models.CharField(max_length=80, blank=True)
    credit = models.CharField(max_length=80, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    counterparty = models.CharField(max_length=80, blank=True)
    balance = models.CharField(max_length=80, blank=True, help_text="balance after each line")
    actor = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[CsvProfile]] = models.Manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=(~Q(amount="") & Q(debit="") & Q(credit="")) | (Q(amount="") & ~Q(debit="") & ~Q(credit="")),
                name="csv_profile_one_way_of_amounts",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BankStatement(models.Model):
    """One statement as the bank gave it: from one balance to another, by its lines. Its file is kept."""

    class Format(models.TextChoices):
        CAMT = "camt.053", "camt.053"
        MT940 = "mt940", "MT940"
        CSV = "csv", "CSV"

    reference = models.CharField(max_length=24, unique=True)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="statements")
    document = models.ForeignKey("Document", on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField(help_text="which of the statements in its file")
    format = Listed(max_length=8, choices=Format.choices)
    file_name = models.CharField(max_length=120)
    identifier = models.CharField(max_length=80, blank=True, help_text="the bank's own")
    sequence = models.CharField(max_length=20, blank=True)
    opened_on = models.DateField()
    closed_on = models.DateField()
    opening = models.DecimalField(max_digits=14, decimal_places=2)
    closing = models.DecimalField(max_digits=14, decimal_places=2)
    lines_count = models.PositiveIntegerField()
    reading = models.JSONField(default=dict, help_text="what was not in the file: the CSV profile, balances typed")
    warnings = models.JSONField(default=list, help_text="what whoever let it in had been told")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[BankStatement]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "place"], name="bank_statement_file_once"),
            models.UniqueConstraint(
                fields=["account", "identifier", "sequence", "closed_on"],
                condition=~Q(identifier=""),
                name="bank_statement_once",
            ),
            models.CheckConstraint(condition=Q(closed_on__gte=F("opened_on")), name="bank_statement_days"),
        ]
        indexes = [models.Index(fields=["account", "closed_on"], name="bank_statement_day")]

    def __str__(self) -> str:
        return self.reference


class BankLine(models.Model):
    """One line of a statement, signed: what came is positive. Only `left` moves, and by matches alone."""

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+")
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    place = models.PositiveIntegerField()
    booked_on = models.DateField()
    value_on = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    nth = models.PositiveIntegerField(help_text="which of the lines of this amount on that day")
    text = models.TextField(blank=True)
    counterparty = models.CharField(max_length=140, blank=True)
    counterparty_end = models.CharField(max_length=4, blank=True, help_text="last four signs of its account")
    bank_reference = models.CharField(max_length=80, blank=True)
    end_to_end = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text="the bank's code for this kind of line")
    reversal = models.BooleanField(default=False)
    batch = models.BooleanField(default=False, help_text="one of several that the bank booked as one")
    left = models.DecimalField(max_digits=14, decimal_places=2, help_text="what nothing explains yet")

    objects: ClassVar[models.Manager[BankLine]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(currency="EUR"), name="bank_line_eur"),
            models.UniqueConstraint(fields=["statement", "place"], name="bank_line_place"),
            models.UniqueConstraint(fields=["account", "booked_on", "amount", "nth"], name="bank_line_once"),
        ]
        indexes = [
            models.Index(fields=["booked_on", "id"], condition=~Q(left=0), name="bank_line_unexplained"),
            models.Index(fields=["end_to_end"], condition=~Q(end_to_end=""), name="bank_line_end_to_end"),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id}/{self.place}"

    @property
    def subject(self) -> str:
        """Name of this line on desks and acts."""
        return f"bank_line:{self.pk}"


class BankRule(models.Model):
    """What lines of some label are, on our accounts; finance's data. A rule is ended and followed, never edited."""

    class Side(models.TextChoices):
        OUT = "out", "debits"
        IN = "in", "credits"

    words = models.CharField(max_length=120, help_text="all of these words, in this order, stand in the label")
    side = Listed(max_length=3, choices=Side.choices)
    most = models.DecimalField(max_digits=12, decimal_places=2, help_text="larger lines are left to a person")
    key = models.CharField(max_length=20, help_text="key of the account, as in the map")
    valid_from = models.DateField()
    ended_on = models.DateField(null=True, blank=True, help_text="lines booked from this day on are no longer meant")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[BankRule]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(most__gt=0), name="bank_rule_most"),
            models.CheckConstraint(condition=~Q(words=""), name="bank_rule_says_something"),
            models.UniqueConstraint(
                fields=["words", "side"], condition=Q(ended_on__isnull=True), name="bank_rule_one_living"
            ),
        ]

    def __str__(self) -> str:
        return self.words


class BankMatch(models.Model):
    """What a line, or a part of it, was; inserted only. Another row of the opposite amount undoes one.

    `source` is that of the ledger entry that carries the amount on 512; "" where the shop books nothing of it.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "a transfer that pays invoices"
        TRANSFER = "transfer", "a refund of ours by transfer"
        TRANSFER_BACK = "transfer_back", "a refund of ours that came back"
        RULE = "rule", "by a rule"
        BOOKED = "booked", "on an account, by hand"
        CHARGES = "charges", "what a bank kept of a transfer"
        PAYOUT = "payout", "a payout of Stripe's"
        ORDER = "order", "a transfer that pays an order"
        DEPOSIT = "deposit", "cheques deposited"
        BOUNCED = "bounced", "a cheque that came back unpaid"
        NOT_OURS = "not_ours", "not the shop's"

    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="matches")
    kind = Listed(max_length=13, choices=Kind.choices)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    source = models.CharField(max_length=80, blank=True)
    because = models.JSONField(default=list, help_text="reasons by code, with what they name")
    automatic = models.BooleanField(default=False)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[BankMatch]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="bank_match_of_something"),
            models.CheckConstraint(
                condition=Q(kind="not_ours", source="") | (~Q(kind="not_ours") & ~Q(source="")),
                name="bank_match_booked_or_not_ours",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="bank_match_has_reason"),
        ]
        indexes = [models.Index(fields=["source"], condition=~Q(source=""), name="bank_match_source")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
