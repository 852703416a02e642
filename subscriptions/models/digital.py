"""The digital edition: whether a magazine has one, the file of each issue, who agreed to it, what was downloaded; and who may ask."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.models.listed import Listed


class DigitalRule(models.Model):
    """Whether a magazine has a digital edition: its newest row holds; evidence. None: it has none.

    It cannot be on before finance has said which share of the price the digital part is, at which rate, and before the text
    that its readers agree to is chosen (law.md 1.2, 4.4). One invoice line carries one rate: a digital part at another rate
    than the printed one is written down, and cannot be turned on.
    """

    class Rate(models.TextChoices):
        PRESS = "press", "the rate of the printed issue: its digitised version"
        STANDARD = "standard", "the standard rate"

    magazine = models.ForeignKey("Magazine", on_delete=models.PROTECT, related_name="digital_rules")
    on = models.BooleanField()
    share = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, help_text="percent of the price excl. VAT that the digital part is"
    )
    rate = Listed(max_length=8, choices=Rate.choices, blank=True)
    decided_by = models.CharField(max_length=120, blank=True, help_text="who decided share and rate")
    decided_on = models.DateField(null=True)
    text = models.ForeignKey(
        "LegalText", null=True, on_delete=models.PROTECT, related_name="+", help_text="what readers agree to"
    )
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[DigitalRule]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                # Said twice on purpose: beside a NULL the comparison alone would be no refusal.
                condition=Q(on=False)
                | (Q(share__isnull=False, share__gt=0, share__lt=100, rate="press", decided_on__isnull=False, text__isnull=False)
                   & ~Q(decided_by="")),
                name="digital_on_once_decided",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.magazine_id} {'on' if self.on else 'off'}"


class IssueFile(models.Model):
    """One PDF of one issue; evidence. Another file is another row with its reason, and the newest is the one that is read.

    The bytes lie under their hash in `settings.DIGITAL_FILES` (docs/decisions/0022), and are looked at before they are sent.
    """

    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="files")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3… of its issue")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    pages = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120, help_text="as it came")
    available_from = models.DateField(null=True, help_text="null: once the issue is posted")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[IssueFile]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "number"], name="issue_file_nth"),
            models.CheckConstraint(condition=Q(pages__gt=0, size__gt=0), name="issue_file_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.sha256[:12]}"


class DigitalConsent(models.Model):
    """A reader's yes to digital content at once, losing the right to withdraw from it (C. conso L221-28, 13°); evidence.

    Once for each contract: `term` is the one that its order has sold; terms that were renewed belong to it.
    """

    term = models.ForeignKey("Term", on_delete=models.PROTECT, related_name="digital_consents")
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="digital_consents")
    text = models.ForeignKey("LegalText", on_delete=models.PROTECT, related_name="+")
    words = models.TextField(help_text="beside the box, as shown")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[DigitalConsent]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["term", "customer"], name="digital_consent_once")]

    def __str__(self) -> str:
        return f"{self.term_id} {self.at:%Y-%m-%d}"


class DigitalDownload(models.Model):
    """One file handed to one reader; evidence, without address or browser.

    A trigger (migration 0020) refuses it while the magazine has no digital edition, for a copy that its subscription is not
    owed or was not sent, and without the consent of that contract.
    """

    entitlement = models.ForeignKey("Entitlement", on_delete=models.PROTECT, related_name="downloads")
    file = models.ForeignKey(IssueFile, on_delete=models.PROTECT, related_name="downloads")
    consent = models.ForeignKey(DigitalConsent, on_delete=models.PROTECT, related_name="downloads")
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[DigitalDownload]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.entitlement_id} {self.at:%Y-%m-%d}"


class ApiToken(models.Model):
    """Who may ask the shop what a subscriber is entitled to. The secret itself is kept nowhere, only its hash.

    `key` finds the row and is no secret; what was made is frozen, its end and the last day it was used are written once each
    day at most.
    """

    key = models.CharField(max_length=12, unique=True)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=60, help_text="who asks with it")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=80, blank=True)
    revoked_because = models.CharField(max_length=200, blank=True)
    last_used_on = models.DateField(null=True)

    objects: ClassVar[models.Manager[ApiToken]] = models.Manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="") | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
                name="api_token_revoked_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return self.name
