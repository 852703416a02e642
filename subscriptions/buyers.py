"""Whom does the invoice of a next year name? The buyer of its last order; where nobody ordered it here, its payer.

Only an import makes subscriptions that nobody ordered. Their payer is known by name; where they do not receive the copies
themselves, by an address of their own or by none: it does not stand on a private person's invoice then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payments.vat import BuyerKind
from subscriptions.models import Order, PostalAddress, Recipient, Subscription, Term


@dataclass(frozen=True, slots=True)
class PayerAsBuyer:
    """A payer in the words of an order. `billing`: an address of their own, if the copies go to somebody else.

    `is_gift`: the copies go to somebody else and no address of the payer is known; `delivery`: where they go.
    """

    first_name: str
    last_name: str
    billing: PostalAddress | None
    delivery: PostalAddress
    is_gift: bool
    organisation: str = ""
    buyer_kind: str = BuyerKind.CONSUMER
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    engagement_number: str = ""


Buyer = Order | PayerAsBuyer


def buyers_of(subscriptions: Sequence[Subscription], *, orders: Mapping[int, int | None]) -> dict[int, Buyer]:
    """The buyer of each, by subscription; without those that nobody can be named for. One query, three with imports.

    `subscriptions`: with their recipient's address; `orders`: the last order of each that has one.
    """
    keys = [key for key in orders.values() if key is not None]
    bought = (
        Order.objects.select_related("delivery", "billing")
        .defer("typed", "delivery__typed", "billing__typed")
        .in_bulk(keys)
    )
    found: dict[int, Buyer] = {}
    imported = []
    for one in subscriptions:
        order = orders.get(one.pk)
        if order is not None:
            found[one.pk] = bought[order]
        elif named(one):
            imported.append(one)
    homes = _homes(imported)
    return found | {one.pk: _payer(one, homes) for one in imported}


def nobody_to_name(subscriptions: Iterable[Subscription]) -> set[int]:
    """Those for whose next year no invoice can be made out: they must not be charged. One query; payers read with them."""
    rows = list(subscriptions)
    ordered = Term.objects.filter(subscription__in=[one.pk for one in rows], order__isnull=False)
    found = set(ordered.values_list("subscription", flat=True))
    return {one.pk for one in rows if one.pk not in found and not named(one)}


def named(subscription: Subscription) -> bool:
    """Whether its payer is a person with a name. A body without one has to say what it is before it is invoiced."""
    payer: Any = subscription.payer
    return payer is not None and bool(payer.first_name.strip() or payer.last_name.strip())


def _homes(subscriptions: Sequence[Subscription]) -> Mapping[int, PostalAddress]:
    """Where payers receive something themselves, by customer; the latest. One query, none for none."""
    payers = {one.payer_id for one in subscriptions if one.recipient.customer_id != one.payer_id}
    if not payers:
        return {}
    rows = Recipient.objects.filter(customer__in=payers).select_related("address").order_by("pk")
    return {row.customer_id: row.address for row in rows if row.customer_id is not None}


def _payer(one: Subscription, homes: Mapping[int, PostalAddress]) -> PayerAsBuyer:
    payer: Any = one.payer
    own = one.recipient.customer_id == one.payer_id
    home = None if own else homes.get(payer.pk)
    return PayerAsBuyer(
        first_name=payer.first_name,
        last_name=payer.last_name,
        billing=home,
        delivery=one.recipient.address,
        is_gift=not own and home is None,
    )
