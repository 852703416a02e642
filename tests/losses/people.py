"""Readers whose issue was posted, and what they say of it."""

from __future__ import annotations

from datetime import date, datetime

from shop.watch.audit import breaches
from subscriptions.losses.claiming import Said, claim
from subscriptions.losses.returning import Returned, follow, write_down
from subscriptions.losses.stock import enter
from subscriptions.models import Claim, CopyReturn, Dispatch, Entitlement, Issue, Offer, Subscription
from tests.fulfilment.people import at, buys, issue
from tests.makers import CLERK, READER, send_out

POSTED_ON = date(2026, 12, 15)
#: Inside the days of claims of issue 25: from the 30th on.
CLAIMED = at(date(2027, 1, 4))


def posted(*subscriptions: Subscription, number: int = 25, on: date = POSTED_ON) -> Issue:
    """The issue has left for these readers."""
    one = issue(number)
    send_out(one, on=on)
    return one


def copy_of(subscription: Subscription, number: int = 25) -> Entitlement:
    return Entitlement.objects.get(term__subscription=subscription, issue__number=number)


def claims(
    subscription: Subscription,
    number: int = 25,
    *,
    when: datetime = CLAIMED,
    reason: str = "not_received",
    by: str = "reader",
    confirmed: bool = False,
) -> Claim:
    """A reader says that an issue did not come."""
    said = Said(copy_of(subscription, number).pk, reason, by, confirmed)
    return claim(said, actor=READER, at=when)


def in_stock(number: int = 25, copies: int = 40, *, when: datetime = CLAIMED) -> None:
    enter(issue(number).pk, "received", copies, actor=CLERK, at=when, reason="passe du routage")


def comes_back(
    subscription: Subscription, number: int = 25, *, reason: int = 2, on: date = date(2027, 1, 8)
) -> CopyReturn:
    """The post brings a copy back, and the rules are asked."""
    line = Dispatch.objects.exclude(kind="RCL").get(subscription=subscription, issue__number=number)
    write_down([Returned(line.pk, reason, on)], source="paper", actor=CLERK, at=at(on))
    follow(actor=CLERK, at=at(on))
    return CopyReturn.objects.get(dispatch=line)


def unsound(when: datetime) -> list[tuple[str, str, str]]:
    """What the audit finds wrong with copies, their money and their contracts; letters and Stripe are not looked after here."""
    return [found for found in breaches(when) if found[0] in ("COPIES", "BALANCED", "STOPPED")]


__all__ = [
    "CLAIMED",
    "CLERK",
    "POSTED_ON",
    "Offer",
    "at",
    "buys",
    "claims",
    "comes_back",
    "copy_of",
    "in_stock",
    "posted",
    "unsound",
]
