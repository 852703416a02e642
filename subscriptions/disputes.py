"""Disputes: of which subscriptions is a payment disputed at the bank? They renew no further until it has ended."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from payments.disputes import disputed_payments
from payments.models import Payment
from subscriptions.models import Term


def disputed_among(keys: Collection[int] | None = None) -> set[int]:
    """The subscriptions (among `keys`, if given) of which a payment is disputed. Three queries; one where there is none."""
    payments = disputed_payments()
    if not payments:
        return set()
    subjects = Payment.objects.filter(pk__in=payments).values_list("subject", flat=True)
    orders, terms = set(), set()
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        if kind == "order" and key.isdecimal():
            orders.add(int(key))
        elif kind == "term":
            terms.add(int(key.partition(":")[0]))
    theirs: Any = Term.objects.filter(Q(payment__in=payments) | Q(order__in=orders) | Q(subscription__in=terms))
    if keys is not None:
        theirs = theirs.filter(subscription__in=keys)
    return set(theirs.values_list("subscription", flat=True))


def disputed_terms(terms: Collection[int]) -> set[int]:
    """Those of these terms whose payment is disputed; of a gift that goes on elsewhere, its giver's. Two queries; one where there is none."""
    payments = disputed_payments()
    if not payments:
        return set()
    theirs = Term.objects.filter(Q(payment__in=payments) | Q(carries__sold__payment__in=payments), pk__in=terms)
    return set(theirs.values_list("pk", flat=True))
