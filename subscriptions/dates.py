"""The one calculator of dates of a subscription: account, letters and staff pages all print what it says (style.md 10).

What comes next, what is left, until when, what another year costs and when, until when one may withdraw. It reads rows
and asks `subscriptions.calendar`; sentences are written by those who ask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from payments.models import SavedMethod
from subscriptions.calendar import DeliveryZone, IssueDates, last_day_to_refuse, printed, withdraw_until
from subscriptions.gifts.carried import copies_by_sold_term
from subscriptions.models import (
    Entitlement,
    EntitlementMovement,
    HandOver,
    Offer,
    Pause,
    Price,
    Recipient,
    Subscription,
    Term,
)
from subscriptions.models import Renewal as Plan
from subscriptions.moving import COMING, GONE
from subscriptions.offers.catalogue import dates_of
from subscriptions.pricing.paid import bought
from subscriptions.renewals.calendar import renews_on

Copy = Entitlement.State
State = Subscription.State
LIVING = frozenset({State.PENDING, State.ACTIVE, State.GRACE})
#: Plans that are over: what they planned does not come, or has come.
OVER = (Plan.State.PAID, Plan.State.LAPSED, Plan.State.CANCELLED)
#: What is told to the reader by now: its amount stands.
TOLD = frozenset(Plan.State) - {Plan.State.PLANNED}


@dataclass(frozen=True, slots=True)
class CopyDates:
    """One copy of one term. `issue` is None while the issue it belongs to is not planned; `sent_again_on` after a loss.

    `left_on`: the day it was posted, which for one that joined its issue late is not the day of the issue.
    """

    term: int
    rank: int
    state: str
    issue: IssueDates | None
    left_on: date | None = None
    sent_again_on: date | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    """The next year: when, for how much (Money incl. VAT; None if no price is set), and D.

    `plan` is its row, None while it is not planned yet: then day and amount are what they would be today.
    """

    on: date
    amount: Any
    refuse_until: date
    plan: Plan | None = None

    @property
    def state(self) -> str:
        """Where its row stands; empty without one."""
        return str(self.plan.state) if self.plan else ""

    @property
    def announced(self) -> bool:
        """Whether day and amount were told to the reader, and so stand."""
        return self.state in TOLD


@dataclass(frozen=True, slots=True)
class Means:
    """The card or account that pays for renewals; `ends_on` is the last day a card is good, None for an account."""

    kind: str
    brand: str
    last4: str
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class SubscriptionDates:
    """Everything there is to say about dates and copies of one subscription on one day.

    `next_issue`: the issue of the next copy, None if none is owed or its issue is not planned yet. `copies_left` counts
    copies that are still to come. `withdrawal_open` with `withdraw_until` None: no copy has been posted yet, so
    the fourteen days have not begun. `renewal` is there only if the next year begins by itself; `by_choice` if it was
    meant to, could not be announced in time, and is the reader's to choose; `yearly_price` is what another year costs
    today either way. `means_ends_first`: the card ends before the renewal it should pay. `last_number`: the issue of the
    last copy that is still to come, `last_issue` its dates, None while it is not planned. `paused`: the issues that do not
    come by the reader's wish, as long as they have not left without them. `quantity`: copies of each issue, to one address.
    """

    subscription_id: int
    on: date
    starts_on: date | None
    ends_on: date | None
    first_issue: IssueDates | None
    next_issue: IssueDates | None
    copies: tuple[CopyDates, ...]
    copies_left: int
    withdrawal_open: bool
    withdraw_until: date | None
    renewal: Renewal | None
    yearly_price: Any
    means: Means | None
    by_choice: Renewal | None = None
    last_issue: IssueDates | None = None
    last_number: int | None = None
    paused: tuple[IssueDates, ...] = ()
    quantity: int = 1

    @property
    def last_printed(self) -> str:
        """The number of the last issue, both of a double one, as it is printed; empty where none is known."""
        if self.last_issue is not None:
            return self.last_issue.printed
        return "" if self.last_number is None else printed(self.last_number)

    @property
    def means_ends_first(self) -> bool:
        """Whether the card is no longer good on the day of the renewal."""
        ends_on = self.means.ends_on if self.means else None
        return self.renewal is not None and ends_on is not None and ends_on < self.renewal.on


def dates_of_subscription(subscription: Subscription, *, on: date) -> SubscriptionDates:
    """The dates of one subscription on day `on` (Paris). Seven queries."""
    return dates_of_subscriptions([subscription], on=on)[subscription.pk]


def dates_of_subscriptions(subscriptions: Sequence[Subscription], *, on: date) -> Mapping[int, SubscriptionDates]:
    """The dates of many subscriptions, by primary key. Seven queries at most, whatever their number; eight with a pause."""
    keys = [one.pk for one in subscriptions]
    terms: dict[int, list[Term]] = defaultdict(list)
    for term in (
        Term.objects.filter(subscription__in=keys)
        .select_related("order__delivery", "undone")
        .order_by("subscription", "number")
    ):
        terms[term.subscription_id].append(term)
    copies = {**_copies(keys), **_carried([one for one in subscriptions if one.is_gift])}
    prices = _prices({one.offer_id for one in subscriptions})
    zones = dict(
        Recipient.objects.filter(pk__in=[one.recipient_id for one in subscriptions]).values_list(
            "pk", "address__delivery_zone"
        )
    )
    plans = _plans(keys)
    paused = _paused([key for key, held in copies.items() if any(copy.state == Copy.HELD for copy in held)])
    methods = SavedMethod.objects.in_bulk({one.saved_method_id for one in subscriptions if one.saved_method_id})
    return {
        one.pk: _facts(
            one,
            terms=terms[one.pk],
            copies=copies.get(one.pk, ()),
            prices=[
                row for row in prices if (row.offer_id, row.delivery_zone) == (one.offer_id, zones[one.recipient_id])
            ],
            method=methods.get(one.saved_method_id or 0),
            plan=plans.get(one.pk),
            paused=paused.get(one.pk, ()),
            on=on,
        )
        for one in subscriptions
    }


def _facts(
    subscription: Subscription,
    *,
    terms: Sequence[Term],
    copies: Sequence[CopyDates],
    prices: Sequence[Price],
    method: SavedMethod | None,
    plan: Plan | None,
    paused: Sequence[IssueDates],
    on: date,
) -> SubscriptionDates:
    coming = [copy for copy in copies if copy.state in COMING]
    planned = sorted((copy.issue for copy in coming if copy.issue), key=lambda issue: issue.number)
    unposted = [issue for issue in planned if issue.posted_on is None]
    living = subscription.state in LIVING
    until, still_open = _withdrawal(terms, copies, living=living, on=on)
    first = next((copy.issue for copy in copies if copy.state not in GONE), None)
    # A term that was taken back whole is no longer promised; of a subscription taken back whole the last day is told.
    gone = {copy.term for copy in copies} - {copy.term for copy in copies if copy.state not in GONE}
    gone |= {term.number for term in terms if _undone(term)}
    last = next((term for term in reversed(terms) if term.number not in gone), terms[-1] if terms else None)
    quantity = last.quantity if last else 1
    yearly = _price(prices, on=on)
    return SubscriptionDates(
        subscription_id=subscription.pk,
        on=on,
        starts_on=terms[0].starts_on if terms else None,
        ends_on=last.ends_on if last else None,
        first_issue=first,
        next_issue=next(iter(unposted or planned), None) if living else None,
        copies=tuple(copies),
        copies_left=len(coming),
        withdrawal_open=still_open,
        withdraw_until=until,
        renewal=_renewal(subscription, terms, planned, prices, plan) if living else None,
        yearly_price=yearly * quantity if yearly is not None else None,
        means=_means(method),
        by_choice=_by_choice(plan) if living else None,
        last_issue=coming[-1].issue if coming else None,
        last_number=planned[-1].ends + len(coming) - len(planned) if planned else None,
        paused=tuple(paused),
        quantity=quantity,
    )


def _withdrawal(
    terms: Sequence[Term], copies: Sequence[CopyDates], *, living: bool, on: date
) -> tuple[date | None, bool]:
    """The last day to withdraw and whether one still may, from the first issue on (C. conso L221-18).

    The law gives it to consumers; the shop gives it to everybody (law.md 4), which is simpler and never wrong.

    Each order opens a period of its own, a renewal without one does not (CJEU C-565/22). What was not bought here, by an
    import, is looked at by a person.
    """
    kept = {copy.term for copy in copies if copy.state not in GONE}
    term = next((term for term in reversed(terms) if term.order is not None and term.number in kept), None)
    order = term.order if term is not None else None
    if term is None or order is None or not living:
        return None, False
    left = [copy.left_on for copy in copies if copy.term == term.number]
    until = withdraw_until(posted_on=first_day(left), zone=DeliveryZone(order.delivery.delivery_zone))
    return until, until is None or on <= until


def first_day(left: Iterable[date | None]) -> date | None:
    """The day the first of some copies left, as far as any has: from then on withdrawing is counted (C. conso L221-18)."""
    return min((day for day in left if day is not None), default=None)


def _renewal(
    subscription: Subscription,
    terms: Sequence[Term],
    planned: Sequence[IssueDates],
    prices: Sequence[Price],
    plan: Plan | None,
) -> Renewal | None:
    """What was planned and told; before that, what R and the price of R are today (design, section 6).

    None where the next year does not begin by itself: not wanted, left to the reader's choice, or its plan was ended.
    """
    running = [term for term in terms if not _undone(term)]
    if subscription.renewal != Offer.Renewal.AUTOMATIC or not running:
        return None
    if plan is not None and plan.number > terms[-1].number:
        return None if plan.state in (Plan.State.MANUAL, *OVER) else _told(plan)
    last_post = max((issue.posted_on or issue.post_on for issue in planned), default=None)
    day = renews_on(term_ends_on=running[-1].ends_on, last_owed_post=last_post)
    amount = next((price.amount for price in prices if price.renews_on(day)), None)
    return Renewal(day, amount, last_day_to_refuse(day))


def _undone(term: Term) -> bool:
    return getattr(term, "undone", None) is not None


def _by_choice(plan: Plan | None) -> Renewal | None:
    return _told(plan) if plan is not None and plan.state == Plan.State.MANUAL else None


def _told(plan: Plan) -> Renewal:
    return Renewal(plan.renews_on, plan.amount, last_day_to_refuse(plan.renews_on), plan)


def _plans(keys: Sequence[int]) -> Mapping[int, Plan]:
    """The newest plan of each subscription, open or over. One query."""
    rows = (
        Plan.objects.filter(subscription__in=keys).order_by("subscription", "-number", "-pk").distinct("subscription")
    )
    return {row.subscription_id: row for row in rows}


def _paused(keys: Sequence[int]) -> Mapping[int, Sequence[IssueDates]]:
    """Issues put off, by subscription. One query; none where no copy is held."""
    found: dict[int, list[IssueDates]] = defaultdict(list)
    if not keys:
        return found
    held = Pause.objects.filter(term__subscription__in=keys, state=Pause.State.HELD)
    for row in held.select_related("issue", "term").order_by("issue__number"):
        found[row.term.subscription_id].append(dates_of(row.issue))
    return found


def may_turn_on(subscription: Subscription, *, ends_on: date | None, on: date) -> bool:
    """Whether automatic renewal may be turned on: sold as renewable, living, and its paid term (`ends_on`) not over."""
    off = subscription.renewal != Offer.Renewal.AUTOMATIC and subscription.offer.renewal == Offer.Renewal.AUTOMATIC
    paid = subscription.state in LIVING and ends_on is not None and on <= ends_on
    return off and paid and not _taken_over(subscription)


def _taken_over(subscription: Subscription) -> bool:
    """Whether another payer took over since the last year was sold: they buy one themselves first, which names them."""
    last = bought().filter(subscription=subscription).values_list("created_at", flat=True).first()
    changes = HandOver.objects.filter(subscription=subscription, new_payer__isnull=False)
    return changes.filter(at__gte=last).exists() if last is not None else False


def _price(prices: Iterable[Price], *, on: date) -> Any:
    for price in prices:
        if price.valid_from <= on and (price.valid_to is None or on < price.valid_to):
            return price.amount
    return None


def _means(method: SavedMethod | None) -> Means | None:
    if method is None or method.ended_at is not None:
        return None
    return Means(method.kind, method.brand, method.last4, method.ends_on)


def _prices(offers: set[int]) -> Sequence[Price]:
    return list(Price.objects.filter(offer__in=offers).order_by("-valid_from"))


def _carried(gifts: Sequence[Subscription]) -> Mapping[int, Sequence[CopyDates]]:
    """The copies of gifts that go on elsewhere, as copies of the term that was sold (`gifts.carried`). No query without."""
    elsewhere = copies_by_sold_term([one.pk for one in gifts]) if gifts else {}
    if not elsewhere:
        return {}
    found: dict[int, list[CopyDates]] = {}
    terms = list(Term.objects.filter(pk__in=elsewhere).prefetch_related("entitlements__issue"))
    every = {
        term.pk: [*(row for row in term.entitlements.all() if row.state != Copy.VOID), *elsewhere[term.pk]]
        for term in terms
    }
    left = departures(Q(entitlement__in=[row.pk for rows in every.values() for row in rows]))
    for term in terms:
        found.setdefault(term.subscription_id, []).extend(
            _copy(row, term.number, rank, left) for rank, row in enumerate(every[term.pk], start=1)
        )
    return found


def _copies(keys: Sequence[int]) -> Mapping[int, Sequence[CopyDates]]:
    rows = (
        Entitlement.objects.filter(term__subscription__in=keys)
        .select_related("issue", "term")
        .order_by("term__number", "rank")
    )
    left = departures(Q(entitlement__term__subscription__in=keys))
    found: dict[int, list[CopyDates]] = defaultdict(list)
    for row in rows:
        found[row.term.subscription_id].append(_copy(row, row.term.number, row.rank, left))
    return found


def departures(which: Q) -> Mapping[tuple[int, str], date]:
    """The day copies left, by primary key and kind: served (posted), and sent again after a loss. One query."""
    kinds = (EntitlementMovement.Kind.SERVE, EntitlementMovement.Kind.RESEND)
    rows = EntitlementMovement.objects.filter(which, kind__in=kinds).order_by("pk")
    return {(key, kind): on for key, kind, on in rows.values_list("entitlement", "kind", "on")}


def _copy(row: Entitlement, term: int, rank: int, left: Mapping[tuple[int, str], date]) -> CopyDates:
    return CopyDates(
        term,
        rank,
        row.state,
        dates_of(row.issue) if row.issue else None,
        left_on=left.get((row.pk, EntitlementMovement.Kind.SERVE)),
        sent_again_on=left.get((row.pk, EntitlementMovement.Kind.RESEND)),
    )
