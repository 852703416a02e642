"""Planning: each day, what the next terms should be is computed anew where it changed or is due, and compared.

A plan follows R and the price until its reader is told. From then on its total stands and its day moves later only; a
later day makes it a plan again, with the price of that day and letters of its own (design, section 6). From `due` on it
does not move any more. Every sweep here may run twice, late, or in two places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.calendar import RULES
from subscriptions.models import Offer, Price, Renewal, Subscription
from subscriptions.renewals.finding import to_look_at
from subscriptions.renewals.moving import begin, follow, move
from subscriptions.renewals.standing import FOLLOWING, Standing, standings

State = Renewal.State
LIVING = frozenset({Subscription.State.ACTIVE, Subscription.State.GRACE})
NO_PRICE = "renewal_without_price"


class Why(StrEnum):
    """Why a plan is made, moved or ended, as its steps say it."""

    DUE = "R is near"
    DAY = "the day has moved"
    PRICE = "the price of that day"
    LATER = "moved later after it was announced"
    STOPPED = "automatic renewal is off"
    OVER = "the subscription has ended"
    DISPUTED = "a payment is disputed"
    PROLONGED = "another term was added meanwhile"
    UNPRICED = "there is no price for the zone"


#: The same, for the desks (`Renewal.why`).
IN_FRENCH: Mapping[Why, str] = {
    Why.STOPPED: "La reconduction automatique est désactivée.",
    Why.OVER: "L’abonnement est terminé.",
    Why.DISPUTED: "Un paiement de cet abonnement est contesté à la banque.",
    Why.PROLONGED: "L’abonnement a été prolongé autrement.",
    Why.UNPRICED: "La formule n’a pas de tarif pour la zone de livraison.",
}


@dataclass(slots=True)
class Planned:
    """What one round did, in renewals. `unpriced` stay without a plan, on finance's desk."""

    planned: int = 0
    moved: int = 0
    reopened: int = 0
    cancelled: int = 0
    unpriced: int = 0

    def add(self, other: Planned) -> None:
        """Count another round's."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be: nothing (`why` says so), or the next term on `renews_on` at `price`, if there is one yet."""

    why: Why | None = None
    renews_on: date | None = None
    price: Price | None = None


def wanted(one: Standing) -> Wanted:
    """What the plan of a subscription should be, were nobody told of it yet. Pure."""
    if one.subscription.state not in LIVING or one.term is None:
        return Wanted(Why.OVER)
    if one.subscription.renewal != Offer.Renewal.AUTOMATIC:
        return Wanted(Why.STOPPED)
    if one.disputed:
        return Wanted(Why.DISPUTED)
    day = one.renews_on
    if day is None:
        return Wanted(Why.OVER)
    return Wanted(None, day, one.price_on(day))


def plan(*, on: date, at: datetime, actor: Actor, limit: int) -> Planned:
    """Plan what is due on day `on` and mend what drifted, `limit` subscriptions to a transaction.

    Those that somebody else holds are left to the next round. Side effects: renewals and their steps, items on
    finance's desk where a zone has no price. Queries grow with the number of transactions only.
    """
    done = Planned()
    keys = iter(to_look_at(on))
    while batch := list(islice(keys, limit)):
        with transaction.atomic():
            renewals = _locked(batch)
            subscriptions = list(
                Subscription.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
                .select_related("recipient__address")
                .filter(pk__in=batch)
                .order_by("pk")
            )
            done.add(_settle(subscriptions, renewals, on=on, actor=actor, at=at))
    return done


def replan(subscriptions: Sequence[int], *, on: date, at: datetime, actor: Actor) -> None:
    """Plan these subscriptions anew, now: call it after anything that may move R or the price.

    Inside the caller's transaction, which holds their rows. A renewal that somebody else holds is being charged or
    announced: it is left to the next round, for to wait for it here would turn the order of locks around.
    """
    rows = list(Subscription.objects.select_related("recipient__address").filter(pk__in=subscriptions).order_by("pk"))
    _settle(rows, _locked([one.pk for one in rows]), on=on, actor=actor, at=at)


def _locked(keys: Sequence[int]) -> list[Renewal]:
    """The open plans that still follow, locked; those in other hands are not among them."""
    return list(
        Renewal.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(subscription__in=keys, state__in=FOLLOWING)
        .order_by("pk")
    )


def _settle(
    subscriptions: Sequence[Subscription], renewals: Sequence[Renewal], *, on: date, actor: Actor, at: datetime
) -> Planned:
    """Compare and act, for locked rows."""
    done = Planned()
    if not subscriptions:
        return done
    held = {one.pk for one in renewals}
    busy = set(
        Renewal.objects.filter(subscription__in=subscriptions)
        .exclude(state__in=(State.PAID, State.LAPSED, State.CANCELLED))
        .exclude(pk__in=held)
        .values_list("subscription", flat=True)
    )
    every = [one for one in standings(subscriptions, renewals) if one.subscription.pk not in busy]
    again = _change([one for one in every if one.renewal], done, actor=actor, at=at)
    free = [one for one in every if one.renewal is None or one.renewal.pk in again]
    _begin(free, done, on=on, actor=actor, at=at)
    _say_unpriced(every, done, on=on, actor=actor, at=at)
    return done


