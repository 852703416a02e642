"""Copies that nobody pays for: complimentary, vouchers, and the addresses by which we watch the mailing house.

They are in the file beside the others and outside of everything that is counted as paid, or owed in money (law.md 7.6, 8.1).
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.models import FreeCopy
from subscriptions.places import address_row
from subscriptions.references import subscriber_number

#: Their numbers look like a subscriber's, so that nobody at the mailing house knows a test address from another; they begin
#: where no subscription will.
FIRST_ID = 90_000_000


@transaction.atomic
def give_free(
    magazine_id: int,
    typed: TypedAddress,
    label: PostalLabel,
    *,
    kind: str,
    copies: int,
    from_number: int,
    until_number: int | None,
    actor: Actor,
    reason: str,
    at: datetime,
) -> FreeCopy:
    """Send copies to an address from one issue on, to another or until they are ended. The act names no address."""
    address = address_row(typed, label, at=at)
    address.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('subscriptions_freecopy', 'id'))")
        (key,) = cursor.fetchone()
    free = FreeCopy.objects.create(
        pk=key,
        magazine_id=magazine_id,
        kind=kind,
        number=subscriber_number(FIRST_ID + key),
        address=address,
        copies=copies,
        from_number=from_number,
        until_number=until_number,
        actor=str(actor),
        reason=reason[:200],
        created_at=at,
    )
    record_act(
        "gave free copies", subject=f"free_copy:{free.pk}", actor=actor, at=at, reason=reason,
        facts={"kind": kind, "copies": copies, "from": from_number, "until": until_number},
    )  # fmt: skip
    return free


@transaction.atomic
def end_free(free_id: int, *, actor: Actor, reason: str, at: datetime) -> FreeCopy:
    """Send no more of them: what is in a closed file still leaves. Raises ValidationError if they have ended already."""
    free = FreeCopy.objects.select_for_update(no_key=True).get(pk=free_id)
    if free.ended_at is not None:
        raise ValidationError(_("These copies have ended already."), code="ended")
    free.ended_at, free.ended_by = at, str(actor)
    free.save(update_fields=["ended_at", "ended_by"])
    record_act("ended free copies", subject=f"free_copy:{free.pk}", actor=actor, at=at, reason=reason)
    return free
