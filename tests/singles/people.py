"""A shop that sells past issues: their offer at 9,00 € a copy in France, some copies in stock, and readers who want some."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from payments.charging import intend
from payments.gateway import Outcome
from payments.models import AccountMap, Payment
from payments.settling import News, apply
from shop.watch.audit import breaches
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import Posted, post_run
from subscriptions.losses.resending import make
from subscriptions.losses.stock import enter
from subscriptions.models import Issue, Magazine, MailingHouse, MailingRun, Offer, Order, Price, SoldIssue
from subscriptions.orders.placing import Wish, payment_of, place
from subscriptions.singles.quoting import quote_singles
from tests.fulfilment.people import at, issue
from tests.makers import CLERK, HOME, NOW, READER, TODAY, make_house, make_wish

__all__ = ["CLERK", "NOW", "READER", "at", "issue"]
PRICES = (("FR", "9.00"), ("DOM", "10.50"), ("EU", "12.00"), ("WORLD", "15.00"))


def single_offer(magazine: Magazine) -> Offer:
    """Past issues on sale one by one, 9,00 € in France, postage included."""
    offer = Offer.objects.create(
        code="numero", magazine=magazine, title="Numéro à l’unité", kind=Offer.Kind.SINGLE, renewal="fixed", copies=1,
        on_sale_from=date(2020, 1, 1),
    )  # fmt: skip
    Price.objects.bulk_create(
        [
            Price(offer=offer, delivery_zone=zone, amount=Decimal(euros), valid_from=date(2020, 1, 1))
            for zone, euros in PRICES
        ]
    )
    return offer


def in_stock(number: int, copies: int, *, when: datetime = NOW) -> None:
    enter(issue(number).pk, "received", copies, actor=CLERK, at=when, reason="passe du routage")


def wish_for(
    chosen: dict[int, int],
    *,
    address: TypedAddress = HOME,
    offer: Offer | None = None,
    on: date = TODAY,
    **changes: Any,
) -> Wish:
    """What a checked form hands over for one reader who wants so many copies by number of the issue."""
    quoted = quote_singles(chosen, country=address.country, postcode=address.postcode, buyer_kind="consumer", on=on)
    wish = make_wish(Offer.objects.get(code="un-an"), on=on)
    wish = replace(
        wish, quote=quoted, expected_total=quoted.amount.amount, disclosure={"total": str(quoted.amount.amount)}
    )
    return replace(wish, **({"delivery": address, "delivery_label": postal_label(address)} | changes))


def orders(chosen: dict[int, int], *, when: datetime = NOW, token: uuid.UUID | None = None, **changes: Any) -> Order:
    """An order that is placed and still to be paid."""
    return place(wish_for(chosen, **changes), form_token=token or uuid.uuid4(), actor=READER, at=when).order


def pays(order: Order, *, when: datetime = NOW) -> Payment:
    """The money comes, late or not."""
    apply([News(payment_of(order).pk, Outcome.SUCCEEDED)], actor=READER, at=when)
    order.refresh_from_db()
    return payment_of(order)


def pays_again(order: Order, *, when: datetime = NOW) -> Payment:
    """A second success for a paid order, from another tab."""
    second = intend(
        purpose="order", subject=order.subject, amount=order.amount, description="another tab", customer=order.customer,
        account=payment_of(order).payer_account, save_method=False, actor=READER, at=when,
    )  # fmt: skip
    apply([News(second.pk, Outcome.SUCCEEDED)], actor=READER, at=when)
    second.refresh_from_db()
    return second


def buys(chosen: dict[int, int], *, when: datetime = NOW, **changes: Any) -> Order:
    """An order that is placed and paid."""
    order = orders(chosen, when=when, **changes)
    pays(order, when=when)
    return order


def closes(number: int, *, when: datetime) -> MailingRun:
    """What waits of an issue is put in a file by one person, as few lines are."""
    one = issue(number)
    if not MailingHouse.objects.filter(magazine=one.magazine_id).exists():
        make_house(one.magazine)
    return make(one.pk, actor=CLERK, at=when)


def leaves(run: MailingRun, *, when: datetime) -> Posted:
    """A closed run is handed over, counted and posted."""
    hand_over(run.pk, actor=CLERK, at=when)
    count_received(run.pk, copies=run.copies or 0, actor=CLERK, at=when)
    return post_run(run.pk, on=when.date(), actor=CLERK, at=when)


def states(order: Order) -> list[tuple[int, int, str]]:
    """Number, copies and state of each line."""
    rows = SoldIssue.objects.filter(order=order).order_by("pk")
    return list(rows.values_list("issue__number", "copies", "state"))


def account(key: str) -> str:
    """The account of a key today."""
    return AccountMap.objects.get(key=key).account_id


def unsound(when: datetime) -> list[tuple[str, str, str]]:
    """What the audit finds wrong; neither Stripe nor the post office is looked after here."""
    found = [one for one in breaches(when) if one[0] not in ("MIRROR", "PAYOUT", "HEARD")]
    return [
        one
        for one in found
        if not one[2].startswith(("single_", "refund_", "order_expired")) or "due since" not in one[2]
    ]


__all__ += ["Issue"]
