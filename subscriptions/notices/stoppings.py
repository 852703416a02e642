"""What letters about stopping say: receipts of declarations, and automatic renewal turned off or on."""

from __future__ import annotations

from datetime import datetime

from django.urls import NoReverseMatch, reverse

from payments.days import paris_day
from payments.money import french
from subscriptions.calendar import legal_notice_window
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Declaration, RenewalChoice, Subscription
from subscriptions.notices.french import day, moment
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute, public_function
from subscriptions.stopping.effects import AT_ONCE, GENERAL


def acknowledged(facts: Facts) -> Context:
    """What was declared, word for word, with date and time of receipt, and what it does (law.md 4.5, 4.6)."""
    declaration = Declaration.objects.get(pk=facts["declaration_id"])
    return {
        "declaration": declaration,
        "reference": declaration.reference,
        "withdrawal": declaration.kind == Declaration.Kind.WITHDRAWAL,
        "received": moment(declaration.received_at),
        "received_on": day(paris_day(declaration.received_at)),
        "declared": declaration.content["declared"],
        "sentence": facts["sentence"],
        "sentences": facts["sentence"] or GENERAL[declaration.kind],
        "sha256": declaration.sha256,
        "at_once": declaration.effect in AT_ONCE,
        "proofs": bool(declaration.ground),
    }


def told(facts: Facts) -> Context:
    """Somebody declared something about this contract under another address: the contract's own address hears of it."""
    declaration = Declaration.objects.get(pk=facts["declaration_id"])
    subscription = Subscription.objects.filter(pk=facts["subscription_id"]).first()
    return {
        "declaration": declaration,
        "reference": declaration.reference,
        "withdrawal": declaration.kind == Declaration.Kind.WITHDRAWAL,
        "received": moment(declaration.received_at),
        "subscriber_number": (subscription.number or "") if subscription else "",
        "withdraw_url": public_function("withdraw"),
        "terminate_url": public_function("terminate"),
    }


def dealt_with(context: Context, *, at: datetime) -> str:
    """A question about a declaration that a person has dealt with meanwhile is not asked any more."""
    waits = context["declaration"].state in (Declaration.State.RECEIVED, Declaration.State.ON_DESK)
    return "" if waits else "the declaration is dealt with"


def turned_off(facts: Facts) -> Context:
    """No further year; until when copies come, and how to change one's mind."""
    choice = _choice(facts)
    dates = dates_of_subscription(choice.subscription, on=paris_day(choice.at))
    return {
        "choice": choice,
        "subscriber_number": choice.subscription.number or "",
        "title": choice.subscription.magazine.title,
        "turned_on_day": day(paris_day(choice.at)),
        "ends_on": day(dates.ends_on) if dates.ends_on else "",
        "copies_left": dates.copies_left,
        "renewal_url": _renewal_page(choice.subscription),
    }


def turned_on(facts: Facts) -> Context:
    """Another year by itself: when, for how much, by which words, and how to refuse."""
    choice = _choice(facts)
    dates = dates_of_subscription(choice.subscription, on=paris_day(choice.at))
    renewal = dates.renewal
    window = legal_notice_window(renewal.on) if renewal else None
    return {
        "choice": choice,
        "subscriber_number": choice.subscription.number or "",
        "title": choice.subscription.magazine.title,
        "words": choice.consent.words if choice.consent else "",
        "renews_on": day(renewal.on) if renewal else "",
        "refuse_until": day(renewal.refuse_until) if renewal else "",
        "amount": french(renewal.amount) if renewal and renewal.amount is not None else "",
        "notice_from": day(window.send_from) if window else "",
        "notice_until": day(window.send_until) if window else "",
        "terminate_url": public_function("terminate"),
        "renewal_url": _renewal_page(choice.subscription),
    }


def chosen_again(context: Context, *, at: datetime) -> str:
    """A choice is not told once there is a later one, which has its own letter or acknowledgement."""
    choice: RenewalChoice = context["choice"]
    later = RenewalChoice.objects.filter(subscription=choice.subscription_id, pk__gt=choice.pk)
    return "the reader has chosen otherwise since" if later.exists() else ""


def _choice(facts: Facts) -> RenewalChoice:
    return RenewalChoice.objects.select_related("subscription__magazine", "consent").get(pk=facts["choice_id"])


def _renewal_page(subscription: Subscription) -> str:
    try:
        return absolute(reverse("account_renewal", args=[subscription.pk]))
    except NoReverseMatch:
        return absolute("/compte/")
