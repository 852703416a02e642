"""Whom a change of price reaches: who renews when, at which price before and after; in months, or reader by reader.

One reading of the database, whatever its size. Those who were told already keep what they were told; those whose R comes
before the change renew once more at the old price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from payments.money import eur
from subscriptions.models import PriceChange
from subscriptions.models.gifts import CARRIED

#: Kinds of readers of a cohort.
REACHED, TOLD, LATER = "reached", "told", "later"

# What another person paid for a year that was given is no price of this reader's (`pricing.paid`).
# R as `renewals.planning` has it: that of the open plan, else the day after the term and after the last copy to come.
READERS = """
WITH held AS (
    SELECT s.id, s.number, bought.amount AS paid, t.number AS term, a.delivery_zone AS zone,
        r.id AS renewal, r.state, r.amount AS planned,
        COALESCE(r.renews_on, GREATEST(t.ends_on, (
            SELECT MAX(COALESCE(i.posted_on, i.post_on))
            FROM subscriptions_term every JOIN subscriptions_entitlement e ON e.term_id = every.id
            JOIN subscriptions_issue i ON i.id = e.issue_id
            WHERE every.subscription_id = s.id AND e.state IN ('owed', 'assigned', 'held'))) + 1) AS day
    FROM subscriptions_subscription s
    JOIN subscriptions_recipient p ON p.id = s.recipient_id
    JOIN subscriptions_postaladdress a ON a.id = p.address_id
    JOIN LATERAL (
        SELECT t.number, t.ends_on FROM subscriptions_term t
        WHERE t.subscription_id = s.id AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = t.id)
        ORDER BY t.number DESC LIMIT 1) t ON true
    LEFT JOIN LATERAL (
        SELECT b.amount FROM subscriptions_term b
        WHERE b.subscription_id = s.id AND b.source <> %(carried)s
            AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = b.id)
        ORDER BY b.number DESC LIMIT 1) bought ON true
    LEFT JOIN subscriptions_renewal r
        ON r.subscription_id = s.id AND r.state NOT IN ('paid', 'lapsed', 'cancelled')
    WHERE s.offer_id = %(offer)s AND s.renewal = 'automatic' AND s.state IN ('active', 'grace')
        AND a.delivery_zone = ANY(%(zones)s)
), sorted AS (
    SELECT held.*, CASE
        WHEN state <> 'planned' OR EXISTS (
            SELECT FROM subscriptions_notice n
            WHERE n.matter LIKE 'renewal_notice:renewal:' || renewal || ':' || day || '%%' AND n.state <> 'withdrawn')
        THEN 'told' WHEN day < %(from)s THEN 'later' ELSE 'reached' END AS kind
    FROM held
), priced AS (
    SELECT sorted.*, CASE WHEN kind = 'told' THEN planned ELSE (
        SELECT c.amount FROM subscriptions_price c
        WHERE c.offer_id = %(offer)s AND c.delivery_zone = zone AND c.change_id IS DISTINCT FROM %(change)s
            AND COALESCE(c.renewals_from, c.valid_from) <= LEAST(day, %(from)s - 1)
        ORDER BY c.valid_from DESC, c.id DESC LIMIT 1) END AS before
    FROM sorted
)
"""
MONTHS = """
SELECT to_char(day, 'YYYY-MM'), kind, COUNT(*), SUM(before), SUM(CASE kind WHEN 'reached' THEN %(amount)s ELSE before END)
FROM priced GROUP BY 1, 2 ORDER BY 1, 2
"""
ONE_BY_ONE = """
SELECT id, number, day, kind, before, CASE kind WHEN 'reached' THEN %(amount)s ELSE before END, paid, renewal
FROM priced WHERE (%(month)s = '' OR to_char(day, 'YYYY-MM') = %(month)s) AND (%(kind)s = '' OR kind = %(kind)s)
    AND id > %(after)s
ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Month:
    """The readers of one kind whose R lies in one month (`2027-05`): how many, and what they pay before and after."""

    month: str
    kind: str
    readers: int
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Reached:
    """One reader of it. `paid`: what they paid last for a year, 0 if never."""

    subscription_id: int
    number: str
    renews_on: date
    kind: str
    before: Any
    after: Any
    paid: Any
    renewal_id: int | None


def months_of(change: PriceChange) -> list[Month]:
    """The whole cohort, month by month. One query."""
    with connection.cursor() as cursor:
        cursor.execute(READERS + MONTHS, _facts(change))
        return [
            Month(month, kind, count, eur(before or Decimal(0)), eur(after or Decimal(0)))
            for month, kind, count, before, after in cursor.fetchall()
        ]


def readers_of(
    change: PriceChange, *, month: str = "", kind: str = "", after: int = 0, limit: int
) -> Sequence[Reached]:
    """Its readers one by one, in order of their subscription, from after a key on. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            READERS + ONE_BY_ONE, _facts(change) | {"month": month, "kind": kind, "after": after, "limit": limit}
        )
        return [
            Reached(pk, number or "", day, sort, eur(before or 0), eur(then or 0), eur(paid or 0), renewal)
            for pk, number, day, sort, before, then, paid, renewal in cursor.fetchall()
        ]


def figures_of(months: Sequence[Month]) -> dict[str, Any]:
    """The totals that are signed, as plain values: readers and euros by kind, before and after."""
    found: dict[str, Any] = {}
    for kind in (REACHED, TOLD, LATER):
        rows = [one for one in months if one.kind == kind]
        found[kind] = {
            "readers": sum(one.readers for one in rows),
            "before": str(sum((one.before.amount for one in rows), Decimal("0.00"))),
            "after": str(sum((one.after.amount for one in rows), Decimal("0.00"))),
        }
    return found


def _facts(change: PriceChange) -> dict[str, Any]:
    return {
        "offer": change.offer_id,
        "zones": list(change.zones),
        "from": change.renewals_from,
        "amount": change.amount.amount,
        "carried": CARRIED,
        "change": change.pk or 0,
    }
