"""Claiming: a gift comes into its recipient's own account; or, if they read already, to the end of their own subscription.

The first who claims has it; whoever comes second is told so. The contract stays the giver's: the recipient sees copies,
dates and addresses, no price and no invoice.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from subscriptions.gifts.carrying import carry
from subscriptions.gifts.moving import LIVING, inform, move
from subscriptions.gifts.reaching import handed_on
from subscriptions.models import Entitlement, Gift, Recipient, Renewal, Subscription
from subscriptions.notices.telling import tell_reader
from subscriptions.prolonging import promised_by
from subscriptions.renewals.cancelling import cancel
from subscriptions.renewals.locking import open_renewals

State = Gift.State
BECAUSE = "a year was given"


class CannotClaim(ValidationError):
    """The gift cannot come into this account; the message is for whoever asks."""


def subscriptions_to_prolong(customer: Any, gift: Gift) -> list[Subscription]:
    """The running subscriptions of a reader that a gift may follow: of the same magazine, and no gifts themselves."""
    if gift.subscription is None:
        return []
    mine = Subscription.objects.filter(
        Q(payer=customer) | Q(holder=customer),
        magazine=gift.subscription.magazine_id,
        state=Subscription.State.ACTIVE,
        is_gift=False,
    )
    found = list(mine.select_related("magazine", "offer", "recipient__address").order_by("pk"))
    able = promised_by(found)
    return [one for one in found if one.pk in able]


@transaction.atomic
def claim(gift_id: int, customer: Any, *, onto: int | None, actor: Actor, at: datetime) -> bool:
    """Give a gift to the account of `customer`; False if it is there already. Raises CannotClaim.

    `onto`: the subscription of theirs that the gift is to follow, None to receive it as it is. Side effects: holder and
    recipient of its subscription, the letter that says what comes; with `onto` its copies go on there (`carrying`).
    Lock order: renewals and subscriptions by id, then the gift.
    """
    seen = Gift.objects.get(pk=gift_id)
    if seen.subscription_id is None:
        raise CannotClaim(_("This gift is not paid yet."), code="not_paid")
    if seen.claimed_by_id == customer.pk:
        return False
    keys = [key for key in (seen.subscription_id, onto) if key is not None]
    locked = {one.pk: one for one in _locked(keys, plans_of=onto)}
    if onto is not None:
        _stop_next_year(onto, customer, seen, actor=actor, at=at)
    gift = Gift.objects.select_for_update(no_key=True).get(pk=gift_id)
    given = locked[seen.subscription_id]
    if gift.claimed_by_id == customer.pk:
        return False
    _refuse(gift, given, customer)
    if onto is not None and locked[onto].state != Subscription.State.ACTIVE:
        raise _cannot_follow()
    gift.claimed_by = customer
    inform(gift, Gift.Informed.PAGE, at=at)
    move([gift], State.CLAIMED, actor=actor, at=at, reason="claimed")
    given.holder = customer
    given.save(update_fields=["holder"])
    Recipient.objects.filter(pk=given.recipient_id, customer=None).update(customer=customer)
    if onto is not None and carry(given, locked[onto], on=paris_day(at), actor=actor, at=at) is None:
        # All or nothing: the plan of their next year was ended for this (`_stop_next_year`).
        raise _cannot_follow()
    if customer.email:
        tell_reader(customer, "gift_claimed", f"gift_claimed:gift:{gift.pk}", {"gift_id": gift.pk}, at=at)
    return True


def follow_earlier(*, on: date, actor: Actor, at: datetime, limit: int) -> int:
    """Let gifts of another year go on where the year before does: at the end of their recipient's own subscription.

    They were claimed with it when they were paid (`giving`). Each in a transaction of its own; safe to repeat. Returns
    how many were carried.
    """
    waiting = (
        Gift.objects.filter(
            Exists(_owed()),
            state=State.CLAIMED,
            subscription__state=Subscription.State.ACTIVE,
            subscription__terms__carried_as=None,
            continues__subscription__terms__carried_as__isnull=False,
            continues__subscription__terms__carried_as__served__subscription__state=Subscription.State.ACTIVE,
        )
        .order_by("pk")
        .values_list("pk", "subscription", "continues__subscription__terms__carried_as__served__subscription")
        .distinct()[:limit]
    )
    done = 0
    for gift_id, given_id, onto in list(waiting):
        with suppress(CannotClaim), transaction.atomic():
            _follow(gift_id, given_id, onto, on=on, actor=actor, at=at)
            done += 1
    return done


def _follow(gift_id: int, given_id: int, onto: int, *, on: date, actor: Actor, at: datetime) -> None:
    """Raises CannotClaim where nothing can follow: the plan of the next year is then not ended either."""
    locked = {one.pk: one for one in _locked([given_id, onto], plans_of=onto)}
    if not _may_move(onto, actor=actor, at=at):
        raise _cannot_follow()
    claimed = Gift.objects.filter(pk=gift_id, state=State.CLAIMED).exists()
    if locked[onto].state != Subscription.State.ACTIVE or not claimed:
        raise _cannot_follow()
    if carry(locked[given_id], locked[onto], on=on, actor=actor, at=at) is None:
        raise _cannot_follow()


def _owed() -> QuerySet[Entitlement]:
    """Copies of the outer gift that could go on elsewhere."""
    return Entitlement.objects.filter(
        term__subscription=OuterRef("subscription"), term__carried_as=None, state=Entitlement.State.OWED
    )


def _cannot_follow() -> CannotClaim:
    return CannotClaim(_("This subscription cannot be prolonged by a gift."), code="onto")


def _refuse(gift: Gift, given: Subscription, customer: Any) -> None:
    if gift.state == State.CLAIMED:
        raise CannotClaim(
            _("This gift is already in somebody's account. If that is not you, write to us with the code of the card."),
            code="claimed",
        )
    if gift.state not in LIVING or given.state != Subscription.State.ACTIVE or handed_on(given.pk).exists():
        raise CannotClaim(_("This gift has ended: nothing more is sent by it."), code="over")
    if given.payer_id == customer.pk:
        raise CannotClaim(
            _("This is the gift that you give: its recipient claims it, with an account of their own."), code="own"
        )


def _stop_next_year(onto: int, customer: Any, gift: Gift, *, actor: Actor, at: datetime) -> None:
    """The year that was to be charged next comes after the gift: its plan is made anew. Raises CannotClaim."""
    if onto not in {one.pk for one in subscriptions_to_prolong(customer, gift)}:
        raise _cannot_follow()
    if not _may_move(onto, actor=actor, at=at):
        raise CannotClaim(
            _("The next year of your subscription is being paid for just now. Please try again in a few days."),
            code="being_paid",
        )


def _may_move(onto: int, *, actor: Actor, at: datetime) -> bool:
    renewal = cancel(onto, actor=actor, at=at, reason=BECAUSE)
    return renewal is None or renewal.state == Renewal.State.CANCELLED


def _locked(keys: Sequence[int], *, plans_of: int | None) -> QuerySet[Subscription]:
    """The open plan of one of them, then all of them by id: the agreed order."""
    if plans_of is not None:
        list(open_renewals([plans_of]).select_for_update(no_key=True).order_by("pk").values_list("pk"))
    rows = Subscription.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys)
    return rows.select_related("recipient__address").order_by("pk")
