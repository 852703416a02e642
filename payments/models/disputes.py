"""Disputes: charges that their holder contests at the bank, with every step of each, and what was answered."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed


class Dispute(models.Model):
    """One contestation of one payment at its bank, as Stripe tells of it. State changes only in `payments.disputing`.

    `status` is Stripe's own word for where it stands. `taken` and `returned`: what left our balance because of it and what came back, in euros; booked as they are heard.
    `settled_at`: when its end was carried out. Until then the payment is disputed, whatever the bank has decided.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        WON = "won", "ended without loss"
        LOST = "lost", "lost"

    stripe_dispute = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey("Payment", on_delete=models.PROTECT, related_name="disputes")
    amount = euros()
    reason = models.CharField(max_length=60, blank=True, help_text="Stripe's word")
    opened_at = models.DateTimeField()
    respond_by = models.DateTimeField(null=True)
    status = models.CharField(max_length=40, blank=True, default="", help_text="Stripe's word, as last heard")
    submissions = models.PositiveSmallIntegerField(default=0, help_text="how often it was answered, by Stripe's count")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="disputes"
    )
    state = Listed(max_length=4, choices=State.choices, default=State.OPEN)
    state_since = models.DateTimeField()
    taken = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    returned = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    cleared = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text="of credit notes, which the bank has given back in our place",
    )
    credit_note = models.OneToOneField("Invoice", null=True, on_delete=models.PROTECT, related_name="dispute")
    settled_at = models.DateTimeField(null=True)
    looked_up_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Dispute]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "dispute_eur"),
            models.CheckConstraint(
                condition=models.Q(
                    amount__gt=0, taken__gte=0, returned__gte=0, cleared__gte=0, cleared__lte=models.F("taken")
                ),
                name="dispute_amounts",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at=None) | ~models.Q(state="open"), name="dispute_settled_once_decided"
            ),
        ]
        indexes = [
            models.Index(fields=["payment"], condition=models.Q(settled_at=None), name="dispute_not_settled"),
            # Which wait for an answer, and until when (`payments.answering.deadlines`).
            models.Index(fields=["respond_by"], condition=models.Q(state="open"), name="dispute_to_answer"),
        ]

    def __str__(self) -> str:
        return self.stripe_dispute


class DisputeEvent(models.Model):
    """One step of one dispute; evidence."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=4, blank=True)
    to_state = models.CharField(max_length=4)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class DisputePackage(models.Model):
    """What could be shown to a bank about one dispute, frozen at a person's click; evidence.

    `source` is everything that `document`, the PDF, was set from, and the texts that go beside it: the same PDF can be made
    of it again, to the byte. Bodies lie under their hash (design, rule 9).
    """

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="packages")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3… of its dispute")
    source = models.ForeignKey("Document", on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey("Document", on_delete=models.PROTECT, related_name="+")
    pages = models.PositiveSmallIntegerField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[DisputePackage]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["dispute", "number"], name="package_number_once"),
            models.CheckConstraint(condition=Q(pages__gt=0), name="package_pages"),
        ]

    def __str__(self) -> str:
        return f"{self.dispute_id}/{self.number}"


class DisputeAnswer(models.Model):
    """The answer to one dispute: a package that is submitted, or that the holder is right. Final once it was sent.

    Written down before Stripe is asked (design, rule 2). State changes only in `payments.answering.moving`. One that stands
    for each phase: an inquiry that was answered may become a dispute, and is answered again.
    """

    class Kind(models.TextChoices):
        EVIDENCE = "evidence", "contested"
        ACCEPT = "accept", "accepted"

    class Phase(models.TextChoices):
        INQUIRY = "inquiry", "inquiry"
        DISPUTE = "dispute", "dispute"

    class State(models.TextChoices):
        CREATED = "created", "to be sent"
        UNKNOWN = "unknown", "no answer from Stripe"
        SENT = "sent", "sent"
        FAILED = "failed", "refused"

    reference = models.CharField(max_length=24, unique=True)
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="answers")
    phase = Listed(max_length=8, choices=Phase.choices)
    kind = Listed(max_length=8, choices=Kind.choices)
    package = models.ForeignKey(DisputePackage, null=True, on_delete=models.PROTECT, related_name="answers")
    state = Listed(max_length=8, choices=State.choices, default=State.CREATED)
    state_since = models.DateTimeField()
    failure = models.CharField(max_length=60, blank=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    file_key = models.CharField(max_length=64, unique=True, help_text="the idempotency key of the file")
    stripe_file = models.CharField(max_length=255, blank=True)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[DisputeAnswer]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "phase"], condition=~Q(state="failed"), name="answer_one_that_stands"
            ),
            # That the package is the dispute's own is in migration 0019.
            models.CheckConstraint(
                condition=Q(kind="evidence", package__isnull=False) | Q(kind="accept", package=None),
                name="answer_has_its_package",
            ),
        ]
        indexes = [
            models.Index(fields=["called_at"], condition=Q(state__in=["created", "unknown"]), name="answer_to_send"),
        ]

    def __str__(self) -> str:
        return self.reference


class DisputeAnswerEvent(models.Model):
    """One step of one answer; evidence."""

    answer = models.ForeignKey(DisputeAnswer, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=8, blank=True)
    to_state = models.CharField(max_length=8)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[DisputeAnswerEvent]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
