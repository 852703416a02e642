"""Where the copies of a gift are by now: with the term that was sold, or with the one that serves it elsewhere.

The only places that need to know are the dates of the giver's contract, what takes copies back, and what says a price.
"""

from __future__ import annotations

from collections.abc import Iterable

from subscriptions.models import CarriedTerm, Entitlement, Term
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


def last_bought(terms: Iterable[Term]) -> Term | None:
    """The newest of a subscription's terms that its own reader paid for and that stands; None if there is none.

    What was paid for a carried one is its giver's to know. No query for terms read with `undone`.
    """
    own = [one for one in terms if one.source != CARRIED and getattr(one, "undone", None) is None]
    return max(own, key=lambda one: one.number, default=None)


def copies_by_sold_term(subscriptions: Iterable[int]) -> dict[int, list[Entitlement]]:
    """The copies that serve elsewhere what these subscriptions were sold, by key of the sold term. One query."""
    found: dict[int, list[Entitlement]] = {}
    rows = Entitlement.objects.filter(term__carries__sold__subscription__in=subscriptions)
    for row in rows.select_related("issue", "term__carries").order_by("term__number", "rank"):
        found.setdefault(row.term.carries.sold_id, []).append(row)
    return found
