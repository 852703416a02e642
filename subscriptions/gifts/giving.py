"""What a paid order that is a gift becomes: somebody else's copies, and a contract that stays its giver's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from payments.actors import Actor
from subscriptions.gifts.moving import move
from subscriptions.gifts.reaching import handed_on, mailbox_of
from subscriptions.models import Gift, Order, Recipient, Subscription
from subscriptions.notices.queueing import NoticeDraft, queue

if TYPE_CHECKING:
    from subscriptions.opening import Opened

State = Gift.State
#: To whoever has a gift in their account that is not paid for any more, or was undone by its giver.
LETTER = "gift_taken_back"


def receiving_already(orders: Iterable[Order]) -> dict[int, tuple[Recipient, int | None]]:
    """Of gifts that go on from another: its recipient, and who holds it by now; by order. No query without gifts."""
    keys = [order.pk for order in orders if order.is_gift]
    if not keys:
        return {}
    gifts = Gift.objects.filter(order__in=keys, continues__subscription__isnull=False)
    found = gifts.select_related("continues__subscription__recipient__address")
    return {
        gift.order_id: (gift.continues.subscription.recipient, _holder_before(gift))
        for gift in found
        if gift.continues is not None and gift.continues.subscription is not None
    }


def given(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> None:
    """Tell each gift what its paid order became; one whose recipient holds the year before is claimed with it.

    In the transaction that settles. Lock order: a gift after its subscription. No query without gifts.
    """
    subscriptions: dict[int, Subscription] = {one.order.pk: one.subscription for one in opened if one.order.is_gift}
    if not subscriptions:
        return
    gifts = list(
        Gift.objects.select_for_update(of=("self",), no_key=True)
        .select_related("continues")
        .filter(order__in=subscriptions)
        .order_by("pk")
    )
    for gift in gifts:
        gift.subscription = subscriptions[gift.order_id]
        gift.claimed_by_id = _holder_before(gift)
    move(gifts, State.GIVEN, actor=actor, at=at, reason="its order is paid")
    claimed = [gift for gift in gifts if gift.claimed_by_id is not None]
    move(claimed, State.CLAIMED, actor=actor, at=at, reason="by whoever received the year before")


def _holder_before(gift: Gift) -> int | None:
    """In whose account the year before is; None if it is in nobody's, or somebody else receives it since."""
    before = gift.continues
    if before is None or before.claimed_by_id is None or handed_on(before.subscription_id).exists():
        return None
    return before.claimed_by_id


def take_back(subscription: Subscription, *, actor: Actor, at: datetime, reason: str) -> None:
    """The contract behind a gift is over before its time: nothing of it is told any more, but to whoever has it in their account that
    its copies do not come. Nothing for what is no gift.

    Called with the subscription locked.
    """
    if subscription.is_gift:
        rows = Gift.objects.select_for_update(of=("self",), no_key=True).select_related("claimed_by")
        gifts = list(rows.filter(subscription=subscription))
        claimed = [gift for gift in gifts if gift.state == State.CLAIMED and mailbox_of(gift).email]
        move(gifts, State.VOID, actor=actor, at=at, reason=reason)
        queue([_told(gift, at=at) for gift in claimed])


def _told(gift: Gift, *, at: datetime) -> NoticeDraft:
    mailbox = mailbox_of(gift)
    return NoticeDraft(
        kind=LETTER,
        matter=f"{LETTER}:gift:{gift.pk}",
        customer_id=mailbox.customer_id,
        to_email=mailbox.email,
        to_name=mailbox.name,
        facts={"gift_id": gift.pk},
        due_at=at,
        created_at=at,
    )
