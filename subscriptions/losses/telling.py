"""To whom a letter about copies goes: whoever receives them, else who holds or pays the subscription."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from subscriptions.gifts.reaching import Mailbox, gifts_of_recipient, mailbox_of
from subscriptions.models import Subscription
from subscriptions.notices.queueing import NoticeDraft, queue


def mailbox(subscription: Subscription) -> Mailbox | None:
    """Where its recipient is written to: of a gift, the recipient's alone; None if nobody is known. Three queries at most."""
    gift = next(iter(gifts_of_recipient(subscription.recipient_id)), None)
    if gift is not None:
        box = mailbox_of(gift)
        return box if box.email or box.customer_id is not None else None
    people: list[Any] = [subscription.recipient.customer, subscription.holder, subscription.payer]
    known = [person for person in people if person is not None and person.erased_on is None]
    reader = next((person for person in known if person.email), next(iter(known), None))
    return Mailbox(reader.email or "", reader.full_name, reader.pk) if reader is not None else None


def tell(subscription: Subscription, kind: str, subject: str, facts: Mapping[str, Any], *, at: datetime) -> bool:
    """Queue one letter about `subject` (`claim:1`) in the caller's transaction; whether there was anybody to write to."""
    box = mailbox(subscription)
    if box is None:
        return False
    queue(
        [
            NoticeDraft(
                kind=kind,
                matter=f"{kind}:{subject}",
                customer_id=box.customer_id,
                to_email=box.email,
                to_name=box.name,
                facts=facts,
                due_at=at,
                created_at=at,
            )
        ]
    )
    return True
