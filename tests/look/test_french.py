"""Amounts, dates and spaces as a French printer sets them: exact, to the no-break space."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest

from shop.templatetags import french


@pytest.mark.parametrize(
    ("amount", "set_as"),
    [
        (Decimal("27.60"), "27,60\u00a0€"),
        (Decimal("6.9"), "6,90\u00a0€"),
        (Decimal("0"), "0,00\u00a0€"),
        (Decimal("-27.60"), "−27,60\u00a0€"),
        (Decimal("1234567.05"), "1\u202f234\u202f567,05\u00a0€"),
        (SimpleNamespace(amount=Decimal("27.60")), "27,60\u00a0€"),
        (27, "27,00\u00a0€"),
        (None, ""),
        ("", ""),
    ],
)
def test_euros(amount: object, set_as: str) -> None:
    assert french.euros(amount) == set_as


def test_a_float_is_never_money() -> None:
    with pytest.raises(TypeError, match="never a float"):
        french.euros(27.6)


def test_days() -> None:
    assert french.day(dt.date(2027, 3, 1)) == "1er\u00a0mars\u00a02027"
    assert french.day(dt.date(2027, 3, 15)) == "15\u00a0mars\u00a02027"
    assert french.day(dt.date(2026, 8, 31)) == "31\u00a0août\u00a02026"
    assert french.day(None) == ""
    assert french.month(dt.date(2026, 12, 1)) == "décembre\u00a02026"
    assert french.short_day(dt.date(2026, 12, 3)) == "03/12/2026"


def test_instants_are_told_in_paris_time_on_both_sides_of_the_change() -> None:
    assert french.stamp(dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)) == "25/10/2026\u00a002:30"
    assert french.stamp(dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)) == "25/10/2026\u00a002:30"
    assert french.stamp(dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)) == "01/01/2027\u00a000:30"
    assert french.stamp(None) == ""


def test_numbers_and_rates() -> None:
    assert french.issue_number(25) == "n°\u00a025"
    assert french.issue_number(None) == ""
    assert french.percent(Decimal("2.1")) == "2,10\u00a0%"
    assert french.percent(Decimal("20")) == "20,00\u00a0%"
    assert french.percent(None) == ""


@pytest.mark.parametrize(
    ("typed", "set_as"),
    [
        ("Pourquoi ? Parce que : « oui » !", "Pourquoi\u00a0? Parce que\u00a0: «\u00a0oui\u00a0»\u00a0!"),
        ("27,60 € ; 2,10 %", "27,60\u00a0€\u00a0; 2,10\u00a0%"),
        ("rien à changer", "rien à changer"),
        (None, ""),
    ],
)
def test_typed_texts_get_their_no_break_spaces(typed: str | None, set_as: str) -> None:
    assert french.typeset(typed) == set_as
