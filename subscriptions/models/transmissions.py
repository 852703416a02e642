"""Transmissions: how the mailing house gets its files, and each closed file on its way there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class TransmissionWay(models.Model):
    """How the mailing house of a magazine gets its files; the newest row holds, none: by download. Evidence, never edited.

    No secret stands here: `secret` names a file of `settings.SFTP_SECRETS`. The host key is pinned: a server that shows
    another one gets nothing. `certificate`: the house's, in PEM; empty: the file travels as it is.
    """

    class Way(models.TextChoices):
        DOWNLOAD = "download", "downloaded and sent by a person"
        FOLDER = "folder", "a folder of this machine"
        SFTP = "sftp", "SFTP"

    magazine = models.ForeignKey("Magazine", on_delete=models.PROTECT, related_name="transmission_ways")
    way = Listed(max_length=8, choices=Way.choices)
    directory = models.CharField(
        max_length=200, blank=True, help_text="there; of a folder: below settings.HAND_OVER_FOLDER"
    )
    host = models.CharField(max_length=120, blank=True)
    port = models.PositiveIntegerField(default=22)
    username = models.CharField(max_length=60, blank=True)
    host_key = models.TextField(blank=True, help_text="as in known_hosts: type and key")
    secret = models.CharField(max_length=40, blank=True, help_text="name of a key or password among the secrets")
    certificate = models.TextField(blank=True)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[TransmissionWay]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(way="sftp") | (~Q(host="") & ~Q(username="") & ~Q(host_key="") & ~Q(secret="")),
                name="way_sftp_pinned",
            ),
            models.CheckConstraint(condition=~Q(way="folder") | ~Q(directory=""), name="way_folder_named"),
        ]

    def __str__(self) -> str:
        return self.way


class Transmission(models.Model):
    """One closed file on its way to the mailing house: an effect outside the database (design, rule 10).

    `sent_sha256` and `sent_size` are those of the bytes that travel, enveloped or not. They are committed before the first
    byte leaves, so that a try whose end nobody saw is looked up by reading back, and not repeated blindly. States move in
    `subscriptions.transmitting.moving`.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        IN_FLIGHT = "in_flight", "on its way"
        DONE = "done", "arrived"
        FAILED = "failed", "failed"

    run = models.ForeignKey("MailingRun", on_delete=models.PROTECT, related_name="transmissions")
    way = models.ForeignKey(TransmissionWay, on_delete=models.PROTECT, related_name="transmissions")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3… of its run")
    state = Listed(max_length=9, choices=State.choices, default=State.QUEUED)
    state_since = models.DateTimeField()
    due_at = models.DateTimeField(help_text="not tried before")
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=40, blank=True, help_text="of the last try: a word of transmitting.outcomes")
    name = models.CharField(max_length=120, blank=True, help_text="of the file there")
    sent_sha256 = models.CharField(max_length=64, blank=True)
    sent_size = models.PositiveBigIntegerField(null=True)
    asked_by = models.CharField(max_length=80)
    asked_because = models.CharField(max_length=200)
    asked_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Transmission]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="transmission_nth"),
            # A file is on one way at a time, and arrives once.
            models.UniqueConstraint(fields=["run"], condition=~Q(state="failed"), name="transmission_once"),
            models.CheckConstraint(
                condition=~Q(state="done") | (~Q(sent_sha256="") & Q(sent_size__gt=0) & ~Q(name="")),
                name="transmission_done_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=["queued", "in_flight"]), name="transmission_due")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number} {self.state}"


class TransmissionEvent(models.Model):
    """One step of one transmission; evidence."""

    transmission = models.ForeignKey(Transmission, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=9)
    to_state = models.CharField(max_length=9)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[TransmissionEvent]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
