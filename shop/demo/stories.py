"""What became of made-up readers, one story each: every `yield` names the instant at which the story goes on.

A story ends where it ends, or where the present cuts it short: a debit handed in yesterday is on its way, a page opened ten
minutes ago still waits. Nothing else makes the demo's unfinished business.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator
from datetime import datetime, time, timedelta

from django.conf import settings

from payments.actors import job
from payments.days import PARIS, paris_day
from payments.working_days import next_working_day
from shop.demo.acts import (
    change_card,
    close_surplus,
    in_a_file,
    move_house,
    pay_once_more,
    replace_email,
    send_again,
    wish_erasure,
    withdraw,
)
from shop.demo.people import AUTOMATIC, FIXED, Person, giving
from shop.demo.stage import Stage
from shop.demo.till import ACCOUNT, ACCOUNT_FAILS, MASTERCARD, NO_FUNDS, REFUSED, VISA, Means
from subscriptions.gifts.announcing import announce
from subscriptions.models import Order

Story = Generator[datetime, None, None]
Buying = Generator[datetime, None, Order]

SOON = timedelta(seconds=20)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
#: After this the banks have said yes or no to a debit.
BANKS = timedelta(days=8)


def office(instant: datetime, person: Person) -> datetime:
    """The next time at which the staff is there: a working day between nine and five."""
    day = next_working_day(paris_day(instant) + DAY)
    return datetime.combine(day, time(9 + person.number % 8, person.number * 7 % 60), PARIS)


def buys(stage: Stage, person: Person, *, means: Means = VISA) -> Buying:
    """Order, pay, come back; Stripe's events say the same again, or first where the reader does not come back."""
    order = stage.order(person, wish=uuid.uuid4())
    yield stage.now + 2 * MINUTE
    stage.pay(order, means=means, name=person.name)
    yield stage.now + SOON
    if person.number % 5:
        stage.come_back(order)
    yield stage.now + MINUTE
    stage.hear()
    if means.iban:
        yield stage.now + BANKS
        stage.hear()
    return order


def reads(stage: Stage, person: Person, *, means: Means = VISA) -> Story:
    """Nothing out of the ordinary."""
    yield from buys(stage, person, means=means)


def tries_again(stage: Stage, person: Person) -> Story:
    """The bank refuses the first card; another one does it."""
    order = stage.order(person, wish=uuid.uuid4())
    yield stage.now + 2 * MINUTE
    stage.pay(order, means=NO_FUNDS, name=person.name)
    yield stage.now + SOON
    stage.come_back(order)
    yield stage.now + 3 * MINUTE
    stage.pay(order, means=MASTERCARD, name=person.name)
    yield stage.now + SOON
    stage.come_back(order)
    yield stage.now + MINUTE
    stage.hear()


def changes_mind(stage: Stage, person: Person) -> Story:
    """Another choice on the same form: the first order is taken back, the second paid."""
    wish = uuid.uuid4()
    stage.order(person.who_wants(AUTOMATIC if person.renewal == FIXED else FIXED), wish=wish)
    yield stage.now + 4 * MINUTE
    order = stage.order(person, wish=wish)
    yield stage.now + 2 * MINUTE
    stage.pay(order, means=VISA, name=person.name)
    yield stage.now + SOON
    stage.come_back(order)
    yield stage.now + MINUTE
    stage.hear()


def turns_back(stage: Stage, person: Person) -> Story:
    """Leaves the payment page, finds the form as it was, sends it again: the same order, the same page."""
    wish = uuid.uuid4()
    stage.order(person, wish=wish)
    yield stage.now + 9 * MINUTE
    order = stage.order(person, wish=wish)
    yield stage.now + MINUTE
    stage.pay(order, means=VISA, name=person.name)
    yield stage.now + SOON
    stage.come_back(order)
    yield stage.now + MINUTE
    stage.hear()


def moves_away(stage: Stage, person: Person) -> Story:
    """A new address some weeks later; one in four calls support for it."""
    order = yield from buys(stage, person)
    by_support = person.number % 4 == 0
    later = stage.now + (20 + person.number % 25) * DAY
    yield office(later, person) if by_support else later
    move_house(stage, order, person, by_support=by_support)


def changes_card(stage: Stage, person: Person) -> Story:
    """A new card for the next year."""
    order = yield from buys(stage, person.who_wants(AUTOMATIC))
    yield stage.now + (15 + person.number % 30) * DAY
    change_card(stage, order, person, means=MASTERCARD)
    yield stage.now + MINUTE
    stage.hear()


