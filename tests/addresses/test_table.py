"""Every awkward address of the table comes out right or is refused with a sentence; nothing is ever cut."""

from __future__ import annotations

import pytest

from subscriptions.addresses.check import check
from subscriptions.addresses.label import postal_label
from tests.addresses.table import PRINTED, REFUSED, Printed, Refused


@pytest.mark.parametrize("row", PRINTED, ids=lambda row: row.why)
def test_label(row: Printed) -> None:
    faults, label = check(row.address)
    assert [fault.sentence for fault in faults] == []
    assert label is not None
    assert " | ".join(label.printed_lines) == row.label
    assert postal_label(row.address) == label


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.why)
def test_refusal(row: Refused) -> None:
    faults, label = check(row.address)
    assert label is None
    assert (row.field, row.code) in [(fault.field, fault.code) for fault in faults]
    for fault in faults:
        assert fault.sentence[0].isupper() or fault.sentence[0] == "“"
        assert fault.sentence.endswith(".")


def test_the_table_is_long_and_each_row_is_its_own() -> None:
    assert len(PRINTED) >= 150
    assert len({row.why for row in PRINTED}) == len(PRINTED)
    assert len({row.why for row in REFUSED}) == len(REFUSED)
