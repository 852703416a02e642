"""Copies that were lost: those that came back (PND), those that readers say did not arrive, and what is left to send."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from payments.models.listed import Listed


class LossRule(models.Model):
    """The figures by which lost copies are settled; evidence: succeeded, never edited. The last row is in force.

    Without a row the defaults below hold (law.md 7.2, 7.6).
    """

    answer_days = models.PositiveSmallIntegerField(
        default=15, help_text="without an answer the address goes to a person"
    )
    incident_days = models.PositiveSmallIntegerField(
        default=21, help_text="claims of so many days are counted together"
    )
    incident_claims = models.PositiveSmallIntegerField(
        default=20, help_text="of one issue and department: they are one incident"
    )
    incident_least = models.PositiveSmallIntegerField(default=5, help_text="fewer are never an incident")
    incident_percent = models.DecimalField(
        max_digits=4, decimal_places=1, default=10, help_text="of the lines of that department: an incident too"
    )
    return_file = models.JSONField(
        default=dict,
        blank=True,
        help_text="how a file of returns is written, where it differs (`losses.return_file.Profile`)",
    )
    alone_lines = models.PositiveSmallIntegerField(default=50, help_text="one person closes so many resends alone")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[LossRule]] = models.Manager()

    def __str__(self) -> str:
        return f"rule {self.pk}"


class CopyReturn(models.Model):
    """One copy that the post brought back (PND, law.md 7.2); evidence, once for each line of a run.

    `effect` is what the rules made of it (`subscriptions.losses.rules`); empty until they were asked.
    """

    class Reason(models.IntegerChoices):
        UNREACHABLE = 1, "no access, or a faulty address"
        UNKNOWN = 2, "unknown at this address"
        REFUSED = 3, "refused"
        UNCLAIMED = 4, "announced and not fetched"

    class Source(models.TextChoices):
        PAPER = "paper", "the copy itself"
        FILE = "file", "a file of the post"

    dispatch = models.OneToOneField("Dispatch", on_delete=models.PROTECT, related_name="came_back")
    reason_code = models.PositiveSmallIntegerField(choices=Reason.choices)
    source = Listed(max_length=5, choices=Source.choices)
    on = models.DateField(help_text="day of the return, as the post says it")
    effect = models.CharField(max_length=16, blank=True)
    effect_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[CopyReturn]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(reason_code__range=(1, 4)), name="return_reason"),
            models.CheckConstraint(
                condition=Q(effect="", effect_at=None) | (~Q(effect="") & Q(effect_at__isnull=False)),
                name="return_effect_dated",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(effect=""), name="return_to_follow")]

    def __str__(self) -> str:
        return f"return of {self.dispatch_id}"


class AddressDoubt(models.Model):
    """An address that copies came back from, until its reader has answered. States move in `subscriptions.losses.moving`.

    One open matter of each subscription. While it is `held` or `suspended` no copy leaves for that address.
    """

    class State(models.TextChoices):
        ASKED = "asked", "asked; copies are sent meanwhile"
        HELD = "held", "asked; copies are held"
        SUSPENDED = "suspended", "two came back in a row"
        ANSWERED = "answered", "the reader has answered"
        ENDED = "ended", "over without an answer"

    subscription = models.ForeignKey("Subscription", on_delete=models.PROTECT, related_name="address_doubts")
    because = models.ForeignKey(CopyReturn, on_delete=models.PROTECT, related_name="doubts")
    state = Listed(max_length=10, choices=State.choices)
    state_since = models.DateTimeField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[AddressDoubt]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(state__in=["asked", "held", "suspended"]), name="doubt_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"doubt {self.pk}"


class AddressDoubtEvent(models.Model):
    """One step of one doubt; evidence."""

    doubt = models.ForeignKey(AddressDoubt, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[AddressDoubtEvent]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class ClaimIncident(models.Model):
    """Many claims of one issue in one department: one matter for fulfilment, decided once.

    States move in `subscriptions.losses.moving`.
    """

    class State(models.TextChoices):
        OPEN = "open", "to be decided"
        WAITING = "waiting", "wait until a day"
        RESENDING = "resending", "all are sent again"
        EXTENDING = "extending", "all get one issue more"

    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="incidents")
    department = models.CharField(max_length=3, help_text="75, 2A and 2B as 20, 974; abroad the country")
    state = Listed(max_length=10, choices=State.choices, default=State.OPEN)
    state_since = models.DateTimeField()
    wait_until = models.DateField(null=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[ClaimIncident]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "department"], name="incident_once"),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(wait_until__isnull=False), name="incident_wait_day"
            ),
        ]

    def __str__(self) -> str:
        return f"incident {self.pk}"


class ClaimIncidentEvent(models.Model):
    """One step of one incident; evidence."""

    incident = models.ForeignKey(ClaimIncident, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[ClaimIncidentEvent]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Claim(models.Model):
    """One copy that its reader says did not arrive as it should, or that came back; evidence but for where it stands.

    One for each copy; a copy that is lost again after it was sent again is a claim of its own (`round`), for a person.
    `line`: the copy sent again, once. `extra`: the copy granted instead, worth nothing. States move in
    `subscriptions.losses.moving`; what becomes of it is a closed table (`subscriptions.losses.rules`).
    """

    class Reason(models.TextChoices):
        NOT_RECEIVED = "not_received", "not received"
        DAMAGED = "damaged", "damaged"
        WRONG_COPY = "wrong_copy", "another issue came"
        CAME_BACK = "came_back", "it came back to us"

    class By(models.TextChoices):
        READER = "reader", "the reader"
        STAFF = "staff", "a colleague, for the reader"
        AGENCY = "agency", "an agency"
        POST = "post", "the post"

    class State(models.TextChoices):
        RECEIVED = "received", "received"
        ASKED = "asked", "the reader confirms the address"
        WAITING = "waiting", "waits with many others"
        APPROVED = "approved", "leaves with the next resends"
        RESENT = "resent", "sent again"
        EXTENDED = "extended", "one issue more instead"
        CREDITED = "credited", "its price was given back"
        REFUSED = "refused", "refused"
        ON_DESK = "on_desk", "a person decides"

    subscription = models.ForeignKey("Subscription", on_delete=models.PROTECT, related_name="claims")
    entitlement = models.ForeignKey("Entitlement", on_delete=models.PROTECT, related_name="claims")
    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="claims")
    round = models.PositiveSmallIntegerField(default=1)
    reason = Listed(max_length=12, choices=Reason.choices)
    by = Listed(max_length=6, choices=By.choices)
    department = models.CharField(max_length=3)
    in_window = models.BooleanField()
    nth = models.PositiveSmallIntegerField(help_text="which claim of its reader in twelve months")
    state = Listed(max_length=8, choices=State.choices, default=State.RECEIVED)
    state_since = models.DateTimeField()
    tracked = models.BooleanField(default=False, help_text="leaves with a tracking number")
    incident = models.ForeignKey(ClaimIncident, null=True, on_delete=models.PROTECT, related_name="claims")
    line = models.OneToOneField("Dispatch", null=True, on_delete=models.PROTECT, related_name="claim")
    extra = models.OneToOneField("Entitlement", null=True, on_delete=models.PROTECT, related_name="instead_of")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Claim]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "round"], name="claim_copy_once"),
            models.UniqueConstraint(
                fields=["entitlement"],
                condition=Q(state__in=["received", "asked", "waiting", "approved", "on_desk"]),
                name="claim_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state="resent", line__isnull=False) | (~Q(state="resent") & Q(line=None)),
                name="claim_resent_has_line",
            ),
            models.CheckConstraint(
                condition=Q(state="extended", extra__isnull=False) | (~Q(state="extended") & Q(extra=None)),
                name="claim_extended_has_copy",
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(incident__isnull=False), name="claim_waits_with_incident"
            ),
        ]
        indexes = [
            models.Index(fields=["issue", "department"], name="claim_place"),
            models.Index(fields=["issue"], condition=Q(state="approved"), name="claim_to_resend"),
        ]

    def __str__(self) -> str:
        return f"claim {self.pk}"


class ClaimEvent(models.Model):
    """One step of one claim; evidence."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=8, blank=True)
    to_state = models.CharField(max_length=8)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[ClaimEvent]] = models.Manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class StockMovement(models.Model):
    """Back issues in and out of the stock; evidence, appended under the lock of the issue.

    `left` is the balance after it, so that the database itself refuses to send what is not there.
    """

    class Kind(models.TextChoices):
        RECEIVED = "received", "received"
        SENT = "sent", "sent"
        COUNTED = "counted", "difference of a count"
        SPOILED = "spoiled", "spoiled"

    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="stock")
    number = models.PositiveIntegerField(help_text="1, 2, 3… of its issue")
    kind = Listed(max_length=8, choices=Kind.choices)
    copies = models.IntegerField(help_text="more, or less")
    left = models.IntegerField()
    run = models.OneToOneField("MailingRun", null=True, on_delete=models.PROTECT, related_name="out_of_stock")
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[StockMovement]] = models.Manager()

    class Meta:
        ordering = ["issue_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "number"], name="stock_number_once"),
            models.CheckConstraint(condition=Q(left__gte=0), name="stock_not_below_zero"),
            models.CheckConstraint(condition=Q(left__gte=F("copies")), name="stock_left_whole"),
            models.CheckConstraint(
                condition=Q(kind="received", copies__gt=0)
                | Q(kind__in=["sent", "spoiled"], copies__lt=0)
                | (Q(kind="counted") & ~Q(copies=0)),
                name="stock_direction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.copies:+d} of {self.issue_id}"
