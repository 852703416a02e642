"""A short simulation in the suite: another seed each time, every fault; and the same seed is the same trace."""

from __future__ import annotations

import os
from datetime import date

import pytest

from tests import servers, template
from tests.simulation.plan import Plan
from tests.simulation.registry import ACTS, ANSWERS, FAULTS, chosen
from tests.simulation.run import simulate

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.mark.long
def test_a_year_with_everything_that_goes_wrong_is_clean():
    """From February, when a year begins with the order, to the retries of its renewal."""
    seed = int.from_bytes(os.urandom(3))
    plan = Plan(
        begins=date(2027, 2, 1), years=1.04, readers=1, bulk=5, bulk_days=5, bulk_live=True, seed=seed, audit_months=13,
        faults=tuple(chosen("all")),
    )  # fmt: skip
    report = simulate(plan)
    assert report.clean, f"seed {seed}: {report.failures[:3]} {report.found[:5]}\n" + "\n".join(report.explained)
    assert report.counts["charges"] > 0


def test_the_same_seed_is_the_same_trace():
    plan = Plan(
        begins=date(2027, 2, 1),
        years=0.12,
        readers=3,
        bulk=2,
        bulk_days=9,
        bulk_live=True,
        seed=11,
        faults=tuple(chosen("all")),
    )
    # Which plans are computed anew in which night goes by primary keys: with the same ones, the same jobs ring.
    keys = template.counted(servers.superuser_url())
    first = simulate(plan)
    template.restore(servers.superuser_url())
    template.count_on_from(keys, servers.superuser_url())
    again = simulate(plan)
    assert first.trace == again.trace
    assert first.trace
    assert first.counts == again.counts


def test_another_seed_is_another_trace():
    """The comparison above can fail."""
    plan = Plan(begins=date(2027, 2, 1), years=0.03, readers=2, seed=1)
    first = simulate(plan)
    template.restore(servers.superuser_url())
    again = simulate(Plan(begins=date(2027, 2, 1), years=0.03, readers=2, seed=2))
    assert first.trace != again.trace


def test_faults_are_chosen_by_name():
    assert chosen("none") == []
    assert chosen("kills, Stripe down") == ["Stripe down", "kills"]
    assert chosen("all") == sorted(FAULTS)
    with pytest.raises(ValueError, match="There is no fault 'rain'"):
        chosen("rain")


def test_no_two_acts_share_a_name():
    names = [row.name for row in (*ACTS, *ANSWERS)]
    assert len(names) == len(set(names))