def withdraws(stage: Stage, person: Person, *, means: Means = VISA, at: datetime | None = None) -> Story:
    """Changes their mind within the time the law gives, and gets everything back."""
    order = yield from buys(stage, person, means=means)
    yield at or office(stage.now + (4 + person.number % 9) * DAY, person)
    while in_a_file(order):
        yield stage.now + DAY
    withdraw(stage, order, reason="Rétractation demandée par courriel.")
    yield stage.now + MINUTE
    stage.send_refunds()
    yield stage.now + MINUTE
    stage.hear()
    yield stage.now + DAY + MINUTE
    stage.hear()


def is_erased(stage: Stage, person: Person) -> Story:
    """Withdraws, then has everything erased that the law does not keep."""
    yield from withdraws(stage, person)
    yield stage.now + 3 * DAY
    wish_erasure(stage, person)


def pays_twice(stage: Stage, person: Person) -> Story:
    """A second payment of the same order: seen, booked apart, given back by itself."""
    order = yield from buys(stage, person)
    yield stage.now + 6 * MINUTE
    pay_once_more(stage, order, person)
    yield stage.now + MINUTE
    stage.send_refunds()
    yield stage.now + MINUTE
    stage.hear()
    if person.number % 2:
        yield office(stage.now, person)
        close_surplus(stage, order)


def cannot_be_reached(stage: Stage, person: Person) -> Story:
    """The mailbox does not exist: support's desk."""
    yield from buys(stage, person)


def is_reached_at_last(stage: Stage, person: Person) -> Story:
    """The same, put right by support the next day."""
    order = yield from buys(stage, person)
    yield office(stage.now, person)
    replace_email(stage, order, person.with_email_at("courriel.example").email)


def asks_for_the_invoice(stage: Stage, person: Person) -> Story:
    """Has lost the letter with the invoice; support sends it again."""
    order = yield from buys(stage, person)
    yield office(stage.now + 9 * DAY, person)
    send_again(stage, order, reason="Facture demandée au téléphone.")


def moves_and_changes_card(stage: Stage, person: Person) -> Story:
    """A reader with a bit of everything."""
    order = yield from buys(stage, person)
    yield stage.now + timedelta(days=40, hours=-1)
    move_house(stage, order, person, by_support=False)
    yield stage.now + timedelta(days=60, hours=-2)
    change_card(stage, order, person, means=MASTERCARD)
    yield stage.now + MINUTE
    stage.hear()


def gives(stage: Stage, person: Person, *, receiver: Person, told_after: timedelta, message: str) -> Story:
    """Gives a year to somebody, who is told on the day; what lies after the present is still to come."""
    on = paris_day(stage.now + told_after)
    typed = giving(person, receiver, announce="email", announce_on=on.isoformat(), message=message)
    order = stage.give(typed, number=person.number, wish=uuid.uuid4())
    yield stage.now + 3 * MINUTE
    stage.pay(order, means=VISA, name=person.name)
    yield stage.now + SOON
    stage.come_back(order)
    yield stage.now + MINUTE
    stage.hear()
    yield datetime.combine(on, time(8), PARIS)
    announce(on=on, at=stage.now, actor=job("gifts"), limit=10)


# Those who never become readers.


def leaves(stage: Stage, person: Person) -> Story:
    """Opens the payment page and goes away: the order ends with its page."""
    stage.order(person, wish=uuid.uuid4())
    yield stage.now + timedelta(minutes=settings.CHECKOUT_MINUTES + 6)
    stage.sweep()


def gives_up(stage: Stage, person: Person) -> Story:
    """The bank refuses, and the reader does not try again."""
    order = stage.order(person, wish=uuid.uuid4())
    yield stage.now + 2 * MINUTE
    stage.pay(order, means=REFUSED, name=person.name)
    yield stage.now + SOON
    stage.come_back(order)
    yield stage.now + timedelta(minutes=settings.CHECKOUT_MINUTES + 6)
    stage.sweep()


def debit_comes_back(stage: Stage, person: Person) -> Story:
    """The bank returns the direct debit."""
    yield from buys(stage, person, means=ACCOUNT_FAILS)


def pays_by_debit(stage: Stage, person: Person) -> Story:
    """A direct debit, paid by the bank days later."""
    yield from buys(stage, person, means=ACCOUNT)
