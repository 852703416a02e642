"""The nightly audit: every named invariant of the design that exists so far, and what was found wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

import payments.audit
import subscriptions.audit
from payments.audit import Breaches, Check
from shop.watch import runs
from shop.watch.models import AuditFinding


def on_time(at: datetime) -> Breaches:
    """ON TIME: no sweep is overdue without an alarm."""
    for one in runs.late(at=at):
        yield f"job:{one.job}", f"has not succeeded for {one.silent_for}"


def checks() -> Mapping[str, list[Check]]:
    """Every check under the name of its invariant, from all floors."""
    named: dict[str, list[Check]] = defaultdict(list)
    for table in (payments.audit.CHECKS, subscriptions.audit.CHECKS, {"ON TIME": (on_time,)}):
        for name, functions in table.items():
            named[name].extend(functions)
    return named


def breaches(at: datetime) -> list[tuple[str, str, str]]:
    """(invariant, subject, sentence) of everything wrong at this instant, in one snapshot of the database."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One picture of all rows: money that settles meanwhile would look like a breach.
            if not connection.savepoint_ids:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return [
            (name, subject, sentence)
            for name, functions in checks().items()
            for function in functions
            for subject, sentence in function(at)
        ]


def audit(at: datetime) -> str:
    """Check everything, open a finding per breach, close those that no longer hold; says how many are open."""
    found = breaches(at)
    AuditFinding.objects.bulk_create(
        [
            AuditFinding(invariant=name, subject=subject[:120], sentence=sentence, found_at=at)
            for name, subject, sentence in found
        ],
        ignore_conflicts=True,
    )
    still = {(name, subject[:120]) for name, subject, _sentence in found}
    for finding in AuditFinding.objects.filter(closed_at=None):
        if (finding.invariant, finding.subject) not in still:
            finding.closed_at = timezone.now()
            finding.save(update_fields=["closed_at"])
    return f"{len(still)} findings over {len(checks())} invariants"
