"""What letters about a coming renewal say: that it comes and how to refuse, the debit, a card that ends, that it will not.

Read from the rows when the letter is written; each names the R it was queued for, and is not sent about another one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_date

from payments.days import paris_day
from payments.models import SavedMethod
from payments.money import french
from payments.paid_by import means
from subscriptions.calendar import RULES, last_day_to_refuse, legal_notice_window
from subscriptions.models import Offer, Renewal, RenewalProof, Subscription
from subscriptions.notices.french import day
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import card_page, public_function, renewal_page
from subscriptions.pricing.paid import last_bought
from subscriptions.renewals import calendar

State = Renewal.State
LIVING = (Subscription.State.ACTIVE, Subscription.State.GRACE)


def legal(facts: Facts) -> Context:
    """The notice of C. conso L215-1: from which day, until when one may refuse, for how long, at which price, how paid."""
    told = _told_of(facts)
    renewal: Renewal = told["renewal"]
    terms = list(renewal.subscription.terms.standing().order_by("number"))
    paid = last_bought(renewal.subscription_id)
    before = paid.amount if paid is not None else renewal.amount
    earlier = (
        RenewalProof.objects.filter(renewal=renewal, kind=RenewalProof.Kind.LEGAL)
        .exclude(renews_on=renewal.renews_on)
        .order_by("-pk")
        .first()
    )
    return {
        **told,
        "deadline": told["refuse_until"].upper(),
        "before": french(before),
        "dearer_or_cheaper": before != renewal.amount,
        "waits_for_copies": renewal.renews_on != terms[-1].ends_on + timedelta(days=1),
        "instead_of": day(earlier.renews_on) if earlier else "",
        "price_changes": renewal.price.change_id is not None and before != renewal.amount,
        "dearer": renewal.amount > before,
        "told_amount": facts.get("amount", ""),
    }


def too_late(context: Context, *, at: datetime) -> str:
    """A legal notice does not leave outside the law's window, nor about what will not be.

    By e-mail with a guard at each end; on paper a person posts it on the very day that they write down.
    """
    because = _no_longer(context, (State.PLANNED, State.ANNOUNCED))
    if because:
        return because
    if context["told_amount"] and context["told_amount"] != str(context["renewal"].amount.amount):
        return "the price has changed since it was queued"
    window = legal_notice_window(context["told_day"])
    first, last = window.send_from, window.send_until
    if context.get("on_paper"):
        first, last = window.opens_on, window.closes_on
    if not first <= paris_day(at) <= last:
        return "outside the law's window for it"
    return ""


def pre_debit(facts: Facts) -> Context:
    """Amount, day and means of the debit, and how to stop it (law.md 5.2, 5.3)."""
    charge_on = _date(facts, "charge_on")
    return {
        **_told_of(facts),
        "charge_day": charge_on,
        "charge_on": day(charge_on),
        "creditor_id": settings.PUBLISHER.get("sepa_creditor_id", ""),
    }


def no_debit(context: Context, *, at: datetime) -> str:
    """A debit is not told when there will be none, nor less than seven days before the day that it names."""
    because = _no_longer(context, (State.ANNOUNCED, State.DUE))
    if because:
        return because
    if context["method"] is None:
        return "no means of payment is kept"
    if paris_day(at) + timedelta(days=RULES.pre_debit_least_days) > context["charge_day"]:
        return "too late for the day that it names"
    return ""


def card_wanted(facts: Facts) -> Context:
    """The card ends before the debit, or there is none to debit."""
    return {**_told_of(facts), "had_one": _kept(facts) is not None}


def card_is_good(context: Context, *, at: datetime) -> str:
    """Nobody is asked for a card who has left one."""
    because = _no_longer(context, (State.PLANNED, State.ANNOUNCED))
    if because:
        return because
    method: SavedMethod | None = context["method"]
    return "a good means of payment is kept" if method and method.pays_on(context["told_day"]) else ""


def by_choice(facts: Facts) -> Context:
    """It does not go on by itself: the reader may choose another year."""
    told = _told_of(facts)
    return {**told, "pay_url": renewal_page(told["renewal"]), "by_hand": bool(facts.get("by_hand"))}


def chosen(context: Context, *, at: datetime) -> str:
    """Not told once it is paid or over."""
    renewal: Renewal = context["renewal"]
    return "" if renewal.state == State.MANUAL else "the renewal is no longer by choice"


def _renewal(facts: Facts) -> Renewal:
    return Renewal.objects.select_related(
        "price", "subscription__saved_method", "subscription__offer", "subscription__magazine"
    ).get(pk=facts["renewal_id"])


def _kept(facts: Facts) -> SavedMethod | None:
    return _renewal(facts).subscription.saved_method


def _told_of(facts: Facts) -> dict[str, Any]:
    """What every letter about a renewal names."""
    renewal = _renewal(facts)
    subscription = renewal.subscription
    method = subscription.saved_method
    if method is not None and method.ended_at is not None:
        method = None
    starts = list(subscription.terms.standing().order_by("number").values_list("starts_on", flat=True))
    term = calendar.next_term(starts, renewal.renews_on)
    return {
        "renewal": renewal,
        "told_day": _date(facts, "renews_on") if "renews_on" in facts else renewal.renews_on,
        "subscriber_number": subscription.number or "",
        "offer": subscription.offer.title,
        "magazine": subscription.magazine.title,
        "copies": subscription.offer.copies,
        "renews_on": day(renewal.renews_on),
        "refuse_until": day(last_day_to_refuse(renewal.renews_on)),
        "period": f"du {day(term.starts_on)} au {day(term.ends_on)}",
        "amount": french(renewal.amount),
        "method": method,
        "means": means(method.kind, last4=method.last4) if method else "",
        "sepa": method is not None and method.kind == calendar.SEPA,
        "expires": f"{method.exp_month:02d}/{method.exp_year}" if method and method.ends_on else "",
        "ends_first": method is not None and not method.pays_on(renewal.renews_on),
        "card_url": card_page(subscription),
        "terminate_url": public_function("terminate"),
    }


def _no_longer(context: Context, states: tuple[str, ...]) -> str:
    """Why a letter about an automatic renewal is no longer true, whatever it says of it."""
    renewal: Renewal = context["renewal"]
    subscription = renewal.subscription
    if subscription.state not in LIVING:
        return "the subscription has ended"
    if subscription.renewal != Offer.Renewal.AUTOMATIC:
        return "automatic renewal is off"
    if renewal.renews_on != context["told_day"]:
        return "the renewal has moved to another day"
    if renewal.state not in states:
        return "the renewal has gone on"
    return ""


def _date(facts: Facts, name: str) -> date:
    found = parse_date(str(facts[name]))
    if found is None:
        raise ValueError(f"{name} is a date, as in 2027-03-15")
    return found
