"""What letters about the account say: the door, the addresses, the card, the end."""

from __future__ import annotations

from datetime import datetime

from django.utils.dateparse import parse_date, parse_datetime

from payments.days import paris_day
from payments.models import MethodSetup
from payments.money import french
from payments.paid_by import means
from subscriptions.dates import dates_of_subscription
from subscriptions.gifts.links import gift_path
from subscriptions.gifts.reaching import gifts_of_recipient
from subscriptions.models import AddressChange, Subscription
from subscriptions.notices.french import day, issue, moment
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute


def code(facts: Facts) -> Context:
    """A code to sign in; `expires_at` is an instant."""
    return {"code": facts["code"], "expires_at": _instant(facts), "until": moment(_instant(facts))}


def email_change(facts: Facts) -> Context:
    """One of the two confirmations of a change of e-mail; `confirm_path` is signed by whoever asks for it."""
    return {
        "confirm_url": absolute(facts["confirm_path"]),
        "old_email": facts["old_email"],
        "new_email": facts["new_email"],
        "expires_at": _instant(facts),
        "until": moment(_instant(facts)),
    }


def email_changed(facts: Facts) -> Context:
    """The change holds."""
    return {"old_email": facts["old_email"], "new_email": facts["new_email"]}


def address_changed(facts: Facts) -> Context:
    """A move, and the first issue that it reaches."""
    change = AddressChange.objects.select_related("new", "first_issue", "recipient").get(pk=facts["change_id"])
    return {
        "change": change,
        "recipient": change.recipient.name,
        "address": change.new.lines,
        "first_issue": issue(change.first_issue.printed) if change.first_issue else "",
        "first_posted_about": day(change.first_issue.post_on) if change.first_issue else "",
        "correct_url": _correct_url(change),
    }


def _correct_url(change: AddressChange) -> str:
    """Where to put it right: the account, or the page of a gift whose recipient has none."""
    gift = next(iter(gifts_of_recipient(change.recipient_id)), None)
    return absolute(gift_path(gift)) if gift is not None and gift.claimed_by_id is None else ""


def moved_again(context: Context, *, at: datetime) -> str:
    """A move is not told once there is a later one, which has its own letter."""
    change: AddressChange = context["change"]
    later = AddressChange.objects.filter(recipient_id=change.recipient_id, pk__gt=change.pk)
    return "a later move has its own letter" if later.exists() else ""


def method_changed(facts: Facts) -> Context:
    """Another card or IBAN pays from now on."""
    setup = MethodSetup.objects.select_related("saved_method").get(pk=facts["setup_id"])
    subscription = Subscription.objects.get(pk=facts["subscription_id"])
    saved = setup.saved_method
    if saved is None:
        raise ValueError(f"set-up {setup.pk} left no method")
    renewal = dates_of_subscription(subscription, on=paris_day(setup.state_since)).renewal
    return {
        "subscription": subscription,
        "subscriber_number": subscription.number or "",
        "method": means(saved.kind, last4=saved.last4),
        "card": saved.kind == "card",
        "expires": f"{saved.exp_month:02d}/{saved.exp_year}" if saved.exp_month and saved.exp_year else "",
        "still_used": subscription.saved_method_id == saved.pk,
        "renews_on": day(renewal.on) if renewal else "",
        "amount": french(renewal.amount) if renewal and renewal.amount else "",
        "announced": renewal is not None and renewal.announced,
    }


def replaced(context: Context, *, at: datetime) -> str:
    """A card is not told once another one took its place."""
    return "" if context["still_used"] else "another means of payment took its place"


def erased(facts: Facts) -> Context:
    """What was erased and what the law keeps."""
    on = parse_date(str(facts["erased_on"]))
    if on is None:
        raise ValueError("erased_on is a date, as in 2027-03-01")
    return {"erased_on": day(on)}


def expired(context: Context, *, at: datetime) -> str:
    """A code or a link that has ended is of no use to anybody."""
    return "it has ended" if at >= context["expires_at"] else ""


def _instant(facts: Facts) -> datetime:
    found = parse_datetime(str(facts["expires_at"]))
    if found is None or found.tzinfo is None:
        raise ValueError("expires_at is an instant with its time zone, as in 2027-03-01T12:00:00+00:00")
    return found
