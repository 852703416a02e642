"""Pauses: the issues that readers asked not to receive, and the copies that come with a later one instead."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.listed import Listed


class Pause(models.Model):
    """One issue that does not come, by the wish of its reader; its copy is held and comes with a later issue.

    At most two of one term (law.md 7.6): `place` is 1 or 2, and each is taken once. What was asked for is frozen, states
    move in `subscriptions.pausing.moving`. `entitlement` is the copy that is held for it, the first that comes after its
    issue: another one, where pauses before it come or go. Copies move by their own movements, and none is lost.
    """

    class State(models.TextChoices):
        HELD = "held", "the copy is held"
        OVER = "over", "the issue has left without it"
        CALLED_OFF = "called_off", "called off: the issue comes after all"

    request = models.UUIDField(help_text="the same for all that one wish asked for")
    term = models.ForeignKey("Term", on_delete=models.PROTECT, related_name="pauses")
    place = models.PositiveSmallIntegerField(help_text="1 or 2: which of those that one term allows")
    issue = models.ForeignKey("Issue", on_delete=models.PROTECT, related_name="pauses", help_text="that does not come")
    entitlement = models.ForeignKey("Entitlement", on_delete=models.PROTECT, related_name="pauses")
    state = Listed(max_length=10, choices=State.choices, default=State.HELD)
    state_since = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Pause]] = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(place__range=(1, 2)), name="pause_two_of_a_term"),
            models.UniqueConstraint(
                fields=["term", "place"], condition=~models.Q(state="called_off"), name="pause_place_once"
            ),
            models.UniqueConstraint(
                fields=["term", "issue"], condition=~models.Q(state="called_off"), name="pause_issue_once"
            ),
        ]
        indexes = [models.Index(fields=["issue"], condition=models.Q(state="held"), name="pause_held")]

    def __str__(self) -> str:
        return f"{self.term_id} without {self.issue_id}"


class PauseEvent(models.Model):
    """One step of one pause; evidence."""

    pause = models.ForeignKey(Pause, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
