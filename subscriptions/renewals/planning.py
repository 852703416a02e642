"""Planning: each day, what the next terms should be is computed anew where it changed or is due, and compared.

A plan follows R and the price until its reader is told. From then on its total stands and its day moves later only; a
later day makes it a plan again, with the price of that day and letters of its own (design, section 6). From `due` on it
does not move any more. Every sweep here may run twice, late, or in two places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.desk import put_all_on_desk, put_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.calendar import RULES, last_day_to_refuse
from subscriptions.models import Look, Offer, Price, Renewal, Subscription
from subscriptions.renewals import looking
from subscriptions.renewals.finding import HORIZON, everybody, to_look_at
from subscriptions.renewals.moving import OVER, begin, follow, move
from subscriptions.renewals.standing import FOLLOWING, Standing, standings

log = structlog.get_logger(__name__)
State = Renewal.State
LIVING = frozenset({Subscription.State.ACTIVE, Subscription.State.GRACE})
NO_PRICE = "renewal_without_price"
DIFFER = "plans_differ"
A_WEEK = timedelta(days=7)


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
class Round:
    """One transaction's work. `seen`: subscriptions that need no further look; `again`: the day of their next one."""

    planned: Planned
    seen: Collection[int] = ()
    again: Mapping[int, date] = field(default_factory=dict)


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
    return _plan(to_look_at(on), on=on, at=at, actor=actor, limit=limit)


def plan_anew(part: int, parts: int, *, on: date, at: datetime, actor: Actor, limit: int) -> Planned:
    """Compute one part of all plans anew, whatever changed, and mend what differs: finding none is what it is run for.

    Run it right after `plan`. What differs was not noticed when it changed: technique is told (style.md, plan by
    recomputing and warn). `limit` subscriptions to a transaction; memory does not grow with their number.
    """
    done = _plan(everybody(part, parts), on=on, at=at, actor=actor, limit=limit)
    differences = done.planned + done.moved + done.reopened + done.cancelled
    if differences:
        facts = {"planned": done.planned, "moved": done.moved + done.reopened, "ended": done.cancelled}
        log.error("plans_differ", **facts)
        sentence = _(
            "Plans of renewals were not what they should be, and were mended: %(planned)s made, %(moved)s moved, "
            "%(ended)s ended. Find out which change was not noted."
        )
        subject = f"day:{on}"
        put_on_desk(DeskItem.Desk.TECHNIQUE, kind=DIFFER, subject=subject, sentence=sentence % facts, at=at)
    return done


def _plan(keys: Iterable[int], *, on: date, at: datetime, actor: Actor, limit: int) -> Planned:
    done = Planned()
    keys = iter(keys)
    while batch := list(islice(keys, limit)):
        with transaction.atomic():
            renewals = _locked(batch)
            subscriptions = list(
                Subscription.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
                .select_related("recipient__address")
                .filter(pk__in=batch)
                .order_by("pk")
            )
            # Before anything else is read: what is changed from here on leaves a row of its own.
            rows = looking.seen(Look.Matter.PLAN, [one.pk for one in subscriptions])
            round_ = _settle(subscriptions, renewals, on=on, actor=actor, at=at)
            looking.settle(Look.Matter.PLAN, rows, done=round_.seen, again=round_.again)
            done.add(round_.planned)
    return done


def replan(subscriptions: Sequence[int], *, on: date, at: datetime, actor: Actor) -> None:
    """Plan these subscriptions anew, now: call it after anything that may move R or the price.

    Inside the caller's transaction, which holds their rows. A renewal that somebody else holds is being charged or
    announced: it is left to the next round, for to wait for it here would turn the order of locks around.
    """
    rows = list(Subscription.objects.select_related("recipient__address").filter(pk__in=subscriptions).order_by("pk"))
    _settle(rows, _locked([one.pk for one in rows]), on=on, actor=actor, at=at)


def foreseen_day(subscription: Subscription, *, last_owed_post: date | None, on: date) -> date | None:
    """R as `replan` would leave it on day `on`, were the last copy posted on that day; None if no year begins by itself.

    Nothing is written. Ten queries or so.
    """
    row = Subscription.objects.select_related("recipient__address").get(pk=subscription.pk)
    plans = list(Renewal.objects.filter(subscription=row).exclude(state__in=OVER))
    [read] = standings([row], plans, on=on)
    one = replace(read, last_owed_post=last_owed_post)
    should, renewal = wanted(one), one.renewal
    if renewal is None:
        return None if one.settled else should.renews_on
    if renewal.state == State.MANUAL or ends(one, should) is not None:
        return None
    if one.paying or renewal.state not in FOLLOWING or should.renews_on is None:
        return renewal.renews_on
    stands = renewal.state == State.ANNOUNCED or one.told
    return max(renewal.renews_on, should.renews_on) if stands else should.renews_on


def _locked(keys: Sequence[int]) -> list[Renewal]:
    """The open plans that still follow, locked; those in other hands are not among them."""
    return list(
        Renewal.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(subscription__in=keys, state__in=FOLLOWING)
        .order_by("pk")
    )


def _settle(
    subscriptions: Sequence[Subscription], renewals: Sequence[Renewal], *, on: date, actor: Actor, at: datetime
) -> Round:
    """Compare and act, for locked rows."""
    done = Planned()
    if not subscriptions:
        return Round(done)
    held = {one.pk for one in renewals}
    busy = dict(
        Renewal.objects.filter(subscription__in=subscriptions)
        .exclude(state__in=(State.PAID, State.LAPSED, State.CANCELLED))
        .exclude(pk__in=held)
        .values_list("subscription", "state")
    )
    found = standings(subscriptions, renewals, on=on)
    theirs = [one for one in found if one.subscription.pk not in busy]
    again = _change([one for one in theirs if one.renewal], done, actor=actor, at=at)
    free = [one for one in theirs if one.renewal is None or one.renewal.pk in again]
    _begin(free, done, on=on, actor=actor, at=at)
    _say_unpriced(theirs, done, on=on, actor=actor, at=at)
    # In other hands just now: looked at again. From `due` on a plan follows nothing any more.
    elsewhere = {key for key, state in busy.items() if state in FOLLOWING}
    blocked = {one.subscription.pk for one in theirs if _waits(one, on=on)} | elsewhere
    return Round(
        done,
        seen={one.subscription.pk for one in found} - blocked,
        again={one.subscription.pk: day for one in free if (day := _next_look(one, on=on)) is not None},
    )


def _waits(one: Standing, *, on: date) -> bool:
    """Whether it has to be looked at in each round, because what it waits for is written down nowhere else."""
    should = wanted(one)
    unpriced = should.why is None and should.price is None and should.renews_on and _due(one, should.renews_on, on=on)
    return one.paying or should.why is Why.DISPUTED or bool(unpriced)


def _next_look(one: Standing, *, on: date) -> date | None:
    """The day of the next look at a subscription without a plan that is not due; within a week while copies are owed."""
    should = wanted(one)
    if should.why is not None or should.renews_on is None or one.settled or _due(one, should.renews_on, on=on):
        return None
    last_day = last_day_to_refuse(should.renews_on)
    owed = one.term is not None and last_day > one.term.ends_on
    return min(last_day, on + HORIZON + A_WEEK) if owed else last_day


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
