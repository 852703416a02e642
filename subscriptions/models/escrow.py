"""The escrow: what was written each night so that any house could post the next issue, and whether it was ever tried."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class Escrow(models.Model):
    """The escrow file of one night: an effect outside the database, and so a row (design, rule 10).

    Once it is done nothing of it changes but the day on which its file was removed (a trigger of migration 0023). The file
    lies in `settings.ESCROW_FOLDER`, enveloped for the holders; what the row keeps of it are figures and hashes.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        IN_FLIGHT = "in_flight", "being written"
        DONE = "done", "written"
        FAILED = "failed", "failed"

    night = models.DateField(unique=True, help_text="the day in Paris whose state it holds")
    state = Listed(max_length=9, choices=State.choices, default=State.QUEUED)
    state_since = models.DateTimeField()
    due_at = models.DateTimeField(help_text="not tried before")
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(
        max_length=40, blank=True, help_text="of the last try: a word of escrow.keeping, or a type"
    )

    name = models.CharField(max_length=80, blank=True, help_text="of the file in its folder")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the file as it lies there")
    size = models.PositiveBigIntegerField(null=True)
    content_sha256 = models.CharField(max_length=64, blank=True, help_text="of the archive inside the envelope")
    lines = models.PositiveIntegerField(null=True)
    copies = models.PositiveIntegerField(null=True)
    counts = models.JSONField(
        default=list, help_text="each address file: name, issue, lines, copies, hash, whether true"
    )
    holders = models.JSONField(default=list, help_text="who can open it: name and fingerprint of each certificate")
    made_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True, help_text="kept so many nights only")

    objects: ClassVar[models.Manager[Escrow]] = models.Manager()

    class Meta:
        ordering = ["-night"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done")
                | (
                    Q(made_at__isnull=False, size__gt=0, lines__isnull=False, copies__isnull=False)
                    & ~Q(name="")
                    & ~Q(sha256="")
                    & ~Q(content_sha256="")
                    & ~Q(holders=[])
                ),
                name="escrow_done_whole",
            ),
            models.CheckConstraint(condition=Q(removed_at=None) | Q(state="done"), name="escrow_removed_was_there"),
        ]

    def __str__(self) -> str:
        return f"{self.night:%Y-%m-%d} {self.state}"


class EscrowRehearsal(models.Model):
    """One try to use an escrow file, by the clock or by a person; evidence."""

    class Kind(models.TextChoices):
        OPENED = "opened", "opened with the key of rehearsals and looked through"
        RESTORED = "restored", "restored by somebody into an empty database"

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="rehearsals")
    kind = Listed(max_length=8, choices=Kind.choices)
    succeeded = models.BooleanField()
    facts = models.JSONField(default=dict, help_text="figures; a word for what was wrong")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[EscrowRehearsal]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.escrow_id} {self.kind}"


class RestoredEscrow(models.Model):
    """The escrow file that an empty database was filled from; evidence. There is none where the shop itself lives.

    Its lines name nobody's subscription: who paid for them is not in the file.
    """

    sha256 = models.CharField(max_length=64, unique=True, help_text="of the archive inside the envelope")
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[RestoredEscrow]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d}"
