"""Invoice numbers as people write them: whole, nearly, or another."""

from __future__ import annotations

import pytest

from payments.bank.numbers import Index, Near, same_name, whole_numbers

OPEN = Index(["F2026-000012", "F2026-000013", "F2026-000102"])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("F2026-000012", ["F2026-000012"]),
        ("facture f 2026 000012 lyon", ["F2026-000012"]),
        ("F2026000012", ["F2026-000012"]),
        ("F2026 - 000012", ["F2026-000012"]),
        ("F 2026 000 012", ["F2026-000012"]),
        ("MOTIF F2026-00\n0012 /REF 45", ["F2026-000012"]),
        ("F2026/000012 27,60 EUR", ["F2026-000012"]),
        ("F2026-000012F2026-000013", ["F2026-000012", "F2026-000013"]),
        ("F2026-000013 ET F2026-000012 ET F2026-000013", ["F2026-000013", "F2026-000012"]),
        ("F2026-0000123", []),
        ("REF2026-000012", []),
        ("A2026-000012", []),
        ("F2026-12", []),
    ],
)
def test_numbers_that_stand_there_whole(text, numbers):
    assert whole_numbers(text) == numbers


@pytest.mark.parametrize("place", range(1, 12))
def test_a_number_is_whole_wherever_the_bank_cuts_its_lines(place):
    cut = f"FACTURE {'F2026-000012'[:place]}\n{'F2026-000012'[place:]} DU 23/11"
    assert whole_numbers(cut) == ["F2026-000012"]
    assert OPEN.near(cut) == {}


@pytest.mark.parametrize(
    ("text", "number", "how"),
    [
        ("FACT 000012", "F2026-000012", Near.NO_YEAR),
        ("000012", "F2026-000012", Near.NO_YEAR),
        ("2026-000012", "F2026-000012", Near.NO_YEAR),
        ("F2026-12", "F2026-000012", Near.ZEROS),
        ("F202600012", "F2026-000012", Near.ZEROS),
        ("F2026-000021", "F2026-000012", Near.SWAPPED),
        ("F2062-000012", "F2026-000012", Near.SWAPPED),
        ("E2026-000012", "F2026-000012", Near.ONE_WRONG),
        ("F2026-000O12", "F2026-000012", Near.ONE_WRONG),
    ],
)
def test_near_misses_have_a_name(text, number, how):
    assert OPEN.near(text)[number] == how


@pytest.mark.parametrize("text", ["F2026-000012", "F2026-000999", "REF 20260000123", "DU 12/11/2026", "4500012345", ""])
def test_what_is_no_near_miss(text):
    assert OPEN.near(text) == {}


def test_two_invoices_may_both_be_meant():
    assert dict(OPEN.near("F2026-000112")) == {"F2026-000012": Near.ONE_WRONG, "F2026-000102": Near.ONE_WRONG}


@pytest.mark.parametrize(
    ("name", "text", "same"),
    [
        ("Université de Lyon", "TRESORERIE UNIV LYON", True),
        ("Prenax SAS", "VIR PRENAX", True),
        ("Université de Lyon", "UNIVERSITE DE GENT", False),
        ("Bibliothèque municipale de Nîmes", "MAIRIE DE NIMES MUNICIPALE", True),
        ("Université", "UNIVERSITE", False),
        ("", "LYON", False),
    ],
)
def test_names(name, text, same):
    assert same_name(name, text) is same
