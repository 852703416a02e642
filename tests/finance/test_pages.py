"""The desk of finance: each page opens, says exact figures, and every number leads to its rows."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.backoffice.colleagues import text_of
from tests.backoffice.sold import sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]


def test_smoke(at_desk, offers):
    finance = at_desk("finance")
    sell(offers["fixed"], number=1)
    for name, args, query in (
        ("desk_finance", (), {}),
        ("desk_balance", (), {}),
        ("desk_balance", (), {"jour": "2026-11-23"}),
        ("desk_balance", (), {"mois": "2026-11"}),
        ("desk_balance_rows", ("stripe", "not_there"), {"jour": "2026-11-23"}),
        ("desk_cohorts", (), {}),
        ("desk_cohorts", (), {"par": "issue"}),
        ("desk_cohort_rows", (), {}),
        ("desk_rates", (), {}),
        ("desk_failed_rows", (), {}),
        ("desk_months", (), {}),
        ("desk_month", (202611,), {}),
        ("desk_owed", (0,), {}),
    ):
        answer = finance.see(name, *args, **query)
        print(name, answer.status_code)
        print(text_of(answer)[600:3000])
        assert answer.status_code == 200, name
    assert 0
