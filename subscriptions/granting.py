"""Granting: the copies of paid terms, each owed by the movement that grants it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from payments.actors import Actor
from payments.days import paris_day
from payments.vat import copies_value
from subscriptions.models import Issue, Term

# One statement writes both the copies and their movements.
GRANT = """
WITH granted AS (
    INSERT INTO subscriptions_entitlement (term_id, rank, issue_id, value_ht, state)
    SELECT term_id, rank, issue_id, value_ht, 'owed'
    FROM jsonb_to_recordset(%(copies)s::jsonb) AS copy(term_id bigint, rank integer, issue_id bigint, value_ht numeric)
    ORDER BY term_id, rank
    RETURNING id, issue_id
)
INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, issue_id, actor, reason, "on", at)
SELECT id, 'grant', issue_id, %(actor)s, '', %(on)s, %(at)s FROM granted ORDER BY id
"""

# The same for terms that began in another house: what was served there moves on at once, on the day it was posted.
GRANT_BEGUN = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(copies)s::jsonb) AS copy(
        term_id bigint, rank integer, issue_id bigint, value_ht numeric, served_on date)
), granted AS (
    INSERT INTO subscriptions_entitlement (term_id, rank, issue_id, value_ht, state)
    SELECT term_id, rank, issue_id, value_ht, CASE WHEN served_on IS NULL THEN 'owed' ELSE 'served' END
    FROM given ORDER BY term_id, rank
    RETURNING id, term_id, rank, issue_id
)
INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, issue_id, actor, reason, "on", at)
SELECT granted.id, step.kind, granted.issue_id, %(actor)s,
    CASE WHEN served_on IS NULL THEN '' ELSE 'served by the former house' END, COALESCE(served_on, %(on)s), %(at)s
FROM granted JOIN given USING (term_id, rank)
CROSS JOIN (VALUES (1, 'grant'), (2, 'assign'), (3, 'serve')) AS step(place, kind)
WHERE step.place = 1 OR served_on IS NOT NULL
ORDER BY granted.id, step.place
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """A term that began in another house. `values`: of all its copies; `served`: the day and the issue (None: not known
    here) of each of those that were served there, the first ones; `issues`: those of the others that are planned."""

    term: Term
    values: Sequence[Decimal]
    served: Sequence[tuple[date, Issue | None]]
    issues: Sequence[Issue]


def grant_begun(terms: Iterable[Begun], *, actor: Actor, at: datetime) -> None:
    """Each copy of each term, those that were served elsewhere as served. One statement, however many."""
    copies = [
        {
            "term_id": one.term.pk,
            "rank": rank,
            "issue_id": issue.pk if issue is not None else None,
            "value_ht": str(value),
            "served_on": served_on.isoformat() if served_on is not None else None,
        }
        for one in terms
        for rank, value, (served_on, issue) in _begun(one)
    ]
    with connection.cursor() as cursor:
        cursor.execute(GRANT_BEGUN, {"copies": json.dumps(copies), "actor": str(actor), "on": paris_day(at), "at": at})


def _begun(one: Begun) -> Iterator[tuple[int, Decimal, tuple[date | None, Issue | None]]]:
    coming = len(one.values) - len(one.served)
    waiting = [*one.issues, *[None] * (coming - len(one.issues))]
    every: list[tuple[date | None, Issue | None]] = [*one.served, *((None, issue) for issue in waiting)]
    for rank, (value, copy) in enumerate(zip(one.values, every, strict=True), start=1):
        yield rank, value, copy


def grant(terms: Iterable[tuple[Term, Sequence[Issue]]], *, actor: Actor, at: datetime) -> None:
    """Each copy of each term, worth left(k−1) − left(k) (law.md 6.3); copies of issues not planned yet wait for theirs.

    `terms`: each with the issues of its copies that are planned, in order. One statement, however many.
    """
    copies = [
        copy
        for term, issues in terms
        for copy in _rows(term, copies_value(term.amount.amount, term.copies, term.vat_rate), issues)
    ]
    _write(copies, actor=actor, at=at)


def grant_valued(term: Term, values: Sequence[Decimal], issues: Sequence[Issue], *, actor: Actor, at: datetime) -> None:
    """The copies of one term that are worth what others were: nothing is earned or lost by granting them."""
    _write(_rows(term, values, issues), actor=actor, at=at)


def _rows(term: Term, values: Iterable[Decimal], issues: Sequence[Issue]) -> list[dict[str, Any]]:
    return [
        {
            "term_id": term.pk,
            "rank": rank,
            "issue_id": issues[rank - 1].pk if rank <= len(issues) else None,
            "value_ht": str(value),
        }
        for rank, value in enumerate(values, start=1)
    ]


def _write(copies: Sequence[dict[str, Any]], *, actor: Actor, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(GRANT, {"copies": json.dumps(copies), "actor": str(actor), "on": paris_day(at), "at": at})
