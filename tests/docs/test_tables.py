"""docs/tables.md is what the code says, and every row of its tables of outcomes, retries and states has a test of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deploy.local import tables
from payments.gateway import Family
from payments.gateway import rows as codes
from shop.account.receipts import SENTENCES, STEPS
from subscriptions.moving import MOVEMENTS
from subscriptions.receipts import Stands, Step
from tests.gateway import test_codes
from tests.pure import test_renewal_calendar
from tests.receipts import test_receipts
from tests.renewals import test_outcomes
from tests.states import test_tables


def test_the_page_is_what_the_code_says():
    assert tables.PAGE.read_text(encoding="utf-8") == tables.text(), "make tables"


def test_the_page_of_the_columns_of_an_import_is_what_the_code_says():
    assert tables.COLUMNS_PAGE.read_text(encoding="utf-8") == tables.columns_text(), "make tables"


def names(test: Callable[..., Any]) -> set[str]:
    """The names of a test's rows, as pytest shows them."""
    return {name for mark in test.pytestmark if mark.name == "parametrize" for name in _names(mark)}  # type: ignore[attr-defined]


def _names(mark: Any) -> Iterator[str]:
    ids = mark.kwargs.get("ids")
    for place, row in enumerate(mark.args[1]):
        if getattr(row, "id", None):
            yield row.id
        elif callable(ids):
            yield ids(row)
        else:
            yield str(ids[place] if ids else row)


@pytest.mark.parametrize("name", tables.state_tables())
def test_every_step_has_a_test_of_its_name(name):
    steps = {f"{came} to {to}" for came, allowed in tables.state_tables()[name].items() for to in allowed}
    assert steps
    assert steps - names(getattr(test_tables, f"test_{name}")) == set()


def test_every_movement_of_a_copy_has_a_test_of_its_name():
    steps = {f"{state} by {kind}" for kind, (came, _to) in MOVEMENTS.items() for state in came}
    assert steps - names(test_tables.test_copy) == set()


def test_every_code_has_a_test_of_its_name_as_it_comes_and_as_it_ends():
    assert {row.code for row in codes()} - names(test_codes.test_row) == set()
    assert {f"{row.rail}-{row.code}" for row in codes()} - names(test_outcomes.test_row_of_the_gateways_table) == set()


@pytest.mark.parametrize(
    "test",
    [
        test_renewal_calendar.test_the_closed_table_of_retries,
        test_renewal_calendar.test_the_closed_table_of_retries_of_a_debit,
    ],
    ids=["card", "debit"],
)
def test_every_family_has_a_test_of_its_retries(test):
    assert {family.value for family in Family} - names(test) == set()


def test_every_word_of_a_receipt_has_a_test_of_its_name():
    assert {str(step) for step in STEPS} - names(test_receipts.test_step) == set()
    assert {str(name) for name in SENTENCES} - names(test_receipts.test_stands) == set()
    assert set(STEPS) == set(Step)
    assert set(SENTENCES) == set(Stands)


def test_a_row_without_a_test_is_found():
    """The meta-test itself can fail."""
    assert "paid to draft" not in {
        f"{came} to {to}" for came, allowed in tables.state_tables()["order"].items() for to in allowed
    }
    assert {"no such code"} - names(test_codes.test_row) == {"no such code"}
