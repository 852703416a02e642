"""Rings that are left out would have found nothing: with all of them, the same things happen on the same days."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests import servers, template
from tests.simulation.plan import Plan
from tests.simulation.run import Report, simulate
from tests.simulation.tables import _tables_of
from tests.simulation.timetable import Timetable

#: Each round moves the clock by a minute, and there are more of them.
HOUR = re.compile(r" \d\d:\d\d:\d\d(\.\d+)?\+00:00")


def by_the_day(report: Report) -> list[str]:
    """What happened on which day."""
    assert report.clean, (report.failures[:3], report.found[:3])
    return sorted(HOUR.sub("", line) for line in report.trace)


@pytest.mark.long
@pytest.mark.usefixtures("transactional_db")
def test_whatever_is_left_out_would_have_found_nothing(monkeypatch):
    """The same over 1.04 years, to the renewals, takes minutes: whoever changes this rule plays it once."""
    plan = Plan(begins=date(2027, 2, 1), years=0.15, readers=4, bulk=3, bulk_days=9, bulk_live=True, seed=29)
    seldom = simulate(plan)
    template.restore(servers.superuser_url())
    may_find = Timetable.may_find
    monkeypatch.setattr(
        Timetable,
        "may_find",
        lambda self, job, *, minute, stripe: stripe or may_find(self, job, minute=minute, stripe=stripe),
    )
    always = simulate(plan)
    assert by_the_day(seldom) == by_the_day(always)
    assert seldom.counts["charges"] >= 3
    assert seldom.counts["job runs"] < always.counts["job runs"] * 0.8


@pytest.mark.parametrize(
    ("sql", "reads", "writes"),
    [
        ('SELECT 1 FROM "a" INNER JOIN "b" ON (true) WHERE EXISTS(SELECT 1 FROM "c" U0)', {"a", "b", "c"}, set()),
        ('SELECT "a"."id" FROM "a" FOR NO KEY UPDATE OF "a" SKIP LOCKED', {"a"}, set()),
        ('UPDATE "a" SET "x" = (SELECT 1 FROM "b")', {"a", "b"}, {"a"}),
        ('INSERT INTO "a" ("x") VALUES (1)', {"a"}, {"a"}),
        ('WITH gone AS (DELETE FROM "a" USING "b" RETURNING 1) SELECT 1 FROM gone', {"a", "b", "gone"}, {"a"}),
        ('UPDATE "watch_jobrun" SET "x" = 1', {"watch_jobrun"}, set()),
    ],
)
def test_a_statement_is_read(sql, reads, writes):
    assert _tables_of(sql) == (reads, writes)
