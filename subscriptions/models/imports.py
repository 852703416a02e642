"""Imports: files of running subscribers from another house, what was read of each line, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.listed import Listed


class ImportFile(models.Model):
    """One file, as it was handed in, with the totals that the former house declares. States move in
    `subscriptions.importing.moving`.

    The bytes are not kept: they are other people's addresses. Their hash is, and a line's own hash says whether it
    comes again. Before `charge_from` nobody of it is charged (migration 0019 refuses).
    """

    class State(models.TextChoices):
        TO_CHECK = "to_check", "being read"
        CHECKED = "checked", "read"
        APPROVED = "approved", "approved: being let in"
        LET_IN = "let_in", "let in"
        DISCARDED = "discarded", "put aside"

    source = models.SlugField(max_length=40, help_text="the house that the readers come from")
    name = models.CharField(max_length=120, help_text="of the file")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(help_text="bytes")
    lines_total = models.PositiveIntegerField(help_text="subscribers in it")
    lines_declared = models.PositiveIntegerField()
    copies_declared = models.PositiveIntegerField(help_text="copies owed")
    deferred_declared = models.DecimalField(
        max_digits=12, decimal_places=2, help_text="value of the copies owed, without VAT"
    )
    charge_from = models.DateField(help_text="nobody of this file is charged before it")
    letters = models.BooleanField(help_text="each payer is told that this shop serves them now")
    state = Listed(max_length=9, choices=State.choices, default=State.TO_CHECK)
    state_since = models.DateTimeField()
    checked_on = models.DateField(null=True, help_text="what was read holds for this day")
    alone = models.BooleanField(default=False, help_text="approved by the one who handed it in")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[ImportFile]] = models.Manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sha256"], condition=~models.Q(state="discarded"), name="import_file_once"
            ),
            models.CheckConstraint(condition=~models.Q(source__in=["", "shop", "gift"]), name="import_file_elsewhere"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["checked", "approved", "let_in"]) | models.Q(checked_on__isnull=False),
                name="import_file_checked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.name}"


class ImportFileEvent(models.Model):
    """One step of one file, with the totals that stood before whoever took it; evidence."""

    file = models.ForeignKey(ImportFile, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=9, blank=True)
    to_state = models.CharField(max_length=9)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    figures = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class ImportRow(models.Model):
    """One line of one file: what it said as long as it waits, and for good what it was worth and what became of it.

    `fingerprint`: hash of everything that it said, so that the same line is known again when nothing else is kept.
    `faults` and `warnings`: a list of {column, code, sentence}. `term`: what it became.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", "to be read"
        READY = "ready", "to be let in"
        FAULTY = "faulty", "faulty"
        KNOWN = "known", "here already, the same"
        DIFFERENT = "different", "here already, and said otherwise"
        LET_IN = "let_in", "let in"

    file = models.ForeignKey(ImportFile, on_delete=models.PROTECT, related_name="rows")
    line = models.PositiveIntegerField(help_text="in the file; the heads are line 1")
    foreign_ref = models.CharField(max_length=60, blank=True)
    fingerprint = models.CharField(max_length=64)
    cells = models.JSONField(default=dict, help_text="by column; emptied once it is let in or put aside")
    outcome = Listed(max_length=9, choices=Outcome.choices, default=Outcome.WAITING)
    faults = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    copies_left = models.PositiveIntegerField(null=True, help_text="of all issues to come")
    deferred = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, help_text="of the copies left, without VAT"
    )
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    term = models.OneToOneField("Term", null=True, on_delete=models.PROTECT, related_name="taken_over")

    objects: ClassVar[models.Manager[ImportRow]] = models.Manager()

    class Meta:
        ordering = ["file_id", "line"]
        constraints = [
            models.UniqueConstraint(fields=["file", "line"], name="import_row_once"),
            # What was let in is a subscription, and is kept nowhere else.
            models.CheckConstraint(
                condition=models.Q(
                    outcome="let_in",
                    term__isnull=False,
                    cells={},
                    copies_left__isnull=False,
                    deferred__isnull=False,
                    vat_rate__isnull=False,
                )
                | (~models.Q(outcome="let_in") & models.Q(term=None)),
                name="import_row_let_in_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["file", "outcome", "line"], name="import_row_outcome"),
            models.Index(fields=["foreign_ref"], condition=models.Q(outcome="let_in"), name="import_row_known"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.line}"
