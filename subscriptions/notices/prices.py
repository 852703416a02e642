"""What letters about a change of price say: what the next year costs, from when, until when the old price holds, how to refuse."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module

from django.db.models import Max
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_date

from payments.money import eur, french
from subscriptions.dates import LIVING
from subscriptions.models import Offer, PriceChange, Subscription, Term
from subscriptions.notices.french import day
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute, public_function
from subscriptions.pricing.paid import last_bought


def dearer(facts: Facts) -> Context:
    """The next year costs more than this one."""
    subscription = _subscription(facts)
    change = PriceChange.objects.get(pk=facts["change_id"])
    number = int(facts["number"])
    last = Term.objects.filter(subscription=subscription).aggregate(number=Max("number"))["number"]
    paid = last_bought(subscription.pk)
    renews_on = parse_date(str(facts["renews_on"])) or date.max
    return {
        "subscription": subscription,
        "change": change,
        "begun": last is not None and last >= number,
        "renews_day": renews_on,
        "subscriber_number": subscription.number or "",
        "title": subscription.magazine.title,
        "offer": subscription.offer.title,
        "copies": subscription.offer.copies,
        "renews_on": day(renews_on),
        "refuse_until": day(renews_on - timedelta(days=1)),
        "amount": french(eur(Decimal(str(facts["amount"])))),
        "before": french(paid.amount) if paid is not None else "",
        "refuse_url": _refuse_page(subscription, number=number, change=change),
        "terminate_url": public_function("terminate"),
    }


def no_longer_dearer(context: Context, *, at: datetime) -> str:
    """Not told once the change is cancelled, or no year begins by itself any more."""
    subscription: Subscription = context["subscription"]
    if context["change"].state == PriceChange.State.CANCELLED:
        return "the change of price was cancelled"
    if context["begun"] or subscription.state not in LIVING:
        return "the renewal has gone on"
    if subscription.renewal != Offer.Renewal.AUTOMATIC:
        return "automatic renewal is off"
    return ""


def called_off(facts: Facts) -> Context:
    """It does not cost more after all."""
    subscription = _subscription(facts)
    change = PriceChange.objects.get(pk=facts["change_id"])
    return {
        "subscription": subscription,
        "subscriber_number": subscription.number or "",
        "title": subscription.magazine.title,
        "amount": french(change.amount),
    }


def not_renewing(context: Context, *, at: datetime) -> str:
    """Whoever has turned automatic renewal off is written to no more about its price."""
    subscription: Subscription = context["subscription"]
    automatic = subscription.renewal == Offer.Renewal.AUTOMATIC and subscription.state in LIVING
    return "" if automatic else "automatic renewal is off"


def _subscription(facts: Facts) -> Subscription:
    found: Subscription = Subscription.objects.select_related("magazine", "offer").get(pk=facts["subscription_id"])
    return found


def _refuse_page(subscription: Subscription, *, number: int, change: PriceChange) -> str:
    try:
        reverse("refuse_price", args=["token"])
    except NoReverseMatch:
        return public_function("terminate")
    refusing = import_module("subscriptions.pricing.refusing")
    return absolute(refusing.refuse_path(subscription.pk, number=number, change_id=change.pk))
