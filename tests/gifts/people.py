"""Bruno Martin gives a year to Inès Roux, who lives in Lyon; both by the functions behind the pages."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

from payments.actors import job
from shop.customers.models import Customer
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.gifts.announcing import announce
from subscriptions.gifts.starting import Start
from subscriptions.gifts.wishing import GiftWish
from subscriptions.models import Declaration, Gift, Notice, Offer, Order
from subscriptions.notices.delivering import deliver
from subscriptions.orders.quoting import quote
from tests.choice.people import noon, pay
from tests.makers import TODAY, make_wish, place_order
from tests.stopping.people import withdraws

JOB = job("test")
GIVER, INES = "bruno.martin@example.fr", "ines.roux@example.fr"
LYON = TypedAddress(
    title="MME", first_name="Inès", last_name="Roux", street="4 place Bellecour", postcode="69002", town="Lyon", country="FR"
)  # fmt: skip
NICE = replace(LYON, street="8 promenade des Anglais", postcode="06000", town="Nice")
WORDS = "Bonne lecture,\net bon anniversaire."


def order_a_gift(
    *, start: int | None = None, on: date = TODAY, continues: Gift | None = None, after: int = 0, **wish: Any
) -> Order:
    """An order of that day, not paid yet: told by e-mail on Christmas day unless said otherwise."""
    offer = Offer.objects.get(renewal="fixed")
    quoted = quote(
        offer, country="FR", postcode=LYON.postcode, buyer_kind="consumer", on=on, gift=Start(start, after=after)
    )
    given = {
        "giver_name": "Bruno Martin",
        "recipient_name": "Inès Roux",
        "recipient_email": INES,
        "message": WORDS,
        "announce_on": date(2026, 12, 25),
        "continues": continues.pk if continues else None,
    }
    made = make_wish(offer, on=on)
    return place_order(
        replace(
            made,
            quote=quoted,
            email=GIVER,
            title="",
            first_name="Bruno",
            last_name="Martin",
            delivery=LYON,
            delivery_label=postal_label(LYON),
            typed={"email": GIVER, "token": uuid.uuid4().hex},
            gift=GiftWish(**(given | wish)),
        ),
        at=noon(on),
    )  # fmt: skip


def give(*, on: date = TODAY, paid_on: date | None = None, **wish: Any) -> Gift:
    """A paid gift."""
    order = order_a_gift(on=on, **wish)
    pay(order, on=paid_on or on)
    return Gift.objects.get(order=order)


def withdrawn(gift: Gift, *, on: date = TODAY) -> Declaration:
    """The giver renounces the contract, as the public page lets them."""
    return withdraws(gift.subscription, at=noon(on), email=GIVER, first_name="Bruno", last_name="Martin")


def told(on: date) -> int:
    """The sweep of that day."""
    return announce(on=on, at=noon(on), actor=JOB, limit=100)


def reader(email: str, first: str = "Inès", last: str = "Roux") -> Customer:
    """Somebody with an account and nothing else."""
    return Customer.objects.create(email=email, first_name=first, last_name=last, created_at=noon(TODAY))


def letters(kind: str, on: date) -> list[Notice]:
    """The letters of that kind, once all that are due by that day have left."""
    deliver(500, at=noon(on))
    return list(Notice.objects.filter(kind=kind).order_by("pk"))


def numbers(gift: Gift) -> list[int | None]:
    """The issues of a gift's own copies that are still to come or came."""
    copies = gift.subscription.terms.get().entitlements.exclude(state="void").select_related("issue")
    return [copy.issue.number if copy.issue else None for copy in copies]
