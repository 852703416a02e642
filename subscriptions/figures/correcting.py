"""Correcting: a copy that was counted turns out to be something else, and a further dated row says so.

Three things change what a copy that has left counts as: an institution pays its invoice, a term is undone whose copies were
sent, and an order of past issues is given back. Nothing that was counted is edited: the line is taken out of its class and put into the other, in a count of its own by
the rule of that day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction

from payments.actors import Actor
from subscriptions.figures.classes import GIVEN_BACK, Klass, classed
from subscriptions.figures.rules import facts_of, rule_in_force
from subscriptions.figures.taking import COLUMNS, VALUES, finish, next_key
from subscriptions.models import Issue

#: Lines whose last count is no longer true: invoiced and paid by now, or undone since. All three sets are small.
CHANGED = f"""
WITH found AS (
    SELECT counted.id, counted.issue_id, counted.dispatch_id FROM subscriptions_countedcopy counted
    JOIN subscriptions_dispatch line ON line.id = counted.dispatch_id
    JOIN subscriptions_entitlement copy ON copy.id = line.entitlement_id
    JOIN subscriptions_term term ON term.id = copy.term_id
    JOIN subscriptions_order bought ON bought.id = term.order_id
    WHERE counted.klass = '{Klass.UNPAID}' AND counted.copies > 0 AND bought.state = 'paid'
    UNION
    SELECT counted.id, counted.issue_id, counted.dispatch_id FROM subscriptions_termundone undone
    LEFT JOIN subscriptions_carriedterm carried ON carried.sold_id = undone.term_id
    JOIN subscriptions_entitlement copy ON copy.term_id IN (undone.term_id, carried.served_id)
    JOIN subscriptions_dispatch line ON line.entitlement_id = copy.id
    JOIN subscriptions_countedcopy counted ON counted.dispatch_id = line.id
    WHERE counted.copies > 0 AND counted.klass NOT IN ('{Klass.UNDONE}', '{Klass.CLAIM}')
    UNION
    SELECT counted.id, counted.issue_id, counted.dispatch_id FROM subscriptions_soldissue sold
    JOIN subscriptions_dispatch line ON line.sold_id = sold.id
    JOIN subscriptions_countedcopy counted ON counted.dispatch_id = line.id
    WHERE counted.copies > 0 AND counted.klass = '{Klass.SINGLE}' AND {GIVEN_BACK.format(order="sold.order_id")}
)
SELECT issue_id, dispatch_id FROM found WHERE NOT EXISTS (
    SELECT FROM subscriptions_countedcopy later WHERE later.dispatch_id = found.dispatch_id AND later.id > found.id)
ORDER BY issue_id, dispatch_id LIMIT %(limit)s
"""  # noqa: S608 - only our own words

#: Those of them whose class is another today: out of the class they were in, into the one they are in.
CORRECT = f"""
WITH line AS (SELECT * FROM subscriptions_dispatch WHERE id = ANY (%(lines)s)), {classed("line")},
last AS (
    SELECT DISTINCT ON (dispatch_id) * FROM subscriptions_countedcopy WHERE dispatch_id = ANY (%(lines)s) AND copies > 0
    ORDER BY dispatch_id, id DESC
), moved AS (
    SELECT classed.* FROM classed JOIN last ON last.dispatch_id = classed.id WHERE last.klass <> classed.klass
), both_ways ({COLUMNS}, way) AS (
    SELECT %(circulation)s::bigint, issue_id, dispatch_id, klass, band, zone, offer_id, code, -copies, -paid, -reference, percent, 0
    FROM last WHERE dispatch_id IN (SELECT id FROM moved)
    UNION ALL SELECT {VALUES}, 1 FROM moved
)
INSERT INTO subscriptions_countedcopy ({COLUMNS}) SELECT {COLUMNS} FROM both_ways ORDER BY dispatch_id, way
"""  # noqa: S608


def correct(*, on: date, actor: Actor, at: datetime, limit: int = 2000) -> int:
    """Count anew what is no longer what it was counted as; returns how many lines. Safe to repeat: nothing is moved twice."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"limit": limit})
        found: defaultdict[int, list[int]] = defaultdict(list)
        for issue, line in cursor.fetchall():
            found[issue].append(line)
    return sum(_correct(issue, lines, on=on, actor=actor, at=at) for issue, lines in found.items())


@transaction.atomic
def _correct(issue_id: int, lines: Sequence[int], *, on: date, actor: Actor, at: datetime) -> int:
    issue = Issue.objects.select_for_update(no_key=True).get(pk=issue_id)
    rule = rule_in_force(on)
    key = next_key()
    facts = facts_of(issue.magazine_id, rule)
    with connection.cursor() as cursor:
        cursor.execute(CORRECT, {**facts, "circulation": key, "issue": issue_id, "lines": list(lines)})
        moved = int(cursor.rowcount) // 2  # each line twice: out of one class, into another
    if moved:
        because = "paid or undone since"
        finish(key, issue, rule, run=None, lines=moved, on=on, actor=actor, at=at, reason=because)
    return moved
