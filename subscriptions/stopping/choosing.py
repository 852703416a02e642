"""Automatic renewal, off and on again: each choice is kept, and whoever turns it on again says the mandate's words anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from subscriptions.dates import SubscriptionDates, dates_of_subscription, may_turn_on
from subscriptions.models import Consent, Declaration, LegalText, Offer, RenewalChoice, Subscription
from subscriptions.notices.telling import tell_reader
from subscriptions.renewals.cancelling import cancel
from subscriptions.stopping.reading import contract_of, stopped_and_waiting
from subscriptions.texts import current_text, mandate_words

Renewal = Offer.Renewal


class CannotChoose(ValidationError):
    """Automatic renewal cannot be turned on; the message is a sentence for the reader."""


def stop_renewing(
    subscription: Subscription,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    declaration: Declaration | None = None,
) -> bool:
    """No further renewal of a locked subscription, from this transaction on; False if it did not renew itself.

    Cancels the open renewal unless its money is on its way: that one is surplus when it settles, because a subscription
    that no longer renews itself takes no term (the database refuses a further try too).
    """
    cancel(subscription.pk, actor=actor, at=at, reason=reason)
    if subscription.renewal != Renewal.AUTOMATIC:
        return False
    subscription.renewal = Renewal.FIXED
    subscription.save(update_fields=["renewal"])
    RenewalChoice.objects.create(
        subscription=subscription,
        automatic=False,
        declaration=declaration,
        actor=str(actor),
        reason=reason[:300],
        at=at,
    )
    return True


@transaction.atomic
def turn_off(subscription_id: int, *, actor: Actor, at: datetime, reason: str = "") -> bool:
    """The reader wants no further year; once. Queues the letter that says so."""
    subscription = contract_of(subscription=subscription_id, lock=True).promise
    if not stop_renewing(subscription, actor=actor, at=at, reason=reason or "turned off in the account"):
        return False
    _tell(subscription, "renewal_turned_off", at=at)
    return True


@transaction.atomic
def turn_on(
    subscription_id: int,
    *,
    words: str,
    actor: Actor,
    at: datetime,
    customer: Any = None,
    ip: str | None = None,
    user_agent: str = "",
) -> bool:
    """Automatic renewal again, before R, by the words of the mandate that were shown; False if it is on already.

    The renewal itself is planned by the next daily plan, with notices inside their windows or not at all. Raises
    CannotChoose: the subscription has ended, was sold for one year only, or the words (or price) are others by now.
    """
    subscription = contract_of(subscription=subscription_id, lock=True).promise
    if subscription.renewal == Renewal.AUTOMATIC:
        return False
    on = paris_day(at)
    dates = dates_of_subscription(subscription, on=on)
    stopped = bool(stopped_and_waiting([subscription.pk]))
    if stopped or not may_turn_on(subscription, ends_on=dates.ends_on, on=on):
        raise CannotChoose(_("This subscription can no longer be renewed automatically."), code="over")
    shown = words_now(dates)
    if shown is None or shown[1] != words:
        raise CannotChoose(_("The price has changed meanwhile. Please read the authorisation again."), code="words")
    consent = Consent.objects.create(
        matter=Consent.Matter.MANDATE,
        given=True,
        words=words,
        text=shown[0],
        customer=customer,
        ip=ip,
        user_agent=user_agent[:300],
        at=at,
    )
    subscription.renewal = Renewal.AUTOMATIC
    subscription.save(update_fields=["renewal"])
    RenewalChoice.objects.create(
        subscription=subscription, automatic=True, consent=consent, actor=str(actor), reason="", at=at
    )
    _tell(subscription, "renewal_turned_on", at=at)
    return True


def words_now(dates: SubscriptionDates) -> tuple[LegalText, str] | None:
    """The mandate's text and its words with today's yearly price; None while there is no price or text."""
    text = current_text("mandat", on=dates.on)
    if text is None or dates.yearly_price is None:
        return None
    return text, mandate_words(text, dates.yearly_price)


def _tell(subscription: Subscription, kind: str, *, at: datetime) -> None:
    choice = RenewalChoice.objects.filter(subscription=subscription).latest("pk")
    tell_reader(subscription.payer, kind, f"{kind}:choice:{choice.pk}", {"choice_id": choice.pk}, at=at)
