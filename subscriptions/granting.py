"""Granting: the copies of paid terms, each owed by the movement that grants it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
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
