"""What the cards of the account say of gifts: to who gives, what was given and whether it was told; to who receives, no price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.days import paris_day
from shop.templatetags.french import day
from subscriptions.gifts.links import again_path
from subscriptions.models import CarriedTerm, Gift, Subscription

State = Gift.State
#: What belongs to the contract, and so to the giver alone.
GIVERS = ("yearly_price", "means", "renew_url", "stop_url", "withdraw_url", "renewal_url", "card_url")


def gifts_of(subscriptions: Sequence[Subscription]) -> Mapping[int, Gift]:
    """The gifts behind these subscriptions, by their key. One query, none without gifts."""
    keys = [one.pk for one in subscriptions if one.is_gift]
    if not keys:
        return {}
    return {gift.subscription_id or 0: gift for gift in Gift.objects.filter(subscription__in=keys)}


def gone_elsewhere(gifts: Mapping[int, Gift]) -> set[int]:
    """Those of these subscriptions whose copies go on in another one. One query, none without gifts."""
    if not gifts:
        return set()
    carried = CarriedTerm.objects.filter(sold__subscription__in=gifts)
    return set(carried.values_list("sold__subscription", flat=True))


def gift_words(request: HttpRequest, subscription: Subscription, gift: Gift | None) -> dict[str, Any]:
    """What a card says beside what it says of every subscription; nothing of one that is no gift."""
    if gift is None:
        return _given_elsewhere(request, subscription) if subscription.is_gift else {}
    if gift.claimed_by_id == request.user.pk:
        return dict.fromkeys(GIVERS) | {
            "withdrawal_open": False,
            "withdraw_until": None,
            "given_by": gift.giver_name or _("somebody"),
            "message": gift.message,
        }
    living = gift.state != State.VOID
    return {
        "lines": [gift.recipient_name],
        "address_url": None,
        "given_to": gift.recipient_name,
        "message": gift.message,
        "told": told_words(gift),
        "gift_url": reverse("account_gift", args=[gift.subscription_id]) if living else None,
        "gift_card_url": reverse("account_gift_card", args=[gift.subscription_id]) if living else None,
        "again_url": again_path(gift) if living else None,
    }


def _given_elsewhere(request: HttpRequest, subscription: Subscription) -> dict[str, Any]:
    """A gift that was taken over from another house: where it goes is not its giver's to see, what it costs not its reader's."""
    if subscription.payer_id == request.user.pk:
        return {"lines": [subscription.recipient.name], "address_url": None, "given_to": subscription.recipient.name}
    payer: Any = subscription.payer
    named = payer.full_name if payer is not None else ""
    return dict.fromkeys(GIVERS) | {
        "withdrawal_open": False,
        "withdraw_until": None,
        "given_by": named or _("somebody"),
    }


def told_words(gift: Gift) -> str:
    """Whether the recipient was told, and by what; never whether they answered."""
    if gift.state == State.VOID:
        return _("It was taken back.")
    if gift.state == State.GIVEN and gift.announce_on:
        return _("It is told by e-mail on %(day)s.") % {"day": day(gift.announce_on)}
    if gift.state == State.GIVEN:
        return _("You tell it yourself; nothing is sent before the first issue.")
    if gift.informed_by and gift.informed_at:
        return _("The recipient has known of it since %(day)s.") % {"day": day(paris_day(gift.informed_at))}
    return _("The recipient knows of it.")
