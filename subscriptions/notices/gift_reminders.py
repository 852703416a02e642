"""What the two reminders of a gift say: to its giver that it ends and may go on, to its recipient that it was the last copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from payments.money import french
from subscriptions.calendar import numbers_from
from subscriptions.gifts.ending import remindable_gifts, served_copies
from subscriptions.gifts.links import again_path, stop_path
from subscriptions.gifts.starting import already_given, begun_with
from subscriptions.models import Gift, Offer
from subscriptions.models.reminders import ReminderStep
from subscriptions.moving import COMING
from subscriptions.notices.french import day, issue, issues, month
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute
from subscriptions.objecting import unsubscribe_path
from subscriptions.offers.catalogue import Standing, read_shelf

Addressee = ReminderStep.Addressee
TO: dict[str, str] = {"gift_ending_giver": Addressee.GIVER, "gift_ending_recipient": Addressee.RECIPIENT}


@dataclass(frozen=True, slots=True)
class Ending:
    """One of the two: its context, and when it must not leave any more."""

    kind: str

    def context(self, facts: Facts) -> Context:
        """The letter as things stand when it is written; prices and days are those of the day it was asked for."""
        gift = Gift.objects.select_related(
            "subscription__recipient__address", "subscription__offer", "subscription__magazine", "claimed_by", "order"
        ).get(pk=facts["gift_id"])
        if gift.subscription is None:
            raise ValueError(f"gift {gift.pk} is not paid")
        copies = served_copies(gift)
        last = copies[-1].issue if copies else None
        to_giver = TO[self.kind] == Addressee.GIVER
        holder = gift.claimed_by_id
        return {
            "gift": gift,
            "giver": gift.giver_name,
            "recipient": gift.recipient_name,
            "copies_left": sum(copy.state in COMING for copy in copies),
            "last": {
                "number": issue(last.printed),
                "month": month(last.cover_month, last.cover_year),
                "posted_on": day(last.posted_on or last.post_on),
            }
            if last
            else None,
            "offered": _offered(gift, on=date.fromisoformat(facts["on"]), again=to_giver),
            "again_url": absolute(again_path(gift, source=facts["code"])),
            "order_url": absolute(f"/abonnement/?source={facts['code']}"),
            "unsubscribe_url": absolute(
                unsubscribe_path(gift.subscription.payer_id or 0)
                if to_giver
                else unsubscribe_path(holder)
                if holder
                else stop_path(gift)
            ),
        }

    def untrue_because(self, context: Context, *, at: datetime) -> str:
        """Why it must not be sent any more: it goes on, was taken back, somebody objected, a copy is on hold."""
        gift: Gift = context["gift"]
        if not remindable_gifts(TO[self.kind]).filter(pk=gift.pk).exists():
            return "nobody is to be reminded any more"
        return "" if context["offered"] is not None else "there is nothing to go on with for now"


def _offered(gift: Gift, *, on: date, again: bool) -> dict[str, Any] | None:
    """What another year costs and brings: as a gift after this one, or as a subscription of one's own."""
    standing = _standing(gift, on=on, again=again)
    if standing is None:
        return None
    first = standing.first_issue
    return {
        "amount": french(standing.amount),
        "which": issues(numbers_from(first.number, standing.issues, standing.offer.copies)),
        "first": issue(first.printed),
        "first_posted_on": day(first.post_on),
    }


def _standing(gift: Gift, *, on: date, again: bool) -> Standing | None:
    shelf = read_shelf(on)
    subscription = gift.subscription
    fixed = [one for one in shelf.offers if one.renewal == Offer.Renewal.FIXED]
    if subscription is None or not fixed:
        return None
    offer = shelf.offer(subscription.offer.code) or fixed[0]
    standing = shelf.standing(offer, subscription.recipient.address.delivery_zone)
    if standing is None or not again:
        return standing
    return begun_with(standing, None, shelf=shelf, after=already_given(gift))
