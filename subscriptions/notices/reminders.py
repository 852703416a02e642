"""What the reminders of fixed terms say: what happens, what going on costs and brings, one button, how to stop them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from payments.money import french
from subscriptions.calendar import numbers_from
from subscriptions.models import Issue, Offer, Subscription, Term
from subscriptions.moving import COMING
from subscriptions.notices.french import day, issue, issues, month
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import absolute
from subscriptions.objecting import unsubscribe_path
from subscriptions.offers.catalogue import Standing, read_shelf
from subscriptions.prolonging import held, prolonged
from subscriptions.renewals.links_by_choice import renew_path
from subscriptions.renewals.remindable import remindable

#: The letters that speak to those who still receive copies.
WHILE_RUNNING = frozenset({"reminder_two_left", "reminder_one_left", "reminder_last_posted"})
#: Those that are advertising in the eyes of the law (CPCE L34-5).
COURTESY = frozenset({"reminder_next_posted", "reminder_farewell"})


IN_WORDS = {2: "deux", 3: "trois", 4: "quatre"}


@dataclass(frozen=True, slots=True)
class Reminder:
    """One kind of reminder: its context, and when it must not leave any more."""

    kind: str

    def context(self, facts: Facts) -> Context:
        """The letter, as things stand when it is written; prices and days are those of the day it was asked for."""
        term = Term.objects.select_related(
            "subscription__recipient__address", "subscription__offer", "subscription__magazine"
        ).get(pk=facts["term_id"])
        on = date.fromisoformat(facts["on"])
        subscription = term.subscription
        copies = list(term.entitlements.select_related("issue").order_by("rank"))
        last = copies[-1].issue
        left = sum(copy.state in COMING for copy in copies)
        return {
            "term": term,
            "kind": self.kind,
            "subscriber_number": subscription.number or "",
            "copies_left": left,
            "copies_in_words": IN_WORDS.get(left, str(left)),
            "ended_on": day(term.ends_on),
            "last": _issue(last),
            "missed": _issue(_missed(subscription, last)),
            "offered": offered(subscription, on=on),
            "renew_url": absolute(renew_path(subscription, term=term.number, source=facts["code"])),
            "unsubscribe_url": absolute(unsubscribe_path(subscription.payer_id or 0)),
        }

    def untrue_because(self, context: Context, *, at: datetime) -> str:
        """Why it must not be sent any more: they went on, stopped, objected, or it speaks of copies that have left."""
        running = self.kind in WHILE_RUNNING
        term: Term = context["term"]
        if (
            not remindable(lapsed=not running, courtesy=self.kind in COURTESY, on_paper=True)
            .filter(pk=term.pk)
            .exists()
        ):
            return "the reader is not to be reminded any more"
        if context["offered"] is None:
            return "there is nothing to go on with for now"
        if self.kind in ("reminder_two_left", "reminder_one_left") and not context["copies_left"]:
            return "every copy has left"
        return ""


def offered(subscription: Subscription, *, on: date) -> dict[str, Any] | None:
    """What one more year costs and brings, as the page behind the button says it."""
    standing = _standing(subscription, on=on)
    if standing is None:
        return None
    first = standing.first_issue
    return {
        "amount": french(standing.amount),
        "which": issues(numbers_from(first.number, standing.issues, standing.offer.copies)),
        "first": _issue(first),
        "starts_on": day(standing.term.starts_on),
        "copies": standing.offer.copies,
    }


def _standing(subscription: Subscription, *, on: date) -> Standing | None:
    shelf, renews = read_shelf(on), held(subscription)
    if renews is None:
        return None
    fixed = [one for one in shelf.offers if one.renewal == Offer.Renewal.FIXED]
    offer = shelf.offer(subscription.offer.code) or next(iter(fixed), None)
    zone = subscription.recipient.address.delivery_zone
    standing = shelf.standing(offer, zone) if offer is not None else None
    return prolonged(standing, renews, shelf=shelf) if standing is not None else None


def _missed(subscription: Subscription, last: Issue | None) -> Issue | None:
    """The latest issue that was posted without this reader."""
    if last is None:
        return None
    later = Issue.objects.filter(magazine=subscription.magazine_id, number__gt=last.number, posted_on__isnull=False)
    return later.order_by("-number").first()


def _issue(row: Issue | None) -> dict[str, str] | None:
    if row is None:
        return None
    return {
        "number": issue(row.printed),
        "month": month(row.cover_month, row.cover_year),
        "posted_on": day(row.posted_on or row.post_on),
    }
