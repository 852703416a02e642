"""Prolonging: from when to when the next term of a subscription runs, and with which issue it goes on.

The core is pure: what was promised so far goes in, days and numbers come out. The order page says with it what will
come, and settling does with it what was said; renewals without the reader share it. A subscription that still goes on
is prolonged from its end, however early the reader comes: no day and no copy is sold twice. One that has run out begins
a new stretch as a first term does, 45 days before its first issue and never before the order (design, section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from subscriptions.calendar import IssueDates, Numbered, TermDates, last_of, reached_by_address_change, term_dates
from subscriptions.models import Issue, Offer, Subscription, Term
from subscriptions.moving import COMING, GONE
from subscriptions.offers.catalogue import Prolongs, Shelf, Standing, dates_of
from subscriptions.renewals.calendar import lapses_on, next_term

State = Subscription.State
#: What has ended is not prolonged: whoever withdrew, or had their data erased, begins anew.
PROLONGABLE = frozenset({State.ACTIVE, State.GRACE, State.LAPSED})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Promised:
    """What a subscription has promised so far.

    `starts` are those of its terms in order, but for those that were undone; `ends_on` is the last day of the last one.
    `term`: the highest number that a term of it has, undone or not. `last_number`: the last number of the issue of its last copy, counted on where that issue is not planned yet; 0 if none is known. `from_end_until`: the
    last day on which an order prolongs it from its end. `open_end`: it is not over yet, because copies are owed or because
    it renews itself. `waiting`: copies whose issue is not planned yet. `order_id`: the last order that bought a term of it, None if it was imported. `quantity`: copies of each issue of the last one.
    """

    starts: tuple[date, ...]
    term: int
    ends_on: date
    last_number: int
    from_end_until: date
    open_end: bool
    waiting: int = 0
    order_id: int | None = None
    quantity: int = 1

    def from_end(self, ordered_on: date) -> bool:
        """Whether the term of an order of that day follows the last one without a gap, whatever the sweeps have said."""
        return ordered_on <= self.from_end_until

    def goes_on(self, ordered_on: date) -> bool:
        """Whether the copies of an order of that day follow the last one: it is not over."""
        return self.open_end or self.from_end(ordered_on)

    def and_then(self, dates: TermDates, *, first: int, copies: int, planned: Iterable[Numbered] = ()) -> Promised:
        """The same with one term more, of `copies` copies from issue `first` on; `planned`: those issues that are."""
        return replace(
            self,
            starts=(*self.starts, dates.starts_on),
            term=self.term + 1,
            ends_on=dates.ends_on,
            last_number=last_of(first, planned, copies),
            from_end_until=dates.ends_on,
            open_end=True,
        )


def next_dates(promised: Promised, first: IssueDates | None, *, ordered_on: date) -> TermDates:
    """Dates of the term that an order of that day adds: from the day after the last one, or as a first term does.

    `first`: its first issue, None while that one is not planned.
    """
    following = promised.ends_on + _DAY
    if promised.from_end(ordered_on):
        return next_term(promised.starts, following)
    begins = term_dates(first, ordered_on=ordered_on).starts_on if first else ordered_on
    return next_term(promised.starts, max(begins, following))


def next_issue(promised: Promised, issues: Iterable[IssueDates], *, on: date, goes_on: bool) -> int | None:
    """The number of the issue with which the next term begins, for what is paid on day `on`; never one promised already.

    Where the subscription goes on, the one after its last copy as long as it is not posted (late payers are in the
    complement), else the first still open, else the next to be planned. After a lapse, the first still open; None if
    none is planned, or nothing is known to count on from.
    """
    later = sorted((issue for issue in issues if issue.number > promised.last_number), key=lambda issue: issue.number)
    following = next(iter(later), None)
    if goes_on and following is None:
        return promised.last_number + 1 if promised.last_number else None
    if goes_on and following is not None and following.posted_on is None:
        return following.number
    reached = reached_by_address_change(later, on=on)
    if reached is not None:
        return reached.number
    return later[-1].ends + 1 if goes_on and later else None


def issues_from(
    first: int | None, issues: Sequence[Issue], *, copies: int, promised: Promised | None = None
) -> Sequence[Issue]:
    """The planned issues of the copies of a term that begins with number `first`.

    None while copies that were promised before wait for their issue: these come first (`subscriptions.fulfilment.planning`).
    """
    if first is None or (promised is not None and promised.waiting):
        return []
    return [row for row in issues if row.number >= first][:copies]


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription that can be prolonged, and what it has promised so far."""

    subscription: Subscription
    promised: Promised


