"""What the recipient of a gift may say without an account: another address, an e-mail of theirs, no more reminders."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.dates import LIVING as RUNNING
from subscriptions.gifts.moving import LIVING, inform, note
from subscriptions.gifts.reaching import handed_on
from subscriptions.models import AddressChange, Consent, Gift, Recipient, Subscription
from subscriptions.moving_house import change_address
from subscriptions.objecting import REFUSED

State = Gift.State


class NothingToReceive(ValidationError):
    """The gift was taken back, is over, or is in an account; the message is for the recipient."""


def moved_by_recipient(gift: Gift) -> bool:
    """Whether the address is no longer the one that the giver wrote: then nobody is shown it but its owner, signed in."""
    subscription = gift.subscription
    return subscription is not None and AddressChange.objects.filter(recipient=subscription.recipient_id).exists()


@transaction.atomic
def correct_address(
    gift_id: int, typed: TypedAddress, label: PostalLabel, *, actor: Actor, at: datetime
) -> AddressChange | None:
    """Send the copies to come elsewhere; None if the label is the printed one already. Raises NothingToReceive."""
    subscription, gift = locked(gift_id)
    refuse_what_is_over(subscription, gift)
    recipient = Recipient.objects.select_related("address").get(pk=subscription.recipient_id)
    change = change_address(recipient, typed, label, actor=actor, reason="gift: by its recipient", at=at)
    _learnt(gift, at=at)
    if change is not None:
        note([gift], "another address was given by the recipient", actor=actor, at=at)
    return change


@transaction.atomic
def give_email(gift_id: int, email: str, *, actor: Actor, at: datetime) -> bool:
    """Keep the recipient's own address for letters about the copies; False if it is known. Raises NothingToReceive."""
    subscription, gift = locked(gift_id)
    refuse_what_is_over(subscription, gift)
    if gift.reader_email == email.lower():
        return False
    gift.reader_email = email.lower()
    _learnt(gift, at=at)
    gift.save(update_fields=["reader_email"])
    note([gift], "an e-mail address was given by the recipient", actor=actor, at=at)
    return True


@transaction.atomic
def object_to_letters(gift_id: int, *, words: str, ip: str | None, user_agent: str, at: datetime) -> bool:
    """Keep the objection of a recipient to reminders and offers; False if it was kept before. Safe to repeat."""
    gift = Gift.objects.select_for_update(no_key=True).get(pk=gift_id)
    kept = set(Consent.objects.filter(gift=gift, given=False).values_list("matter", flat=True))
    missing = [matter for matter in REFUSED if matter not in kept]
    Consent.objects.bulk_create(
        [
            Consent(
                matter=matter,
                given=False,
                words=words,
                gift=gift,
                customer_id=gift.claimed_by_id,
                ip=ip,
                user_agent=user_agent[:300],
                at=at,
            )
            for matter in missing
        ]
    )
    return bool(missing)


def locked(gift_id: int) -> tuple[Subscription, Gift]:
    """The subscription behind a gift and the gift, locked in this order. Raises NothingToReceive if it is not paid."""
    key = Gift.objects.values_list("subscription", flat=True).get(pk=gift_id)
    if key is None:
        raise NothingToReceive(_("This gift is not paid yet."), code="not_paid")
    subscription = Subscription.objects.select_for_update(no_key=True).get(pk=key)
    return subscription, Gift.objects.select_for_update(no_key=True).get(pk=gift_id)


def refuse_what_is_over(subscription: Subscription, gift: Gift) -> None:
    """Raises NothingToReceive with a sentence that says what became of the gift."""
    if gift.state == State.CLAIMED:
        raise NothingToReceive(
            _("This gift is in an account by now: sign in there to change its address."), code="claimed"
        )
    if gift.state not in LIVING or subscription.state not in RUNNING or handed_on(subscription.pk).exists():
        raise NothingToReceive(_("This gift has ended: nothing more is sent by it."), code="over")


def _learnt(gift: Gift, *, at: datetime) -> None:
    """Their own page has told them who gives, what is kept and how to object."""
    if not gift.informed_by:
        inform(gift, Gift.Informed.PAGE, at=at)
        gift.save(update_fields=["informed_by", "informed_at"])
