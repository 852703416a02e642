"""Mailing houses: how one wants its file; the profile in force is the last one, and no file that was closed changes with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.fulfilment.columns import chosen
from subscriptions.models import Magazine, MailingHouse


def house_in_force(magazine_id: int) -> MailingHouse | None:
    """The profile for files that are closed from now on; None if none was entered."""
    return MailingHouse.objects.filter(magazine=magazine_id).order_by("-pk").first()


@transaction.atomic
def succeed(magazine_id: int, *, actor: Actor, at: datetime, reason: str, **facts: Any) -> MailingHouse:
    """Enter a profile in the place of the one in force, with the fields of `MailingHouse` in `facts`. Raises NoSuchColumn."""
    chosen(facts.get("columns", ()))
    magazine = Magazine.objects.select_for_update(no_key=True).get(pk=magazine_id)
    house = MailingHouse.objects.create(
        magazine=magazine, actor=str(actor), reason=reason[:200], created_at=at, **facts
    )
    record_act(
        "changed the mailing house", subject=f"magazine:{magazine_id}", actor=actor, at=at, reason=reason,
        facts={"house": house.pk},
    )  # fmt: skip
    return house
