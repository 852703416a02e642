"""Refusing a new price: one click from the letter to a page, one more to say no; signed, without an account.

To refuse is to turn automatic renewal off: the running term goes on to its end at the price that was paid for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments.actors import reader
from subscriptions.dates import LIVING, SubscriptionDates, dates_of_subscription
from subscriptions.models import Offer, PriceChange, Subscription
from subscriptions.stopping.choosing import turn_off

_SALT = "subscriptions.pricing.refusing"
REASON = "refused the new price"


class BadLink(ValidationError):
    """The link was not made by us, or not copied whole; the message is for the reader."""


class Situation(StrEnum):
    """What the page can say."""

    OPEN = "open"
    OFF = "off"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a link opens. `number`: of the term that the change is about; `paid`: what the running one cost."""

    subscription: Subscription
    number: int
    change: PriceChange
    dates: SubscriptionDates
    situation: Situation


def refuse_path(subscription_id: int, *, number: int, change_id: int) -> str:
    """Path of the page on which this reader refuses this change for this term."""
    text = f"{subscription_id}-{number}-{change_id}"
    return f"/tarif/{signing.Signer(salt=_SALT, sep='.').sign(text)}/"


def read_refusal(text: str, *, on: date) -> Refusal:
    """What a link opens, as it stands on day `on`. Raises BadLink, a sentence."""
    try:
        key, number, change_id = map(int, signing.Signer(salt=_SALT, sep=".").unsign(text).split("-"))
    except (signing.BadSignature, ValueError):
        raise BadLink(
            _("This link is not complete or was changed. Please copy it whole from our letter."), code="bad_link"
        ) from None
    subscription = Subscription.objects.select_related("magazine", "payer").filter(pk=key).first()
    change = PriceChange.objects.filter(pk=change_id).first()
    if subscription is None or change is None:
        raise BadLink(_("This link leads to no subscription of ours."), code="bad_link")
    dates = dates_of_subscription(subscription, on=on)
    return Refusal(subscription, number, change, dates, _situation(subscription, number, dates, on=on))


def refuse(refusal: Refusal, *, at: datetime) -> bool:
    """Say no: automatic renewal is off from this transaction on, and a letter confirms it. False if it was off. Safe to repeat.

    Only while the year that the letter was about has not begun: a link that is found later stops nothing else.
    """
    if refusal.situation is not Situation.OPEN:
        return False
    return turn_off(refusal.subscription.pk, actor=reader(refusal.subscription.payer), at=at, reason=REASON)


def _situation(subscription: Subscription, number: int, dates: SubscriptionDates, *, on: date) -> Situation:
    begun = max((copy.term for copy in dates.copies), default=0) >= number
    if subscription.state not in LIVING or begun:
        return Situation.OVER
    return Situation.OPEN if subscription.renewal == Offer.Renewal.AUTOMATIC else Situation.OFF
