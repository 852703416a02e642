"""What letters about gifts say: to whoever receives, never a price; to whoever gives, never a later address."""

from __future__ import annotations

from datetime import datetime

from payments.days import paris_day
from subscriptions.gifts.links import gift_path
from subscriptions.gifts.moving import LIVING
from subscriptions.models import CarriedTerm, Entitlement, Gift, Issue, Subscription
from subscriptions.moving import GONE
from subscriptions.notices.french import day, issue, issues, month
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute

State = Gift.State
RUNNING = (Subscription.State.ACTIVE,)


def announced(facts: Facts) -> Context:
    """To the recipient: who gives what, from when on, what we know of them and where from (GDPR art. 14)."""
    gift, copies = _gift(facts)
    first = copies[0].issue if copies else None
    return {
        **_told_of(gift, copies),
        "first": _issue(first or gift.order.first_issue),
        "goes_on": gift.continues_id is not None,
        "address_known": not _moved(gift),
        "address": gift.order.delivery.lines if not _moved(gift) else [],
        "gift_url": absolute(gift_path(gift)),
    }


def no_longer_given(context: Context, *, at: datetime) -> str:
    """A gift that was taken back is not told; nor one that is in its recipient's account already."""
    gift: Gift = context["gift"]
    if gift.state not in LIVING or context["subscription"].state not in RUNNING:
        return "the gift was taken back"
    return "its recipient has it already" if gift.state == State.CLAIMED and gift.continues_id is None else ""


def claimed(facts: Facts) -> Context:
    """To the recipient: the gift is in their account; what comes, and where it goes on if they read already."""
    gift, copies = _gift(facts)
    carried = CarriedTerm.objects.filter(sold__subscription=gift.subscription_id).select_related("served__subscription")
    served = next((row.served for row in carried), None)
    return {
        **_told_of(gift, copies),
        "first": _issue(copies[0].issue) if copies else None,
        "follows": served.subscription.number if served else "",
        "from_on": day(served.starts_on) if served else "",
        "until_on": day(served.ends_on) if served else "",
    }


def taken_back(context: Context, *, at: datetime) -> str:
    """A claim is not told once the gift was taken back."""
    return "the gift was taken back" if context["gift"].state != State.CLAIMED else ""


def over(facts: Facts) -> Context:
    """To the recipient who has it in their account: its copies do not come, whatever its giver or their bank decided."""
    gift = Gift.objects.select_related("order__offer__magazine").get(pk=facts["gift_id"])
    carried = CarriedTerm.objects.filter(sold__subscription=gift.subscription_id).select_related("served__subscription")
    served = next((row.served for row in carried), None)
    return {
        "gift": gift,
        "giver": gift.giver_name,
        "magazine": gift.order.offer.magazine,
        "follows": served.subscription.number if served else "",
    }


def order_told(order_id: int) -> Context:
    """What the confirmation of an order says of the gift in it; nothing for what is none. One query for a gift."""
    gift = Gift.objects.filter(order=order_id).first()
    if gift is None:
        return {"gift": None}
    paid_on = paris_day(gift.state_since)
    return {
        "gift": gift,
        "recipient": gift.recipient_name,
        # A debit may be settled after the day that was chosen: it is told on the day on which it is paid.
        "announced_on": day(max(gift.announce_on, paid_on)) if gift.announce_on else "",
        # Told on the day it is paid, it is told before anybody could change it.
        "told_later": gift.announce_on is not None and gift.announce_on > paid_on,
        "recipient_email": gift.recipient_email,
        "goes_on": gift.continues_id is not None,
    }


def _gift(facts: Facts) -> tuple[Gift, list[Entitlement]]:
    """The gift and its copies that come or came, wherever they are served."""
    gift = Gift.objects.select_related(
        "order__offer__magazine", "order__first_issue", "order__delivery", "subscription__recipient", "continues"
    ).get(pk=facts["gift_id"])
    carried = CarriedTerm.objects.filter(sold__subscription=gift.subscription_id).values_list("served", flat=True)
    own = Entitlement.objects.filter(term__subscription=gift.subscription_id)
    rows = own | Entitlement.objects.filter(term__in=list(carried))
    return gift, list(rows.exclude(state__in=GONE).select_related("issue").order_by("term__number", "rank"))


def _told_of(gift: Gift, copies: list[Entitlement]) -> Context:
    numbers = [copy.issue.printed for copy in copies if copy.issue is not None]
    subscription = gift.subscription
    if subscription is None:
        raise ValueError(f"gift {gift.pk} is not paid")
    return {
        "gift": gift,
        "subscription": subscription,
        "giver": gift.giver_name,
        "recipient": gift.recipient_name,
        "message": gift.message,
        "magazine": gift.order.offer.magazine,
        "copies": len(copies),
        "numbers": issues(numbers) if len(numbers) == len(copies) and numbers else "",
    }


def _moved(gift: Gift) -> bool:
    return gift.continues_id is not None or (
        gift.subscription is not None and gift.subscription.recipient.address_changes.exists()
    )


def _issue(row: Issue | None) -> dict[str, str] | None:
    if row is None:
        return None
    return {
        "number": issue(row.printed),
        "month": month(row.cover_month, row.cover_year),
        "posted_on": day(row.posted_on or row.post_on),
    }