def _change(every: Sequence[Standing], done: Planned, *, actor: Actor, at: datetime) -> set[int]:
    """Move, reopen or end open plans. Returns those that were ended only because another term was added meanwhile."""
    ended: dict[Why, list[Renewal]] = defaultdict(list)
    followed: dict[Why, list[Renewal]] = defaultdict(list)
    reopened: list[Renewal] = []
    for one in every:
        renewal, should = one.renewal, wanted(one)
        assert renewal is not None  # noqa: S101  # the caller's choice of rows; for the type checker
        if one.paying:
            continue
        why = ends(one, should)
        if why is not None:
            renewal.why = IN_FRENCH[why]
            ended[why].append(renewal)
            continue
        if stays(one, should) or should.renews_on is None:
            continue
        moved = should.renews_on != renewal.renews_on
        if should.price is not None:
            renewal.price, renewal.amount = should.price, should.price.amount
        renewal.renews_on = should.renews_on
        if renewal.state == State.ANNOUNCED:
            reopened.append(renewal)
        else:
            followed[Why.DAY if moved else Why.PRICE].append(renewal)
    for why, rows in ended.items():
        done.cancelled += len(move(rows, State.CANCELLED, actor=actor, at=at, reason=why))
    for why, rows in followed.items():
        follow(rows, actor=actor, at=at, reason=why)
        done.moved += len(rows)
    done.reopened += len(move(reopened, State.PLANNED, actor=actor, at=at, reason=Why.LATER))
    return {one.pk for one in ended[Why.PROLONGED]}


def stays(one: Standing, should: Wanted) -> bool:
    """Whether an open plan stays as it is: by choice only, or of which nothing has changed; once told, it moves later only."""
    renewal = one.renewal
    if renewal is None or renewal.state == State.MANUAL or should.renews_on is None:
        return True
    if renewal.state == State.ANNOUNCED or one.told:
        return should.renews_on <= renewal.renews_on
    return should.renews_on == renewal.renews_on and _priced_so(renewal, should)


def _priced_so(renewal: Renewal, should: Wanted) -> bool:
    price = should.price
    return price is not None and (renewal.price_id, renewal.amount) == (price.pk, price.amount)


def ends(one: Standing, should: Wanted) -> Why | None:
    """Why an open plan is ended, if it is. One that is charged by choice only ends with its subscription."""
    renewal = one.renewal
    if renewal is None or (renewal.state == State.MANUAL and should.why is not Why.OVER):
        return None
    if should.why is not None:
        return should.why
    if renewal.number != one.number:
        return Why.PROLONGED
    if should.price is None and not one.told:
        return Why.UNPRICED
    return None


def _begin(free: Sequence[Standing], done: Planned, *, on: date, actor: Actor, at: datetime) -> None:
    """Plan what is due and has no plan."""
    new = []
    for one in free:
        should = wanted(one)
        if should.why is None and should.renews_on and should.price and _due(one, should.renews_on, on=on):
            new.append(
                Renewal(
                    subscription=one.subscription,
                    number=one.number,
                    renews_on=should.renews_on,
                    state=State.PLANNED,
                    state_since=at,
                    price=should.price,
                    amount=should.price.amount,
                    created_at=at,
                )
            )
    if new:
        done.planned += len(begin(new, actor=actor, at=at, reason=Why.DUE))


def _due(one: Standing, renews_on: date, *, on: date) -> bool:
    return not one.settled and renews_on - timedelta(days=RULES.plan_days_before) <= on


def _say_unpriced(every: Iterable[Standing], done: Planned, *, on: date, actor: Actor, at: datetime) -> None:
    """Finance hears of each subscription that would be planned had its zone a price, and no more once it is settled."""
    sentences: dict[str, str] = {}
    settled = []
    for one in every:
        should, subject = wanted(one), f"subscription:{one.subscription.pk}"
        if should.why is None and should.renews_on and should.price is None and _due(one, should.renews_on, on=on):
            sentences[subject] = _(
                "Subscription %(number)s renews on %(day)s, and its offer has no price for the zone %(zone)s on that day. "
                "Enter the price: it is then planned by itself."
            ) % {
                "number": one.subscription,
                "day": should.renews_on.strftime("%d/%m/%Y"),
                "zone": one.subscription.recipient.address.delivery_zone,
            }
        else:
            settled.append(subject)
    done.unpriced += len(sentences)
    put_all_on_desk(DeskItem.Desk.FINANCE, kind=NO_PRICE, sentences=sentences, at=at)
    because = _("It has a price now, or needs none any more.")
    take_all_off_desk(kind=NO_PRICE, subjects=settled, because=because, actor=actor, at=at)
