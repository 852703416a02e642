"""What became of the first readers, whose year is over: renewed, refused, put off, stopped; and of those who stop today."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from payments.actors import reader
from payments.days import paris_day
from shop.demo.acts import subscription_of
from shop.demo.clockwork import ten
from shop.demo.people import AUTOMATIC, FIXED, Person
from shop.demo.stage import Stage
from shop.demo.stories import Buying, Story, buys
from shop.demo.till import VISA, Means
from subscriptions.models import Declaration, Order, Renewal
from subscriptions.renewals.by_hand import make_by_choice, put_off
from subscriptions.stopping.choosing import turn_off
from subscriptions.stopping.declaring import declare, foresee
from subscriptions.stopping.effects import GENERAL
from subscriptions.stopping.saying import Said

DAY, MINUTE, WEEK = timedelta(days=1), timedelta(minutes=1), timedelta(days=7)
NO_FUNDS, LOST, ASKS_AGAIN = "4000000000009995", "4000000000009987", "4000002760003184"
PUT_OFF = "Report demandé par le lecteur au téléphone."


@dataclass(frozen=True, slots=True)
class Year:
    """One year of a first reader: ordered on a day, over before `first` (R), put off to `renews_on` where that is later.

    `books`: a week after it the fees of that day are booked; one reader of a day is enough.
    """

    ordered_on: date
    first: date
    renews_on: date
    books: bool = True

    def days(self) -> set[date]:
        """The days on which the clockwork has something to do for it: planned, told, told again, charged, ended."""
        found = {self.first - n * DAY for n in (74, 60)} | {self.renews_on - n * DAY for n in (60, 13)}
        return found | {self.renews_on, self.renews_on + 21 * DAY}


def renews(
    stage: Stage, person: Person, year: Year, *, means: Means = VISA, becomes: str = "", renewal: str = AUTOMATIC
) -> Story:
    """A year, its renewal, and what the bank says of it; `becomes`: the card behaves so from two days before."""
    order = yield from _first_year(stage, person.who_wants(renewal), year, means=means)
    if becomes and stage.till is not None:
        yield ten(year.renews_on - 2 * DAY)
        method = subscription_of(order).saved_method
        if method is not None:
            stage.till.card_becomes(method.stripe_method, becomes)


def is_left_to_choose(stage: Stage, person: Person, year: Year) -> Story:
    """A colleague leaves the next year to the reader."""
    order = yield from _first_year(stage, person.who_wants(AUTOMATIC), year)
    yield ten(year.renews_on - 40 * DAY) + 30 * MINUTE
    make_by_choice(
        _plan(order).pk, actor=stage.by("support"), at=stage.now, reason="Le lecteur veut choisir chaque année."
    )


def says_no(stage: Stage, person: Person, year: Year) -> Story:
    """Turns automatic renewal off in the account, once it is announced."""
    order = yield from _first_year(stage, person.who_wants(AUTOMATIC), year)
    yield ten(year.renews_on - 39 * DAY) + 45 * MINUTE
    subscription = subscription_of(order)
    turn_off(subscription.pk, actor=reader(subscription.payer), at=stage.now)


def terminates(stage: Stage, person: Person, year: Year) -> Story:
    """Resiliates by the public function, three clicks and no account."""
    order = yield from _first_year(stage, person.who_wants(AUTOMATIC), year)
    yield ten(year.renews_on - 38 * DAY) + 15 * MINUTE
    declares(stage, person, Declaration.Kind.TERMINATION, str(subscription_of(order)))


def is_a_year_in_arrears(stage: Stage, person: Person, year: Year) -> Story:
    """One year, which ended; reminded of it, and free to come back."""
    yield from renews(stage, person, year, renewal=FIXED)


def withdraws_by_the_function(stage: Stage, person: Person) -> Story:
    """Buys, and withdraws by the public function some days later; the money goes back by itself."""
    order = yield from buys(stage, person)
    yield stage.now + 3 * DAY
    declares(stage, person, Declaration.Kind.WITHDRAWAL, str(subscription_of(order)))
    yield stage.now + MINUTE
    stage.send_refunds()
    yield stage.now + MINUTE
    stage.hear()
    yield stage.now + DAY + MINUTE
    stage.hear()


def declares_without_a_number(stage: Stage, person: Person) -> Story:
    """A declaration that no contract of ours is recognised by: acknowledged, and on support's desk."""
    declares(stage, person, Declaration.Kind.TERMINATION, "mon abonnement, je n’ai plus le numéro")
    return
    yield


def declares(stage: Stage, person: Person, kind: str, contract: str) -> Declaration:
    """Fill in the public form, read the recap, confirm."""
    typed = person.typed
    said = Said(
        kind=kind,
        last_name=typed.get("delivery_last_name", "") or typed.get("organisation", ""),
        first_name=typed.get("delivery_first_name", ""),
        contract=contract,
        email=person.email,
    )
    shown = foresee(said, customer=None, on=paris_day(stage.now)).effect
    return declare(
        said,
        form=uuid.uuid4(),
        ip=f"198.51.100.{person.number % 254 + 1}",
        shown=shown.sentence if shown else GENERAL[kind],
        actor=reader(None),
        at=stage.now,
    )


def _first_year(stage: Stage, person: Person, year: Year, *, means: Means = VISA) -> Buying:
    """Bought, its fee booked, and the charge put off where the reader asked for it."""
    order = yield from buys(stage, person, means=means)
    if year.books:
        yield stage.now + WEEK
        stage.read_fees()
    if year.renews_on > year.first and person.renewal == AUTOMATIC:
        yield ten(year.first - 57 * DAY) + 20 * MINUTE
        put_off(_plan(order).pk, to=year.renews_on, actor=stage.by("support"), at=stage.now, reason=PUT_OFF)
    return order


def _plan(order: Order) -> Renewal:
    return Renewal.objects.filter(subscription__terms__order=order).latest("pk")


def begins(year: Year) -> datetime:
    """When the order of a year is placed: at lunch time."""
    return ten(year.ordered_on) + 130 * MINUTE
