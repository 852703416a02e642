"""Months are frozen once, in their order, and never change; what is known later stands beside them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from payments.actors import job
from payments.closing.checklist import lines
from payments.closing.days import close_days
from payments.closing.periods import month_of, sign, tick
from payments.ledger.accounts import revenue_accounts
from payments.models import MonthSnapshot, PeriodClosing
from payments.months.auditing import months_frozen
from payments.months.comparing import Change, changed_since, changes
from payments.months.figures import SECTIONS, figures
from payments.months.freezing import due, fingerprint, freeze, freeze_due
from payments.months.reading import earned, last_months, vat_due
from tests.backoffice.colleagues import text_of
from tests.closing.conftest import at, book

pytestmark = pytest.mark.django_db
FREEZER, CLERK = job("month-figures"), job("tests")
SEPTEMBER, OCTOBER = date(2026, 9, 10), date(2026, 10, 5)


@pytest.fixture
def books(db):
    """27,60 in September, 13,80 in October; and what was earned of it."""
    book("payment:1", on=SEPTEMBER)
    book("payment:2", on=OCTOBER, amount="13.80")
    book("posting:1", on=OCTOBER, amount="6.76", debit="DEFERRED", credit="REV_PRINT", journal="OD")
    close_days(actor=job("close-day"), at=at(date(2026, 11, 1), 1))


def frozen() -> list[str]:
    return [str(one) for one in MonthSnapshot.objects.order_by("pk")]


def signed(day: date) -> PeriodClosing:
    month = month_of(day)
    for line in lines():
        if line.by_person:
            tick(month, line.key, actor=CLERK, at=at(date(2026, 11, 2)), reason="vérifié")
    return sign(month, actor=CLERK, at=at(date(2026, 11, 2)), reason="vérifié")


def test_by_its_day_fifteen_days_after_its_end(books):
    assert [str(one) for one in due(on=date(2026, 10, 14))] == []
    assert [str(one) for one in due(on=date(2026, 10, 15))] == ["2026-09"]
    assert freeze_due(actor=FREEZER, at=at(date(2026, 10, 15), 1)) == 1
    assert freeze_due(actor=FREEZER, at=at(date(2026, 10, 16), 1)) == 0
    assert frozen() == ["2026-09"]
    assert freeze_due(actor=FREEZER, at=at(date(2026, 12, 1))) == 1, "November is over for a day only"
    assert frozen() == ["2026-09", "2026-10"]
    assert list(months_frozen(at(OCTOBER))) == []


def test_with_its_closing_within_the_hour(db):
    book("payment:1", on=SEPTEMBER)
    close_days(actor=job("close-day"), at=at(date(2026, 11, 1), 1))
    closing = signed(SEPTEMBER)
    assert freeze_due(actor=FREEZER, at=at(date(2026, 11, 2), 13)) == 1
    row = MonthSnapshot.objects.get()
    assert (row.first_day, row.closing_id, row.actor) == (date(2026, 9, 1), closing.pk, "job:month-figures")
    assert row.hash == fingerprint(row)


def test_twice_is_once_and_a_month_of_nothing_is_frozen_too(books):
    month = month_of(SEPTEMBER)
    assert [freeze(month, actor=FREEZER, at=at(OCTOBER)) for _twice in range(2)] == [1, 0]
    book("payment:9", on=date(2026, 12, 5))
    freeze_due(actor=FREEZER, at=at(date(2027, 2, 1)))
    assert frozen() == ["2026-09", "2026-10", "2026-11", "2026-12"]
    assert MonthSnapshot.objects.get(first_day=date(2026, 11, 1)).figures["money"] == []


def test_the_figures_of_a_month_to_the_cent(books):
    found = figures(month_of(OCTOBER), at=at(date(2026, 11, 2)))
    assert set(found) == set(SECTIONS) == {
        "money", "result", "vat", "balances", "three_ways", "portfolio", "renewals", "tries",
    }  # fmt: skip
    assert found["money"] == [{"key": "payment", "count": 1, "amount": "13.80"}]
    assert found["result"] == [{"key": "701100", "count": 1, "amount": "6.76"}]
    assert {row["key"]: row["amount"] for row in found["balances"]} == {
        "411000": "-41.40", "487100": "6.76", "517000": "41.40",
    }  # fmt: skip
    told = {row["key"]: row["amount"] for row in found["three_ways"]}
    assert (told["stripe.books"], told["stripe.said"], told["stripe.remainder"]) == ("41.40", "0.00", "0.00")


def test_what_has_changed_since(books):
    freeze_due(actor=FREEZER, at=at(date(2026, 11, 20)))
    october = MonthSnapshot.objects.get(first_day=date(2026, 10, 1))
    assert changed_since(october, at=at(date(2026, 11, 21))) == []
    book("payment:3", on=OCTOBER, amount="1.00", written=at(date(2026, 11, 22)))
    found = changed_since(october, at=at(date(2026, 11, 23)))
    assert found[0] in found
    assert {(one.section, one.key, one.count, one.amount) for one in found} == {
        ("money", "payment", (1, 2), ("13.80", "14.80")),
        ("balances", "411000", (None, None), ("-41.40", "-42.40")),
        ("balances", "517000", (None, None), ("41.40", "42.40")),
        ("three_ways", "stripe.books", (None, None), ("41.40", "42.40")),
    }
    october.refresh_from_db()
    assert october.figures["money"] == [{"key": "payment", "count": 1, "amount": "13.80"}]


def test_a_figure_that_came_or_went_is_a_change_and_a_section_that_was_not_kept_is_none():
    then = {"money": [{"key": "a", "count": 1, "amount": "1.00"}], "old": [{"key": "x", "count": 1, "amount": None}]}
    now = {"money": [{"key": "b", "count": 2, "amount": None}], "new": [{"key": "y", "count": 1, "amount": None}]}
    assert changes(then, now) == [
        Change("money", "a", (1, None), ("1.00", None)),
        Change("money", "b", (None, 2), (None, None)),
    ]


@pytest.mark.parametrize(
    "sql", ["UPDATE payments_monthsnapshot SET figures = '{}'", "DELETE FROM payments_monthsnapshot"]
)
def test_what_was_frozen_cannot_be_changed(books, sql):
    freeze_due(actor=FREEZER, at=at(date(2026, 11, 20)))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_month_on_the_desk(books, at_desk):
    finance = at_desk("finance")
    freeze_due(actor=FREEZER, at=at(date(2026, 11, 20)))
    assert "octobre\u00a02026" in finance.see("desk_months").content.decode()
    said = text_of(finance.see("desk_month", 202610))
    assert "Figé le 20/11/2026 12:00 par" in said.replace("\u00a0", " ")
    assert "Rien : chaque chiffre est resté ce qu’il était." in said.replace("\u00a0", " ")
    book("payment:3", on=OCTOBER, amount="1.00", written=at(date(2026, 11, 22)))
    shown = text_of(finance.see("desk_month", 202610)).replace("\u00a0", " ")
    assert "Argent qui a circulé paiements des lecteurs 1 2 13,80 € 14,80 €" in shown
    assert "n’est pas encore figé" in text_of(finance.see("desk_month", 202611))
    for key in (202612, 2026, 202613):
        assert finance.see("desk_month", key).status_code == 404


def test_revenue_and_vat_of_the_months(books):
    months = last_months(OCTOBER, count=13)
    assert (str(months[0]), str(months[-1]), len(months)) == ("2025-10", "2026-10", 13)
    found = earned(months)
    assert (found[date(2026, 10, 1)], found[date(2026, 9, 1)], len(found)) == (Decimal("6.76"), 0, 13)
    book("invoice:1", on=OCTOBER, amount="0.57", debit="AR", credit="VAT_2.10", journal="VE")
    assert {one.account: one.amount for one in vat_due(months[-1])} == {
        "445710": 0, "445711": 0, "445712": Decimal("0.57"),
    }  # fmt: skip
    assert revenue_accounts() == ["701100", "701200"]


def test_frozen_rows_are_found_wrong_where_they_are(books):
    """The chain is that of the freezing: whoever changes one row breaks the ones after it."""
    freeze_due(actor=FREEZER, at=at(date(2026, 11, 20)))
    first, second = MonthSnapshot.objects.order_by("pk")
    assert (first.previous_hash, second.previous_hash) == ("", first.hash)
    assert second.at - first.at == timedelta(0)
