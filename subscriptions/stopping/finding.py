"""Which contract a declaration is about, and how surely: the safety rule of stopping.

At once: signed in as the one who pays or holds, or number, name and the contract's own e-mail agree. Number and name
with another address: received, told to the contract's own address, decided by a person. Anything else: a person looks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.db.models import Q

from subscriptions.models import Declaration, Order, Subscription, Term
from subscriptions.orders.names import person_name
from subscriptions.stopping.matching import named, same_email, same_person


class Trust(IntEnum):
    """How surely a declaration comes from whose contract it is."""

    OTHER_EMAIL = 1
    AGREED = 2
    SIGNED_IN = 3


@dataclass(frozen=True, slots=True)
class Found:
    """One contract: a subscription, or an order that is not paid; and whom it belongs to."""

    subscription_id: int | None
    order_id: int | None
    trust: Trust
    email: str
    name: str
    customer_id: int | None

    @property
    def sure(self) -> bool:
        """Whether the declaration is carried out at once."""
        return self.trust >= Trust.AGREED


def find(
    *, kind: str, contract: str, first_name: str, last_name: str, email: str, customer: Any = None
) -> Found | None:
    """The contract that a declaration names, the surest of several; None if there is none, or it is somebody else's.

    `customer`: who is signed in. Whoever holds a subscription that somebody else pays may end it, not withdraw: the
    right and the money are the payer's. Three queries at most.
    """
    read = named(contract)
    candidates = [*_subscriptions(read.numbers, read.orders), *_orders(read.orders)]
    found = [
        one for row in candidates if (one := _weigh(row, kind, first_name, last_name, email, customer)) is not None
    ]
    return max(found, key=lambda one: one.trust, default=None)


@dataclass(frozen=True, slots=True)
class _Candidate:
    subscription_id: int | None
    order_id: int | None
    people: tuple[Any, ...]  # the payer first
    names: tuple[str, ...]
    email: str


def _subscriptions(numbers: Iterable[str], orders: Iterable[str]) -> list[_Candidate]:
    by_order = Term.objects.filter(order__reference__in=orders).values("subscription")
    rows = Subscription.objects.filter(Q(number__in=numbers) | Q(pk__in=by_order)).select_related(
        "payer", "holder", "recipient"
    )
    return [
        _Candidate(
            row.pk,
            None,
            people := _people(row),
            (
                *(one.full_name for one in people),
                *(one.organisation for one in people),
                *(() if row.is_gift else (row.recipient.name,)),
            ),
            "",
        )
        for row in rows
    ]


def _people(row: Subscription) -> tuple[Any, ...]:
    """Whose contract it is, the payer first. A gift is its giver's alone: its recipient ends nothing, and is told nothing."""
    people = (row.payer,) if row.is_gift else (row.payer, row.holder)
    return tuple(one for one in people if one is not None)


def _orders(references: Iterable[str]) -> list[_Candidate]:
    rows = Order.objects.filter(reference__in=references, term=None).select_related("customer")
    return [
        _Candidate(
            None, row.pk, (row.customer,) if row.customer else (), (person_name(row), row.organisation), row.email
        )
        for row in rows
    ]


def _weigh(row: _Candidate, kind: str, first_name: str, last_name: str, email: str, customer: Any) -> Found | None:
    people = row.people[:1] if kind == Declaration.Kind.WITHDRAWAL else row.people
    owner = people[0] if people else None
    own = row.email or (owner.email or "" if owner else "")
    name = (owner.full_name if owner else "") or next((one for one in row.names if one), "")
    addresses = {row.email, *(one.email or "" for one in people)}
    mine = customer is not None and any(one.pk == customer.pk for one in people)
    if mine:
        trust = Trust.SIGNED_IN
    elif not same_person(first_name, last_name, row.names):
        return None
    elif any(same_email(email, one) for one in addresses):
        trust = Trust.AGREED
    else:
        trust = Trust.OTHER_EMAIL
    return Found(row.subscription_id, row.order_id, trust, own, name, owner.pk if owner else None)
