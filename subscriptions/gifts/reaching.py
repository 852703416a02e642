"""Where a letter to the recipient of a gift goes: their own account, the address they gave, else the one its giver gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from subscriptions.models import Gift, HandOver


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`customer_id` is None while the recipient has no account. `email` is empty for whoever is reached by post alone."""

    email: str
    name: str
    customer_id: int | None


def mailbox_of(gift: Gift) -> Mailbox:
    """The mailbox of a gift's recipient; reads `claimed_by` if it is not read yet."""
    holder = gift.claimed_by
    if holder is not None:
        email = holder.email or "" if holder.erased_on is None else ""
        return Mailbox(email, holder.full_name or gift.recipient_name, holder.pk)
    return Mailbox(gift.reader_email or gift.recipient_email, gift.recipient_name, None)


def handed_on(subscription: Any) -> QuerySet[HandOver]:
    """Whether somebody else receives a gift by now, of `subscription` (a key, or an expression of the outer row).

    The card, the link and the account of whoever was to receive it then open nothing of theirs any more.
    """
    return HandOver.objects.filter(subscription=subscription, new_recipient__isnull=False)


def gifts_of_recipient(recipient_id: int) -> Iterable[Gift]:
    """The gifts that a recipient receives, the latest first."""
    gifts = Gift.objects.filter(subscription__recipient=recipient_id).exclude(state=Gift.State.VOID)
    return gifts.select_related("claimed_by").order_by("-pk")
