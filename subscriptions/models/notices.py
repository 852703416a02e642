"""Letters to people: what is due, what was sent, and the proof."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from payments.models.listed import Listed


class Notice(models.Model):
    """One message to one person about one matter; queued with the fact it tells, delivered after the commit.

    `matter` is unique: the same fact told twice is one letter. It goes by e-mail or on paper, as queueing decided for good;
    on paper `printing` stands for `sending`, and `sent` means posted. States move in `subscriptions.notices.moving`.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        PAPER = "paper", "on paper"

    class Rank(models.TextChoices):
        LEGAL = "legal", "legal"
        SERVICE = "service", "service"
        COURTESY = "courtesy", "courtesy"

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        SENDING = "sending", "sending"
        PRINTING = "printing", "in a batch to post"
        SENT = "sent", "sent"
        DELIVERED = "delivered", "delivered"
        BOUNCED = "bounced", "bounced"
        DOUBTFUL = "doubtful", "doubtful"
        FAILED = "failed", "failed"
        WITHDRAWN = "withdrawn", "withdrawn: no longer true"

    kind = models.CharField(max_length=40)
    matter = models.CharField(max_length=120, unique=True)
    rank = Listed(max_length=8, choices=Rank.choices)
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="notices")
    channel = Listed(max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    to_email = models.EmailField(max_length=254, blank=True)
    to_name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=5, default="fr")
    facts = models.JSONField(default=dict, help_text="ids and figures the letter is written from")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()

    state = Listed(max_length=10, choices=State.choices, default=State.QUEUED)
    state_since = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=200, blank=True)
    document = models.ForeignKey(
        "payments.Document", null=True, on_delete=models.PROTECT, related_name="+", help_text="the letter as sent"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(channel="paper", state__in=["sending", "doubtful"])
                & ~models.Q(channel="email", state="printing"),
                name="notice_goes_one_way",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state__in=["queued", "sending"]), name="notice_waiting"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(channel="paper", state__in=["queued", "printing"]),
                name="notice_to_post",
            ),
            models.Index(fields=["customer", "created_at"], name="notice_customer"),
            models.Index(
                fields=["created_at"], condition=models.Q(state__in=["bounced", "failed"]), name="notice_came_back"
            ),
            # What the dashboard counts among all letters that were ever sent.
            models.Index(
                fields=["id"], condition=models.Q(state__in=["failed", "doubtful"]), name="notice_undelivered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.matter}"


class NoticeProof(models.Model):
    """What the mail provider answered, with its id and time, or what a person said of the post; evidence.

    `recorded_at`: when a person wrote it down, where `at` is the day that it tells of. What was written down by mistake is
    undone by another row of kind `unposted` that names it.
    """

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="proofs")
    kind = models.CharField(max_length=12, help_text="accepted, refused, delivered, bounced, posted, unposted")
    provider_id = models.CharField(max_length=255, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    document = models.ForeignKey("payments.Document", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(null=True)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="unposted", undoes__isnull=False)
                | (~models.Q(kind="unposted") & models.Q(undoes=None)),
                name="notice_proof_undoes",
            ),
        ]
        indexes = [
            models.Index(fields=["at"], condition=models.Q(kind="bounced"), name="notice_proof_bounced"),
            models.Index(
                fields=["provider_id"],
                condition=models.Q(kind="accepted") & ~models.Q(provider_id=""),
                name="notice_proof_provider",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.notice_id}"
