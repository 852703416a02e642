"""Where the copies of a gift are by now: with the term that was sold, or with the one that serves it elsewhere.

The only places that need to know are the dates of the giver's contract and what takes copies back, or holds them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction

from subscriptions.models import CarriedTerm, Entitlement, Subscription, Term
from subscriptions.models.gifts import CARRIED


def served_as(terms: Iterable[Term]) -> dict[int, int]:
    """Of these terms those that are served elsewhere: key of the serving term by key of the sold one.

    No query for terms read with `carried_as`.
    """
    found = {}
    for term in terms:
        row = getattr(term, "carried_as", None)
        if row is not None:
            found[term.pk] = row.served_id
    return found


def sold_as(term: Term) -> Term:
    """The term that was sold and paid for: the one a carried term serves, else the term itself."""
    if term.source != CARRIED:
        return term
    return CarriedTerm.objects.select_related("sold__payment").get(served=term).sold


def copies_by_sold_term(subscriptions: Iterable[int]) -> dict[int, list[Entitlement]]:
    """The copies that serve elsewhere what these subscriptions were sold, by key of the sold term. One query."""
    found: dict[int, list[Entitlement]] = {}
    rows = Entitlement.objects.filter(term__carries__sold__subscription__in=subscriptions)
    for row in rows.select_related("issue", "term__carries").order_by("term__number", "rank"):
        found.setdefault(row.term.carries.sold_id, []).append(row)
    return found


def lock_where_served(subscriptions: Collection[int]) -> None:
    """Lock subscriptions and those where gifts of theirs are served by now, in the order of their ids.

    In the caller's transaction. Whether a gift goes on elsewhere is decided under its own lock (`carrying`): if one did so
    while the locks were waited for, they are let go and all of them are taken anew. Three queries.
    """
    own = set(subscriptions)
    while True:
        keys = own | _elsewhere(own)
        point = transaction.savepoint()
        list(Subscription.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
        if _elsewhere(own) <= keys:
            transaction.savepoint_commit(point)
            return
        transaction.savepoint_rollback(point)


def _elsewhere(subscriptions: Collection[int]) -> set[int]:
    rows = CarriedTerm.objects.filter(sold__subscription__in=subscriptions)
    return set(rows.values_list("served__subscription", flat=True))
