"""What a giver may still change: the day of the announcement and the message, until the recipient was told."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from subscriptions.gifts.moving import note
from subscriptions.models import Gift

State = Gift.State


class TooLate(ValidationError):
    """The recipient was told meanwhile; the message is for the giver."""


@transaction.atomic
def change(gift_id: int, *, announce_on: date | None, message: str, actor: Actor, at: datetime) -> bool:
    """Give a gift another day or message; False if both are what they were. Raises TooLate.

    `announce_on`: None if the giver tells it. `at` judges nothing here: the form has checked the day.
    """
    gift = Gift.objects.select_for_update(no_key=True).get(pk=gift_id)
    if gift.state != State.GIVEN:
        raise TooLate(_("The recipient has been told meanwhile: this can no longer be changed."), code="told")
    changed = []
    if gift.announce_on != announce_on:
        changed.append("the day of the announcement")
    if gift.message != message:
        changed.append("the message")
    if not changed:
        return False
    gift.announce_on, gift.message = announce_on, message
    gift.save(update_fields=["announce_on", "message"])
    note([gift], f"changed by the giver: {', '.join(changed)}", actor=actor, at=at)
    return True
