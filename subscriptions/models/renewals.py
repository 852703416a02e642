"""Renewals: the plan to add the next term, what was proved before it, and every try to charge it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.amounts import eur_only, euros
from payments.models.listed import Listed
from subscriptions.models.promise import term_subject


class Renewal(models.Model):
    """The plan to add term `number` on day R (`renews_on`). States move in `subscriptions.renewals.moving`.

    While planned, R and the amount follow the calendar and the price list; once announced the total stands (a trigger
    refuses another), and R moves only by going back to `planned`. One open renewal per subscription.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        ANNOUNCED = "announced", "announced"
        DUE = "due", "due"
        CHARGING = "charging", "charging"
        PAID = "paid", "paid"
        AWAITING_READER = "awaiting_reader", "awaiting the reader"
        RETRYING = "retrying", "retrying"
        UNRESOLVED = "unresolved", "unresolved"
        MANUAL = "manual", "by choice only: never charged"
        LAPSED = "lapsed", "lapsed"
        CANCELLED = "cancelled", "cancelled"

    subscription = models.ForeignKey("Subscription", on_delete=models.PROTECT, related_name="renewals")
    number = models.PositiveSmallIntegerField(help_text="of the term that it adds")
    renews_on = models.DateField(help_text="R: the first day of that term")
    state = Listed(max_length=16, choices=State.choices, default=State.PLANNED)
    state_since = models.DateTimeField()
    price = models.ForeignKey("Price", on_delete=models.PROTECT, related_name="renewals")
    amount = euros()
    next_try_on = models.DateField(null=True, help_text="retrying: the day of the next charge")
    decline_code = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=200, blank=True, help_text="what stands in its way, in French, for staff")
    term = models.OneToOneField("Term", null=True, on_delete=models.PROTECT, related_name="renewal")
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Renewal]] = models.Manager()

    class Meta:
        constraints = [
            eur_only("amount", "renewal_eur"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="renewal_positive"),
            models.CheckConstraint(condition=models.Q(number__gte=2), name="renewal_number"),
            models.UniqueConstraint(
                fields=["subscription"],
                condition=~models.Q(state__in=["paid", "lapsed", "cancelled"]),
                name="renewal_one_open",
            ),
            models.UniqueConstraint(
                fields=["subscription", "number"], condition=models.Q(state="paid"), name="renewal_paid_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="paid", term__isnull=False) | (~models.Q(state="paid") & models.Q(term=None)),
                name="renewal_paid_has_term",
            ),
            models.CheckConstraint(
                condition=models.Q(state="retrying", next_try_on__isnull=False) | ~models.Q(state="retrying"),
                name="renewal_retry_has_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["renews_on"],
                condition=~models.Q(state__in=["paid", "lapsed", "cancelled"]),
                name="renewal_open",
            ),
            models.Index(fields=["state", "renews_on"], name="renewal_state"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id}/{self.number}"

    @property
    def subject(self) -> str:
        """Name of the term that it adds, on payments and invoices."""
        return term_subject(self.subscription_id, self.number)


class RenewalEvent(models.Model):
    """One step of one renewal; evidence."""

    renewal = models.ForeignKey(Renewal, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    renews_on = models.DateField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class RenewalProof(models.Model):
    """A notice about one renewal at one R that the post took inside its window: half of the legal gate; evidence.

    The window is checked by the database itself (migration 0005): the legal one is three months to one month before the
    last day to refuse (C. conso L215-1).
    """

    class Kind(models.TextChoices):
        LEGAL = "legal", "legal notice"
        PRE_DEBIT = "pre_debit", "pre-debit notice"

    renewal = models.ForeignKey(Renewal, on_delete=models.PROTECT, related_name="proofs")
    renews_on = models.DateField()
    kind = Listed(max_length=9, choices=Kind.choices)
    ordinal = models.PositiveSmallIntegerField(default=1, help_text="2, 3… for a notice given again about the same R")
    sent_on = models.DateField(help_text="Paris day on which the mail provider took it, or the letter was posted")
    window_opens = models.DateField()
    window_closes = models.DateField()
    notice_proof = models.OneToOneField("NoticeProof", on_delete=models.PROTECT, related_name="renewal_proof")
    amount = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        null=True,
        help_text="the total that was told: no attempt by this proof takes another",
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["renewal", "renews_on", "kind", "ordinal"], name="renewal_proof_nth"),
            models.UniqueConstraint(fields=["renewal", "renews_on", "kind", "sent_on"], name="renewal_proof_day"),
            models.CheckConstraint(
                condition=models.Q(sent_on__gte=models.F("window_opens"), sent_on__lte=models.F("window_closes")),
                name="renewal_proof_in_window",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.renewal_id} {self.renews_on}"


class RenewalAttempt(models.Model):
    """One try to charge a renewal without the reader: the other half of the gate; evidence.

    Both proofs are named by composite foreign keys that include R (migration 0005): without a legal notice and a
    pre-debit notice sent 7 to 30 days before, for this very R, the row cannot exist, and no off-session payment can
    exist without such a row. A renewal that is not being charged, or a subscription whose reader has said no, refuses it.
    """

    renewal = models.ForeignKey(Renewal, on_delete=models.PROTECT, related_name="attempts")
    renews_on = models.DateField()
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3…")
    charged_on = models.DateField()
    legal_kind = models.CharField(max_length=9, default=RenewalProof.Kind.LEGAL)
    legal_ordinal = models.PositiveSmallIntegerField(default=1)
    pre_debit_kind = models.CharField(max_length=9, default=RenewalProof.Kind.PRE_DEBIT)
    pre_debit_sent_on = models.DateField()
    payment = models.OneToOneField("payments.Payment", on_delete=models.PROTECT, related_name="renewal_attempt")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["renewal", "number"], name="renewal_attempt_once"),
            models.CheckConstraint(
                condition=models.Q(legal_kind="legal", pre_debit_kind="pre_debit"), name="renewal_attempt_kinds"
            ),
            models.CheckConstraint(
                condition=models.Q(charged_on__gte=models.F("renews_on")), name="renewal_attempt_not_before_r"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.renewal_id}#{self.number}"


class RenewalChoice(models.Model):
    """The reader (or staff for them) turns automatic renewal off or on again; evidence."""

    subscription = models.ForeignKey("Subscription", on_delete=models.PROTECT, related_name="renewal_choices")
    automatic = models.BooleanField()
    declaration = models.ForeignKey("Declaration", null=True, on_delete=models.PROTECT, related_name="renewal_choices")
    consent = models.ForeignKey(
        "Consent", null=True, on_delete=models.PROTECT, related_name="+", help_text="the mandate, when turned on again"
    )
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.subscription_id} {'on' if self.automatic else 'off'}"
