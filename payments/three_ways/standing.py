"""Where the money is on the evening of a day, said three ways, and every difference by its name; the remainder always.

What the books hold on the accounts of 517, 580 and 512 is read from their lines; what Stripe and the bank say, from what they
gave us. The names of the differences come from other queries (`things`): that they make up the whole difference is proved
anew each time, by a remainder of 0,00.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from payments.closing.numbering import midnight_after
from payments.ledger.posting import ZERO
from payments.three_ways.things import DIFFERENT, KEYS, KINDS, QUERIES, Kind, Side

#: Things shown of one kind.
SHOWN = 200

BOOKS = """
SELECT map.key, coalesce(sum(debit - credit), 0)
FROM (SELECT DISTINCT key, account_id FROM payments_accountmap WHERE key = ANY(%(keys)s)) AS map
JOIN payments_ledgerline line ON line.account_id = map.account_id
JOIN payments_ledgerentry entry ON entry.id = line.entry_id
WHERE booked_on <= %(on)s GROUP BY 1
"""
BALANCE = "SELECT coalesce(sum(net), 0) FROM payments_balancemovement WHERE currency = 'eur' AND created < %(midnight)s"
# What has left Stripe's balance, less what has come to our bank, less what came back.
ON_ITS_WAY = """
SELECT coalesce(sum(payout.amount) FILTER (WHERE payout.created < %(midnight)s), 0)
    - coalesce(sum(payout.amount) FILTER (WHERE arrived_on <= %(on)s), 0)
    - coalesce(sum(payout.amount) FILTER (
        WHERE state IN ('failed', 'cancelled') AND coalesce(back.created, state_since) < %(midnight)s), 0)
FROM payments_payout payout
LEFT JOIN payments_balancemovement back ON back.stripe_id = payout.failure_movement AND payout.failure_movement <> ''
WHERE payout.currency = 'eur'
"""
# The last statement that has begun, of each account; what it shows of later days is taken off again.
STATEMENTS = """
SELECT coalesce(sum(closing - later), 0), min(known) FROM (
    SELECT DISTINCT ON (account_id) account_id, closing, least(closed_on, %(on)s) AS known, (
        SELECT coalesce(sum(line.amount), 0) FROM payments_bankline line
        WHERE line.statement_id = statement.id AND line.booked_on > %(on)s) AS later
    FROM payments_bankstatement statement WHERE opened_on <= %(on)s
    ORDER BY account_id, closed_on DESC, opened_on DESC, id DESC
) AS last
"""


@dataclass(frozen=True, slots=True)
class Named:
    """One named part of a difference: how many things, and by how much the books hold more than the other side says."""

    kind: Kind
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that is not the same on both sides, as `kind:id`, and what each of them says, in euros."""

    name: str
    booked: Decimal
    said: Decimal


@dataclass(frozen=True, slots=True)
class Compared:
    """The books and one other side. books − said = the sum of the named differences + the remainder."""

    side: Side
    books: Decimal
    said: Decimal
    named: tuple[Named, ...]

    @property
    def difference(self) -> Decimal:
        """By how much the books hold more."""
        return self.books - self.said

    @property
    def remainder(self) -> Decimal:
        """What no name explains: 0,00 while all is well."""
        return self.difference - sum((one.amount for one in self.named), ZERO)


@dataclass(frozen=True, slots=True)
class Standing:
    """All three on the evening of `on`. `known_until`: the last day of which the bank has told, None for none."""

    on: date
    sides: Mapping[Side, Compared]
    known_until: date | None

    @property
    def books(self) -> Decimal:
        """What the books hold in all."""
        return sum((one.books for one in self.sides.values()), ZERO)

    @property
    def said(self) -> Decimal:
        """What Stripe and the bank say in all."""
        return sum((one.said for one in self.sides.values()), ZERO)

    @property
    def remainder(self) -> Decimal:
        """What no name explains on any side."""
        return sum((one.remainder for one in self.sides.values()), ZERO)


def standing(on: date) -> Standing:
    """The three ways on the evening of a day, as far as is known by now. Seven queries."""
    books, said, known = totals(on)
    sides = {side: Compared(side, books[side], said[side], _named(side, on=on)) for side in Side}
    return Standing(on, sides, known)


def totals(on: date) -> tuple[Mapping[Side, Decimal], Mapping[Side, Decimal], date | None]:
    """What the books hold and what the others say, by side, and until when the bank has told. Four queries."""
    given: dict[str, Any] = {"on": on, "midnight": midnight_after(on), "keys": list(KEYS.values())}
    with connection.cursor() as cursor:
        cursor.execute(BOOKS, given)
        held = dict(cursor.fetchall())
        cursor.execute(BALANCE, given)
        (balance,) = cursor.fetchone()
        cursor.execute(ON_ITS_WAY, given)
        (travelling,) = cursor.fetchone()
        cursor.execute(STATEMENTS, given)
        bank, known = cursor.fetchone()
    books = {side: Decimal(held.get(key, ZERO)) for side, key in KEYS.items()}
    return books, {Side.STRIPE: balance, Side.TRAVELLING: travelling, Side.BANK: bank}, known


def _named(side: Side, *, on: date) -> tuple[Named, ...]:
    """The differences of one side by kind, in their order. One query."""
    query = f"SELECT kind, count(*), sum(booked - said) FROM ({_different(side)}) AS named GROUP BY kind"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, {"on": on})
        found = {kind: (count, amount) for kind, count, amount in cursor.fetchall()}
    return tuple(Named(kind, *found[kind]) for kind in KINDS[side] if kind in found)


def things(side: Side, kind: Kind, *, on: date) -> Sequence[Thing]:
    """What is of one kind on one side, the largest first; `SHOWN` of them and one more. One query."""
    query = f"""SELECT thing, booked, said FROM ({_different(side)}) AS named WHERE kind = %(kind)s
ORDER BY abs(booked - said) DESC, thing LIMIT %(limit)s"""  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(query, {"on": on, "kind": kind, "limit": SHOWN + 1})
        return [Thing(*row) for row in cursor.fetchall()]


def _different(side: Side) -> str:
    return DIFFERENT.format(query=QUERIES[side])
