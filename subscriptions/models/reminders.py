"""The series of reminders of fixed terms, as data that the publisher can change (law.md 7.7)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.listed import Listed


class ReminderStep(models.Model):
    """One reminder of the series: after what it comes, by which letter.

    `magazine` null: for every magazine that has no step of that code. Steps are tried from the last place to the first,
    and one reader gets one letter: who has had a later step, or is due for one, gets no earlier one any more.
    """

    class Trigger(models.TextChoices):
        POSTED = "posted", "an issue was posted"
        LAPSED = "lapsed", "the subscription lapsed"
        ENDING = "ending", "its last copy is near"

    class Addressee(models.TextChoices):
        READER = "reader", "who pays for what they read"
        GIVER = "giver", "who gave it"
        RECIPIENT = "recipient", "who received it as a gift"

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        LETTER = "letter", "by e-mail, and on paper to whoever has none"

    magazine = models.ForeignKey(
        "Magazine", null=True, blank=True, on_delete=models.PROTECT, related_name="reminder_steps",
        help_text="null: every magazine",
    )  # fmt: skip
    code = models.SlugField(max_length=12, help_text="RA1 to RE3; counted as the source of orders")
    addressee = Listed(max_length=9, choices=Addressee.choices, default=Addressee.READER)
    place = models.PositiveSmallIntegerField(help_text="in the series: 1, 2, 3…")
    trigger = Listed(max_length=6, choices=Trigger.choices)
    issues_from_last = models.SmallIntegerField(
        default=0, help_text="posted: which issue, counted from that of the last copy: -2 to 2"
    )
    days_before = models.PositiveSmallIntegerField(default=0, help_text="ending: before the last copy is posted")
    days_after = models.PositiveSmallIntegerField(default=0)
    late_days = models.PositiveSmallIntegerField(default=60, help_text="so many days late it is not sent any more")
    channel = Listed(max_length=6, choices=Channel.choices, default=Channel.EMAIL)
    letter = models.CharField(max_length=40, help_text="a kind of subscriptions.notices.letters")
    active = models.BooleanField(default=True)

    objects: ClassVar[models.Manager[ReminderStep]] = models.Manager()

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["magazine", "code"], nulls_distinct=False, name="reminder_code_once"),
            models.UniqueConstraint(fields=["magazine", "place"], nulls_distinct=False, name="reminder_place_once"),
            models.CheckConstraint(
                condition=models.Q(issues_from_last__range=(-8, 8)), name="reminder_issue_near_the_last"
            ),
        ]

    def __str__(self) -> str:
        return self.code
