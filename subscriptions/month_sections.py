"""What the middle floor has kept of a month when it is frozen: its sections of `payments.months.figures`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection

from payments.closing.periods import Period
from payments.days import paris_day
from payments.months.figures import Figure, add_section
from subscriptions.cohorts.failing import RECOVERED, Then, tries_by_month
from subscriptions.cohorts.reading import Outcome, Renewed, by_month

# Subscriptions that were being served on the last day: by a term that holds it and was not taken back.
PORTFOLIO = """
SELECT CASE WHEN sub.source <> 'shop' THEN 'imported' WHEN sub.is_gift THEN 'gift' WHEN sub.on_invoice THEN 'institution'
    ELSE 'own' END, count(DISTINCT sub.id)
FROM subscriptions_term term JOIN subscriptions_subscription sub ON sub.id = term.subscription_id
LEFT JOIN subscriptions_termundone undone ON undone.term_id = term.id
WHERE undone.id IS NULL AND term.starts_on <= %(last)s AND term.ends_on >= %(last)s
GROUP BY 1 ORDER BY 1
"""


def portfolio(period: Period, at: datetime) -> Sequence[Figure]:
    """Subscriptions in force on the last evening, by whose they are."""
    with connection.cursor() as cursor:
        cursor.execute(PORTFOLIO, {"last": period.last_day})
        return [Figure(who, count) for who, count in cursor.fetchall()]


def renewals(period: Period, at: datetime) -> Sequence[Figure]:
    """What became by now of the terms that came to their renewal in the month, the first of a reader and later ones apart."""
    found = by_month(on=paris_day(at), first=period.first_day)
    return [
        Figure(f"{'first' if is_first else 'later'}.{outcome}", renewed.of(outcome))
        for is_first in (True, False)
        for renewed in [found.get((period.first_day, is_first), Renewed())]
        for outcome in Outcome
        if renewed.of(outcome)
    ]


def tries(period: Period, at: datetime) -> Sequence[Figure]:
    """First charges of the month: answered, refused by reason, recovered."""
    return list(_tries(period))


def _tries(period: Period) -> Iterator[Figure]:
    found = tries_by_month(first=period.first_day, last=period.last_day).get(period.first_day)
    if found is None:
        return
    yield Figure("answered", found.answered)
    for family in sorted(found.failed):
        yield Figure(f"failed.{family}", found.count(family))
    yield Figure("recovered", found.count(None, *RECOVERED))
    yield Figure("lost", found.count(None, Then.LOST))


def add_all() -> None:
    """Give the frozen months these sections, at start-up."""
    for name, read in (("portfolio", portfolio), ("renewals", renewals), ("tries", tries)):
        add_section(name, read)
