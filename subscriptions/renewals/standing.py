"""On what does the next term of each subscription hang: its last term, the copies still owed, the price, a dispute?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max
from django.db.models.functions import Coalesce

from payments.models import Payment
from subscriptions.disputes import disputed_among
from subscriptions.models import Entitlement, Price, Renewal, Subscription, Term
from subscriptions.moving import COMING
from subscriptions.renewals import calendar
from subscriptions.renewals.matters import told

Copy = Entitlement.State
State = Renewal.State
#: States in which a renewal still follows what it hangs on; from `due` on it does not move any more.
FOLLOWING = (State.PLANNED, State.ANNOUNCED, State.MANUAL)


@dataclass(frozen=True, slots=True)
class Standing:
    """One subscription as planning sees it.

    `on`: the day on which it is looked at. `term`: its last one that was not undone, `terms`: the highest number of any.
    `last_owed_post`: planned or actual posting of the last copy to come, as far as
    its issue is planned; `late`: a copy should have left before that day and has not. `prices`: those of its offer in the
    zone where its copies go today. `renewal`: the open plan, whatever its state. `settled`: the next
    term was paid or has lapsed already. `told`: its day and amount were written to the reader, or are about to be.
    `paying`: money for the open plan is on its way, by the reader's own hand; it stays as it is until that is known.
    """

    subscription: Subscription
    on: date
    term: Term | None
    terms: int
    last_owed_post: date | None
    late: bool
    prices: Sequence[Price]
    disputed: bool
    renewal: Renewal | None
    settled: bool
    told: bool
    paying: bool

    @property
    def number(self) -> int:
        """Number of the term to come."""
        return self.terms + 1

    @property
    def renews_on(self) -> date | None:
        """R as it is today; None without a term to follow."""
        if self.term is None:
            return None
        day = calendar.renews_on(term_ends_on=self.term.ends_on, last_owed_post=self.last_owed_post)
        if self.late and day <= self.on:
            return calendar.renews_late(on=self.on, told=self.renewal.renews_on if self.renewal else None)
        return day

    def price_on(self, on: date) -> Price | None:
        """The price of a term that renews itself on day `on`."""
        return next((row for row in self.prices if row.renews_on(on)), None)


def standings(subscriptions: Sequence[Subscription], open_renewals: Sequence[Renewal], *, on: date) -> list[Standing]:
    """Read what each subscription (with its recipient's address) hangs on, day `on`. Nine to twelve queries in all.

    `open_renewals`: the plans of these subscriptions that the caller has locked.
    """
    keys = [one.pk for one in subscriptions]
    plans = {one.subscription_id: one for one in open_renewals}
    last = {
        term.subscription_id: term
        for term in Term.objects.standing()
        .filter(subscription__in=keys)
        .order_by("subscription", "-number")
        .distinct("subscription")
    }
    highest = dict(
        Term.objects.filter(subscription__in=keys).order_by().values_list("subscription").annotate(Max("number"))
    )
    posts, late = _last_posts(keys), owed_late(keys, on=on)
    prices = _prices({one.offer_id for one in subscriptions})
    disputed = disputed_among(keys)
    over = set(
        Renewal.objects.filter(subscription__in=keys, state__in=(State.PAID, State.LAPSED)).values_list(
            "subscription", "number"
        )
    )
    paying = set(
        Payment.objects.filter(
            subject__in=[one.subject for one in open_renewals],
            state__in=(Payment.State.PROCESSING, Payment.State.UNKNOWN),
        ).values_list("subject", flat=True)
    )
    reached = told([one for one in open_renewals if one.state in (State.PLANNED, State.ANNOUNCED)])
    found = []
    for one in subscriptions:
        plan, term = plans.get(one.pk), last.get(one.pk)
        found.append(
            Standing(
                subscription=one,
                on=on,
                term=term,
                terms=highest.get(one.pk, 0),
                last_owed_post=posts.get(one.pk),
                late=one.pk in late,
                prices=prices[one.offer_id, one.recipient.address.delivery_zone],
                disputed=one.pk in disputed,
                renewal=plan,
                settled=(one.pk, highest.get(one.pk, 0) + 1) in over,
                told=plan is not None and plan.pk in reached,
                paying=plan is not None and plan.subject in paying,
            )
        )
    return found


def _last_posts(keys: Sequence[int]) -> Mapping[int, date]:
    rows = (
        Entitlement.objects.filter(term__subscription__in=keys, state__in=COMING, issue__isnull=False)
        .order_by()
        .values_list("term__subscription")
        .annotate(last=Max(Coalesce("issue__posted_on", "issue__post_on")))
    )
    return dict(rows)


def owed_late(keys: Sequence[int], *, on: date) -> set[int]:
    """Those of these subscriptions that are owed a copy whose issue should have left before day `on`. One query.

    Copies still owed at R postpone the charge (design, section 6), also where nobody has entered a new day for them.
    """
    rows = Entitlement.objects.filter(
        term__subscription__in=keys, state__in=COMING, issue__posted_on=None, issue__post_on__lt=on
    )
    return set(rows.values_list("term__subscription", flat=True))


def _prices(offers: Collection[int]) -> Mapping[tuple[int, str], Sequence[Price]]:
    found: dict[tuple[int, str], list[Price]] = defaultdict(list)
    for row in Price.objects.filter(offer__in=offers).order_by("-valid_from"):
        found[row.offer_id, row.delivery_zone].append(row)
    return found
