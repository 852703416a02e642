"""Announcing: on the day its giver chose a gift is told to its recipient, with what is kept of them (GDPR art. 14).

One who is told by the giver hears from us with the first copy: by e-mail if we have an address, else by the sheet that goes
with it (`INSERT`), which the address file asks for. Late by any delay, run twice or in two places, each is told once.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from payments.actors import Actor
from subscriptions.disputes import disputed_among
from subscriptions.gifts.moving import inform, move
from subscriptions.gifts.reaching import mailbox_of
from subscriptions.models import Entitlement, EntitlementMovement, Gift, Notice, Subscription
from subscriptions.notices.queueing import NoticeDraft, queue

State, Informed = Gift.State, Gift.Informed
#: The sheet that informs a recipient, by its code in the address file (law.md 7.4, column 20).
INSERT = "GA14"
LETTER = "gift_announced"
CAME_BACK = (Notice.State.BOUNCED, Notice.State.FAILED)


@transaction.atomic
def announce(*, on: date, at: datetime, actor: Actor, limit: int) -> int:
    """Tell up to `limit` gifts that are due on day `on` (Paris); returns how many. Letters leave after the commit.

    Rows that somebody else holds are left for the next run. Five queries, whatever the number.
    """
    gifts = list(
        due(on)
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("claimed_by")
        .order_by("pk")[:limit]
    )
    by_mail = [gift for gift in gifts if mailbox_of(gift).email]
    by_sheet = [gift for gift in gifts if gift not in by_mail]
    for gift in by_mail:
        inform(gift, Informed.EMAIL, at=at)
    for gift in by_sheet:
        inform(gift, Informed.INSERT, at=at)
    queue([announcement(gift, at=at) for gift in by_mail])
    move(by_mail, State.ANNOUNCED, actor=actor, at=at, reason="announced by e-mail")
    move(by_sheet, State.ANNOUNCED, actor=actor, at=at, reason=f"informed by the sheet {INSERT} in the first copy")
    return len(gifts)


def due(on: date) -> QuerySet[Gift]:
    """Gifts to be told on day `on`: their day has come, or their first copy has left without it.

    Without an address there is nobody to write to: those are told by the sheet, with the first copy. A gift whose payment
    is disputed is not promised to anybody before the bank has decided, unless a copy has said so already.
    """
    served = Entitlement.objects.filter(term__subscription=OuterRef("subscription"), state=Entitlement.State.SERVED)
    reached = ~Q(reader_email="") | ~Q(recipient_email="")
    gifts = Gift.objects.filter(state=State.GIVEN).exclude(subscription__state=Subscription.State.ENDED)
    promised = Q(reached, announce_on__lte=on) & ~Q(subscription__in=disputed_among())
    return gifts.filter(promised | Exists(served))


def announcement(gift: Gift, *, at: datetime) -> NoticeDraft:
    """The letter, one per gift for ever."""
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


def insert_of(gift: Gift) -> str:
    """The code of the sheet that goes with a gift's next copy, "" where its recipient has been told, or will be by letter.

    It goes once. A letter that came back has told nobody: the first copy after it does. Two queries at most.
    """
    if gift.informed_by == Informed.EMAIL:
        lost = Notice.objects.filter(matter=f"{LETTER}:gift:{gift.pk}", state__in=CAME_BACK).first()
        return INSERT if lost is not None and not _served_since(gift, lost.state_since) else ""
    if gift.informed_by in (Informed.PAGE, Informed.INSERT) or mailbox_of(gift).email:
        return ""
    return INSERT


def inserts_of(subscriptions: QuerySet[Subscription]) -> dict[int, str]:
    """The sheets that go with the next copies of these subscriptions, by primary key. One query, and two for each gift
    whose recipient neither has an address we know nor was told."""
    came_back = Notice.objects.filter(
        matter=Concat(Value(f"{LETTER}:gift:"), Cast(OuterRef("pk"), TextField())), state__in=CAME_BACK
    )
    unreached = Q(informed_by=Informed.NOT_YET, recipient_email="", reader_email="") | Q(
        informed_by=Informed.NOT_YET, claimed_by__isnull=False
    )
    lost = Q(informed_by=Informed.EMAIL) & Exists(came_back)
    gifts = Gift.objects.filter(unreached | lost, subscription__in=subscriptions).select_related("claimed_by")
    codes = {gift.subscription_id: insert_of(gift) for gift in gifts.order_by("pk")}
    return {key: code for key, code in codes.items() if key is not None and code}


def _served_since(gift: Gift, at: datetime) -> bool:
    mine = Q(entitlement__term__subscription=gift.subscription_id)
    elsewhere = Q(entitlement__term__carries__sold__subscription=gift.subscription_id)
    served = EntitlementMovement.objects.filter(kind=EntitlementMovement.Kind.SERVE, at__gt=at)
    return served.filter(mine | elsewhere).exists()
