"""With which issue a gift begins: one of the next ones that can still be promised, as its giver chooses.

Pure but for `already_given`, which reads what its recipient is promised by now. The days come from the one calculator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from subscriptions.calendar import is_open, term_dates
from subscriptions.models import CarriedTerm, Entitlement, Gift, Issue
from subscriptions.moving import GONE
from subscriptions.offers.catalogue import Shelf, Standing, dates_of
from subscriptions.prolonging import promised_by


@dataclass(frozen=True, slots=True)
class Start:
    """The issue a gift begins with, the next one by default; `after`: the last one its recipient is promised already."""

    number: int | None = None
    after: int = 0


#: So many issues may be chosen from: a year ahead.
CHOICE = 4


def starts(shelf: Shelf, *, after: int = 0) -> list[Issue]:
    """The issues a gift ordered today may begin with, the next one first; `after`: what is promised to them already."""
    open_now = (row for row in shelf.issues if row.number > after and is_open(dates_of(row), on=shelf.on))
    return sorted(open_now, key=lambda row: row.number)[:CHOICE]


def begun_with(standing: Standing, number: int | None, *, shelf: Shelf, after: int = 0) -> Standing | None:
    """The offer as it stands for a gift that begins with issue `number`, the next one by default; None if it cannot."""
    choice = starts(shelf, after=after)
    first = next((row for row in choice if number in (None, row.number)), None)
    if first is None:
        return None
    return replace(
        standing,
        first_issue=first,
        term=term_dates(dates_of(first), ordered_on=shelf.on),
        issues=[row for row in shelf.issues if row.number >= first.number][: standing.offer.copies],
    )


def already_given(gift: Gift) -> int:
    """The number of the last issue that the recipient of a gift is promised, by it or by their own subscription."""
    carried = CarriedTerm.objects.filter(sold__subscription=gift.subscription_id).select_related("served__subscription")
    followed = [row.served.subscription for row in carried]
    number = max((one.last_number for one in promised_by(followed).values()), default=0)
    copies = Entitlement.objects.filter(term__subscription=gift.subscription_id).exclude(state__in=GONE)
    for copy in copies.select_related("issue").order_by("term__number", "rank"):
        number = max(number, copy.issue.ends) if copy.issue else number + 1
    return number
