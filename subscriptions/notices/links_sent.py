"""What letters say that carry a link a reader asked for on the telephone: to another card, to automatic renewal, to go on.

Nothing is done by them. Whoever is to say yes says it on the page behind the link, by the words that stand there.
"""

from __future__ import annotations

from datetime import date, datetime

from payments.money import french
from payments.paid_by import means
from subscriptions.dates import LIVING, dates_of_subscription, may_turn_on
from subscriptions.models import Offer, Renewal, Subscription
from subscriptions.notices.french import day
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute, card_page, renewal_page
from subscriptions.notices.reminders import offered
from subscriptions.renewals.links_by_choice import renew_path

#: A renewal in these states is paid on its own page.
BY_THE_READER = (Renewal.State.AWAITING_READER, Renewal.State.MANUAL)


def _read(facts: Facts) -> tuple[Subscription, Context]:
    subscription = Subscription.objects.select_related(
        "offer", "magazine", "saved_method", "payer", "recipient__address"
    ).get(pk=facts["subscription_id"])
    asked_on = date.fromisoformat(facts["asked_on"])
    return subscription, {
        "subscription": subscription,
        "asked_on": asked_on,
        "asked_day": day(asked_on),
        "subscriber_number": subscription.number or "",
        "magazine_title": subscription.magazine.title,
    }


def card(facts: Facts) -> Context:
    """Where another means of payment is left; which one is kept now."""
    subscription, said = _read(facts)
    kept = subscription.saved_method
    if kept is not None and kept.ended_at is not None:
        kept = None
    return {**said, "means": means(kept.kind, last4=kept.last4) if kept else "", "card_url": card_page(subscription)}


def no_card_wanted(context: Context, *, at: datetime) -> str:
    """Nothing is debited any more."""
    subscription: Subscription = context["subscription"]
    if subscription.state not in LIVING:
        return "the subscription has ended"
    return "" if subscription.renewal == Offer.Renewal.AUTOMATIC else "automatic renewal is off"


def on_again(facts: Facts) -> Context:
    """Where automatic renewal is turned on, from when and for how much a year."""
    subscription, said = _read(facts)
    dates = dates_of_subscription(subscription, on=said["asked_on"])
    return {
        **said,
        "ends": dates.ends_on,
        "ends_on": day(dates.ends_on) if dates.ends_on else "",
        "amount": french(dates.yearly_price) if dates.yearly_price is not None else "",
        "renewal_url": absolute(f"/compte/abonnements/{subscription.pk}/reconduction/"),
    }


def not_to_be_turned_on(context: Context, *, at: datetime) -> str:
    """It is on, or can no longer be."""
    subscription: Subscription = context["subscription"]
    if subscription.renewal == Offer.Renewal.AUTOMATIC:
        return "the reader has chosen otherwise since"
    may = may_turn_on(subscription, ends_on=context["ends"], on=context["asked_on"])
    return "" if may else "the subscription has ended"


def go_on(facts: Facts) -> Context:
    """Where one more year is taken: on the page of the renewal that waits for it, else on the order page."""
    subscription, said = _read(facts)
    waits = Renewal.objects.filter(subscription=subscription, state__in=BY_THE_READER).order_by("-pk").first()
    return {
        **said,
        "waits": waits,
        "amount": french(waits.amount) if waits else "",
        "offered": None if waits else offered(subscription, on=said["asked_on"]),
        "renew_url": renewal_page(waits) if waits else absolute(renew_path(subscription)),
    }


def nothing_to_go_on_with(context: Context, *, at: datetime) -> str:
    """Neither a renewal that waits nor an offer."""
    return "" if context["waits"] or context["offered"] else "there is nothing to go on with for now"
