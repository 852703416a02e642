"""Taking: what a run brought to the circulation of its issue is counted in the transaction that posts it, and frozen.

A run is counted once, whatever it is: the main file, a complement, what is sent again. Everything is a statement over the
whole run. The head of a count carries the hash of its sums; the rule by which it was counted is named beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from payments.actors import Actor
from payments.days import paris_day
from subscriptions.figures.classes import classed
from subscriptions.figures.rules import facts_of, rule_in_force
from subscriptions.models import Circulation, CirculationRule, Issue, MailingRun

#: Columns of a counted line, from `classed`; `way` is 1, or −1 where a correction takes it out of its class.
COLUMNS = (
    """circulation_id, issue_id, dispatch_id, klass, band, zone, offer_id, code, copies, paid, reference, percent"""
)
VALUES = """%(circulation)s, %(issue)s, id, klass, band, zone, CASE WHEN was_sold THEN offer_id END,
    CASE WHEN was_sold THEN code ELSE '' END, copies,
    CASE WHEN was_sold AND klass <> 'UNPAID' THEN ROUND(copy_paid * copies, 2) END,
    CASE WHEN was_sold THEN ROUND(copy_reference * copies, 2) END,
    CASE WHEN was_sold THEN ROUND(exact, 1) END"""

TAKE = f"""
WITH line AS (SELECT * FROM subscriptions_dispatch WHERE run_id = %(run)s), {classed("line")}
INSERT INTO subscriptions_countedcopy ({COLUMNS})
SELECT {VALUES} FROM classed ORDER BY place
"""  # noqa: S608 - only our own words

COUNT = """
INSERT INTO subscriptions_circulationcount (circulation_id, klass, band, zone, offer_id, code, lines, copies, paid, reference,
    least_percent)
SELECT %(circulation)s, klass, band, zone, offer_id, code, SUM(SIGN(copies)), SUM(copies), SUM(paid), SUM(reference), MIN(percent)
FROM subscriptions_countedcopy WHERE circulation_id = %(circulation)s
GROUP BY klass, band, zone, offer_id, code ORDER BY klass, band, zone, offer_id, code
RETURNING klass, band, zone, offer_id, code, lines, copies, paid, reference, least_percent
"""


def take(run: MailingRun, *, on: date, actor: Actor, at: datetime) -> Circulation:
    """Count a run that is posted on day `on`; the caller holds it and its issue. Six queries, whatever it holds."""
    rule = rule_in_force(on)
    key = next_key()
    facts = facts_of(run.issue.magazine_id, rule)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {**facts, "run": run.pk, "issue": run.issue_id, "circulation": key})
        lines = cursor.rowcount
    return finish(key, run.issue, rule, run=run, lines=lines, on=on, actor=actor, at=at)


def next_key() -> int:
    """The key of the next count: its rows are written first, and its head last, with their hash."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('subscriptions_circulation', 'id'))")
        (key,) = cursor.fetchone()
    return int(key)


def finish(
    key: int,
    issue: Issue,
    rule: CirculationRule,
    *,
    run: MailingRun | None,
    lines: int,
    on: date,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> Circulation:
    """Add the rows of a count up, and write its head. Three queries."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"circulation": key})
        names = [column.name for column in cursor.description or ()]
        sums = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    last = Circulation.objects.filter(issue=issue).aggregate(last=Max("number"))["last"] or 0
    return Circulation.objects.create(
        pk=key,
        issue=issue,
        number=last + 1,
        run=run,
        rule=rule,
        on=on,
        lines=lines,
        copies=sum(row["copies"] for row in sums),
        sha256=hash_of(sums),
        actor=str(actor),
        reason=reason[:200],
        at=at,
    )


def hash_of(sums: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of the sums of a count, in an order of their own."""
    rows = sorted(json.dumps({name: str(value) for name, value in row.items()}, sort_keys=True) for row in sums)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def take_missing(*, actor: Actor, at: datetime, limit: int = 20) -> int:
    """Count what was posted before copies were counted, oldest first; returns how many runs. Safe to repeat."""
    keys = list(
        MailingRun.objects.filter(state=MailingRun.State.POSTED, circulation=None)
        .order_by("posted_on", "pk")
        .values_list("pk", flat=True)[:limit]
    )
    taken = 0
    for key in keys:
        with transaction.atomic():
            issue = Issue.objects.select_for_update(no_key=True).get(runs=key)
            run = MailingRun.objects.get(pk=key)
            if Circulation.objects.filter(run=run).exists():
                continue
            run.issue = issue
            take(run, on=run.posted_on or paris_day(at), actor=actor, at=at)
            taken += 1
    return taken
