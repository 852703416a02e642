"""Gifts: what a giver wished beside the order, how far it has come, and where its copies are served by now."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from payments.models.listed import Listed

#: Letters that fit on the card (law.md 7.6).
MESSAGE_LENGTH = 200
#: `Term.source` of a year that was given and is served by its recipient's own subscription.
CARRIED = "gift"


class Gift(models.Model):
    """One order that somebody gives to somebody else. States move in `subscriptions.gifts.moving`.

    The contract is the order's, and the giver's; here is only what the recipient is told and says. `recipient_email` is
    as the giver wrote it, `reader_email` what the recipient gave: the giver never sees the latter. `code` stands on the
    card and is typed by people. `continues`: the gift of the year before, whose recipient receives this one too.
    """

    class State(models.TextChoices):
        ORDERED = "ordered", "ordered, not paid"
        GIVEN = "given", "paid, the recipient was not told"
        ANNOUNCED = "announced", "the recipient was told"
        CLAIMED = "claimed", "in the recipient's account"
        VOID = "void", "taken back"

    class Informed(models.TextChoices):
        """How the recipient learnt what is kept of them (GDPR art. 14)."""

        NOT_YET = "", "not yet"
        EMAIL = "email", "by e-mail"
        INSERT = "insert", "by the sheet in the first copy"
        PAGE = "page", "on their own page"

    order = models.OneToOneField("Order", on_delete=models.PROTECT, related_name="gift")
    code = models.CharField(max_length=16, unique=True)
    continues = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="continued_by")
    subscription = models.OneToOneField("Subscription", null=True, on_delete=models.PROTECT, related_name="given")
    giver_name = models.CharField(max_length=120, blank=True, help_text="as signed")
    recipient_name = models.CharField(max_length=120, blank=True)
    recipient_email = models.EmailField(max_length=254, blank=True)
    message = models.CharField(max_length=MESSAGE_LENGTH, blank=True)
    announce_on = models.DateField(null=True, help_text="null: the giver tells it")
    reader_email = models.EmailField(max_length=254, blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="gifts_received"
    )
    informed_by = Listed(max_length=6, choices=Informed.choices, blank=True, default=Informed.NOT_YET)
    informed_at = models.DateTimeField(null=True)
    state = Listed(max_length=9, choices=State.choices, default=State.ORDERED)
    state_since = models.DateTimeField()
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Gift]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="ordered", subscription=None) | models.Q(subscription__isnull=False),
                name="gift_paid_is_a_subscription",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="claimed") | models.Q(claimed_by__isnull=False), name="gift_claimed_by_one"
            ),
            models.CheckConstraint(
                condition=models.Q(informed_by="", informed_at=None)
                | (~models.Q(informed_by="") & models.Q(informed_at__isnull=False)),
                name="gift_informed_has_instant",
            ),
        ]
        indexes = [
            models.Index(fields=["announce_on"], condition=models.Q(state="given"), name="gift_to_announce"),
        ]

    def __str__(self) -> str:
        return self.code


class GiftEvent(models.Model):
    """One step of one gift, or one word of its giver or recipient (then both states are the same); evidence."""

    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=9)
    to_state = models.CharField(max_length=9)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class CarriedTerm(models.Model):
    """A year that was given goes on at the end of its recipient's own subscription: sold as one term, served as another.

    Evidence. The giver's contract keeps the sold term; the copies of `served` are its copies from then on.
    """

    sold = models.OneToOneField("Term", on_delete=models.PROTECT, related_name="carried_as")
    served = models.OneToOneField("Term", on_delete=models.PROTECT, related_name="carries")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[CarriedTerm]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(sold=models.F("served")), name="carried_elsewhere"),
        ]

    def __str__(self) -> str:
        return f"{self.sold_id} as {self.served_id}"
