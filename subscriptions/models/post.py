"""Letters on paper, batch by batch; and what the mail providers tell afterwards of letters by e-mail."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.listed import Listed


class PostBatch(models.Model):
    """Letters printed together, as they were: the merged file, its pages, and the sheet to tick; evidence.

    The file is made of the letters' own documents and of nothing else, so that it can be made again to the byte.
    """

    reference = models.CharField(max_length=24, unique=True)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    letters = models.PositiveSmallIntegerField()
    pages = models.PositiveIntegerField(help_text="of the merged file, blank backs included")
    document = models.ForeignKey("payments.Document", on_delete=models.PROTECT, related_name="+")
    sheet = models.ForeignKey("payments.Document", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[PostBatch]] = models.Manager()

    def __str__(self) -> str:
        return self.reference


class PostBatchLetter(models.Model):
    """One letter of one batch, in its place. Only what became of it changes; a letter lies in one batch at a time."""

    class Outcome(models.TextChoices):
        TO_POST = "", "to post"
        POSTED = "posted", "posted"
        TAKEN_OUT = "taken_out", "taken out"

    batch = models.ForeignKey(PostBatch, on_delete=models.PROTECT, related_name="lines")
    place = models.PositiveSmallIntegerField()
    notice = models.ForeignKey("Notice", on_delete=models.PROTECT, related_name="batch_lines")
    document = models.ForeignKey("payments.Document", on_delete=models.PROTECT, related_name="+")
    pages = models.PositiveSmallIntegerField()
    outcome = Listed(max_length=9, choices=Outcome.choices, default=Outcome.TO_POST, blank=True)
    outcome_at = models.DateTimeField(null=True)
    proof = models.ForeignKey("NoticeProof", null=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[PostBatchLetter]] = models.Manager()

    class Meta:
        ordering = ["batch_id", "place"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "place"], name="batch_place_once"),
            models.UniqueConstraint(
                fields=["notice"], condition=~models.Q(outcome="taken_out"), name="batch_letter_in_one"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="posted", proof__isnull=False)
                | (~models.Q(outcome="posted") & models.Q(proof=None)),
                name="batch_posted_has_proof",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.place}"


class PaperLink(models.Model):
    """A short address that a letter on paper prints in the place of a long one that nobody could type.

    `path` is blanked when its reader has their data erased: the address leads nowhere then.
    """

    code = models.CharField(max_length=12, unique=True)
    path = models.TextField()
    notice = models.ForeignKey("Notice", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "path"], condition=~models.Q(path=""), name="paper_link_once")
        ]

    def __str__(self) -> str:
        return self.code


class LostMailbox(models.Model):
    """An e-mail address to which letters do not go any more: it is dead, or its owner called our letters spam.

    It names an address and no person: whoever has it later is concerned, and whoever gives another one is not.
    """

    class Kind(models.TextChoices):
        DEAD = "dead", "letters come back"
        COMPLAINED = "complained", "called spam"

    email = models.EmailField(max_length=254)
    kind = Listed(max_length=10, choices=Kind.choices)
    since = models.DateTimeField()
    notice = models.ForeignKey("Notice", null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=200, blank=True)

    objects: ClassVar[models.Manager[LostMailbox]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email", "kind"], condition=models.Q(ended_at=None), name="lost_mailbox_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} since {self.since:%Y-%m-%d}"


class MailEvent(models.Model):
    """What a mail provider, or a mail server by a notification of failure, told of one letter; stored once by its id."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered", "delivered"
        HARD = "hard", "came back for good"
        SOFT = "soft", "came back for now"
        COMPLAINT = "complaint", "called spam"
        OTHER = "other", "of no consequence"

    class State(models.TextChoices):
        STORED = "stored", "stored"
        APPLIED = "applied", "applied"
        IGNORED = "ignored", "ignored"

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255)
    kind = Listed(max_length=9, choices=Kind.choices)
    message_id = models.CharField(max_length=255, blank=True, help_text="the provider's id, or our Message-ID")
    token = models.CharField(max_length=64, blank=True, help_text="of the return address that the letter left with")
    detail = models.CharField(max_length=300, blank=True, help_text="codes and words of the other end; no address")
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    document = models.ForeignKey("payments.Document", on_delete=models.PROTECT, related_name="+", help_text="as heard")

    state = Listed(max_length=8, choices=State.choices, default=State.STORED)
    reason = models.CharField(max_length=200, blank=True)
    notice = models.ForeignKey("Notice", null=True, on_delete=models.PROTECT, related_name="mail_events")
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[MailEvent]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="mail_event_once")]
        indexes = [
            models.Index(fields=["received_at"], condition=models.Q(state="stored"), name="mail_event_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"


class MailEventCount(models.Model):
    """How many knocks at the door of returns a day brought that stored nothing: forged, or told before."""

    on = models.DateField()
    provider = models.CharField(max_length=20)
    what = models.CharField(max_length=10, help_text="forged, repeated, unreadable")
    count = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[MailEventCount]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["on", "provider", "what"], name="mail_event_count_once")]

    def __str__(self) -> str:
        return f"{self.on} {self.provider} {self.what} {self.count}"