def prolonged(standing: Standing, held: Held, *, shelf: Shelf) -> Standing | None:
    """The offer as it stands for whoever prolongs a subscription with it today; None while its next issue is not planned.

    No query. Nobody buys further ahead than the calendar of issues reaches: what is bought has a day to be posted on.
    """
    promised, on = held.promised, shelf.on
    number = next_issue(promised, map(dates_of, shelf.issues), on=on, goes_on=promised.goes_on(on))
    first = shelf.issue(number) if number is not None else None
    if first is None:
        return None
    subscription = held.subscription
    return replace(
        standing,
        first_issue=first,
        term=next_dates(promised, dates_of(first), ordered_on=on),
        issues=issues_from(first.number, shelf.issues, copies=standing.offer.copies),
        quantity=promised.quantity,
        prolongs=Prolongs(subscription.pk, subscription.number or "", goes_on=promised.goes_on(on)),
    )


def held(subscription: Subscription) -> Held | None:
    """A subscription with what it has promised; None if it cannot be prolonged. One query."""
    return held_of([subscription]).get(subscription.pk)


def held_of(subscriptions: Sequence[Subscription]) -> dict[int, Held]:
    """Those that can be prolonged, with what each has promised, by primary key. One query.

    Left out: what has not begun or has ended, and what nobody knows how to count on from.
    """
    promised = promised_by([one for one in subscriptions if one.state in PROLONGABLE])
    return {
        one.pk: Held(one, promised[one.pk])
        for one in subscriptions
        if one.pk in promised and promised[one.pk].last_number
    }


def promised_by(subscriptions: Sequence[Subscription]) -> dict[int, Promised]:
    """What each that has a term, and not only undone ones, has promised so far, by primary key. One query."""
    kept = ~Q(entitlements__state__in=GONE)
    rows = (
        Term.objects.filter(subscription__in=[one.pk for one in subscriptions])
        .order_by("subscription", "number")
        .annotate(
            # What another house has served needs no issue of ours.
            waiting=Count("entitlements", filter=Q(entitlements__state__in=COMING) & Q(entitlements__issue=None)),
            coming=Count("entitlements", filter=Q(entitlements__state__in=COMING)),
            last=Max(Coalesce("entitlements__issue__last_number", "entitlements__issue__number"), filter=kept),
        )
        .values_list(
            "subscription",
            "number",
            "starts_on",
            "ends_on",
            "order",
            "undone",
            "quantity",
            "waiting",
            "coming",
            "last",
            named=True,
        )
    )
    terms = {key: list(theirs) for key, theirs in groupby(rows, key=attrgetter("subscription"))}
    return {
        one.pk: _promised(one, terms[one.pk])
        for one in subscriptions
        if any(term.undone is None for term in terms.get(one.pk, ()))
    }


def _promised(subscription: Subscription, terms: Sequence[Any]) -> Promised:
    standing = [term for term in terms if term.undone is None]
    ends_on = standing[-1].ends_on
    over = subscription.state == State.LAPSED
    automatic = subscription.renewal == Offer.Renewal.AUTOMATIC and not over
    numbers = [term.last for term in terms if term.last is not None]
    waiting = sum(term.waiting for term in terms)
    return Promised(
        starts=tuple(term.starts_on for term in standing),
        term=terms[-1].number,
        ends_on=ends_on,
        # Copies that wait for their issue come after all those that have theirs.
        last_number=max(numbers) + waiting if numbers else 0,
        # A renewal that is not paid on R may still be paid until it lapses: it is the same term then.
        from_end_until=lapses_on(ends_on + _DAY) - _DAY if automatic else ends_on,
        open_end=not over and (automatic or any(term.coming for term in terms)),
        waiting=waiting,
        order_id=next((term.order for term in reversed(terms) if term.order is not None), None),
        quantity=standing[-1].quantity,
    )
