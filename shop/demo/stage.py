"""What made-up people can do, and when: the shop's own functions, called at the instant of the story.

No row is written here that the shop would not write itself. The form is the order form, the payment page is Stripe's (the
stand-in's), news come back as they do: by the reader's return, by Stripe's list of events, or by a sweep.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from payments import charging, fees, looking_up, refunds
from payments.actors import Actor, job, reader, staff
from payments.charging import open_hosted_page
from payments.days import paris_day
from payments.models import Payment, Refund
from payments.webhooks import catching_up, processing
from shop.checkout.asked import Asked, GiftAsked
from shop.checkout.form import OrderForm
from shop.checkout.gift_form import GiftForm
from shop.checkout.page import offers_for, shown
from shop.checkout.wishing import buyer_kind, buyer_name, wish_of
from shop.demo.people import Person
from shop.demo.places import Typed
from shop.demo.till import Means, NoTill, Till
from subscriptions.gifts.starting import Start, starts
from subscriptions.models import Offer, Order
from subscriptions.offers.catalogue import Shelf, read_shelf
from subscriptions.orders.following import Situation, follow
from subscriptions.orders.links import cancel_path, return_path
from subscriptions.orders.placing import payment_of, place
from subscriptions.orders.quoting import quote

AT_ONCE = 50
BROWSER = "Mozilla/5.0 (made-up reader)"


class NotAccepted(RuntimeError):
    """The shop refused what a made-up reader typed: the demo and the shop no longer agree."""


@dataclass
class Stage:
    """The shop at one instant, `now`, with the till (None: nobody buys) and the staff; `until` is the last instant."""

    till: Till | None
    team: Mapping[str, Any]
    now: datetime
    until: datetime
    _shelf: Shelf | None = field(default=None, repr=False)
    _heard: datetime | None = None

    def by(self, role: str) -> Actor:
        """The member of staff with that role."""
        return staff(self.team[role])

    def turn_to(self, instant: datetime) -> None:
        """Let it be `instant`, here and at the till; in UTC, as the clock of a real shop has it."""
        self.now = instant.astimezone(UTC)
        if self.till is not None:
            self.till.set(instant)

    # What readers do

    def order(self, person: Person, *, wish: uuid.UUID) -> Order:
        """Fill in the order page, press the button, and open the payment page. Raises NotAccepted."""
        shelf = self._read_shelf()
        offers = offers_for(shelf, "")
        zones = {str(zone) for offer in offers.values() for zone, _price in shelf.zone_prices(offer)}
        form = OrderForm(
            {**person.typed, "renewal": person.renewal},
            renewals=list(offers),
            zones=zones,
            allowed=settings.DELIVERY_COUNTRIES or None,
        )
        if not form.is_valid() or form.delivery is None:
            raise NotAccepted(f"Reader {person.number} is refused: {', '.join(sorted(form.errors))}.")
        quoted = quote(
            offers[person.renewal],
            country=form.delivery.country,
            postcode=form.delivery.postcode,
            buyer_kind=buyer_kind(form),
            on=shelf.on,
            shelf=shelf,
        )
        typed = wish_of(form, shown(quoted, Asked(shelf, offers)), shelf=shelf, request=_request(person.number))
        order, payment = place(typed, form_token=wish, actor=reader(None), at=self.now)
        self.open_page(payment, order)
        return order

    def give(self, typed: Typed, *, number: int, wish: uuid.UUID) -> Order:
        """Fill in the page that gives, with the next issue as its first, and open the payment page. Raises NotAccepted."""
        shelf = self._read_shelf()
        offers = {kind: offer for kind, offer in offers_for(shelf, "").items() if kind == Offer.Renewal.FIXED}
        zones = {str(zone) for offer in offers.values() for zone, _price in shelf.zone_prices(offer)}
        choice = starts(shelf)
        form = GiftForm(
            {**typed, "start": str(choice[0].number)},
            renewals=list(offers),
            zones=zones,
            allowed=settings.DELIVERY_COUNTRIES or None,
            starts=choice,
            on=shelf.on,
        )
        if not form.is_valid() or form.delivery is None:
            raise NotAccepted(f"Giver {number} is refused: {', '.join(sorted(form.errors))}.")
        asked = Asked(shelf, offers, gift=GiftAsked())
        quoted = quote(
            next(iter(offers.values())),
            country=form.delivery.country,
            postcode=form.delivery.postcode,
            buyer_kind=buyer_kind(form),
            on=shelf.on,
            shelf=shelf,
            gift=Start(choice[0].number),
        )
        wished = wish_of(form, shown(quoted, asked), shelf=shelf, request=_request(number))
        order, payment = place(wished, form_token=wish, actor=reader(None), at=self.now)
        self.open_page(payment, order)
        return order

    def open_page(self, payment: Payment, order: Order) -> Payment:
        """Go to the payment page, as the order button does."""
        return open_hosted_page(
            payment,
            email=order.email,
            name=buyer_name(order),
            success_url=settings.SITE_URL + return_path(order),
            cancel_url=settings.SITE_URL + cancel_path(order),
            actor=reader(None),
            at=self.now,
        )

    def pay(self, order: Order, *, means: Means, name: str) -> bool:
        """Fill in the payment page; False where the bank said no."""
        return self.fill_in(payment_of(order).checkout_url, means=means, name=name)

    def fill_in(self, url: str, *, means: Means, name: str) -> bool:
        """Fill in a page of Stripe's, whichever it is."""
        if self.till is None:
            raise NoTill("Nobody can pay: there is no stand-in for Stripe.")
        return self.till.pay(url, means=means, name=name)

    def come_back(self, order: Order) -> Situation:
        """The page that tells what became of an order, which asks Stripe."""
        return follow(order, at=self.now, ask=True)

    # What the clockwork does

    def hear(self) -> None:
        """Read Stripe's list of events, and act on what is new in it."""
        catching_up.catch_up(at=self.now, complete_until=self._heard)
        self._heard = self.now
        while processing.process(at=self.now, limit=AT_ONCE):
            pass

    def sweep(self) -> None:
        """Close what nobody paid, and look up what is not known."""
        charging.abandon_uncalled(at=self.now, limit=AT_ONCE)
        for payment in looking_up.due(at=self.now, limit=AT_ONCE):
            looking_up.look_up(payment, actor=job("unknown-payments"), at=self.now)

    def send_refunds(self) -> list[Refund]:
        """Send the refunds that wait."""
        due = refunds.due(at=self.now, limit=AT_ONCE)
        return [refunds.send(key, actor=job("refunds"), at=self.now) for key in due]

    def read_fees(self) -> None:
        """Read the last month's lines of Stripe's balance."""
        fees.read_movements(actor=job("balance-movements"), at=self.now)

    def _read_shelf(self) -> Shelf:
        # Between two postings the shelf changes by its day alone.
        self._shelf = replace(self._shelf or read_shelf(paris_day(self.now)), on=paris_day(self.now))
        return self._shelf

    def forget_shelf(self) -> None:
        """An issue was posted: the shelf is read anew."""
        self._shelf = None


def _request(number: int) -> HttpRequest:
    """What the browser of a made-up reader sends along; the address is one kept for documentation (RFC 5737)."""
    request = HttpRequest()
    request.user = AnonymousUser()
    request.META = {"REMOTE_ADDR": f"198.51.100.{number % 254 + 1}", "HTTP_USER_AGENT": BROWSER}
    return request
