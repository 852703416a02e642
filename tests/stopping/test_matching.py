"""Numbers as people write them, names as people spell them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.references import subscriber_number
from subscriptions.stopping.matching import fold, named, same_email, same_person

ORDER = "CMD-4K7-PX2-9HR"


@pytest.fixture
def order() -> str:
    from random import Random

    from subscriptions.references import new_reference

    return new_reference("CMD", Random(7))


@pytest.mark.parametrize(
    "written",
    ["{0}", "{1}", " {2} ", "ma commande {0} du 23 novembre", "Commande n° {3}, ActuIA", "({0})"],
)
def test_an_order_is_read_however_it_is_written(order, written):
    bare = order.replace("-", "")
    text = written.format(order, bare, bare.lower(), order.replace("-", " ").lower())
    assert named(text).orders == {order}


@pytest.mark.parametrize("written", ["{0}", " {1} ", "abonnée {0}", "n° {1} (ActuIA)", "Abonnement n°{0}, depuis 2026"])
def test_a_subscriber_number_is_read_however_it_is_written(written):
    number = subscriber_number(1234)
    assert named(written.format(number, f"{number[:4]} {number[4:]}")).numbers == {number}


@pytest.mark.parametrize(
    "words", ["", "ActuIA, commandé le 23/11/2026", "12345678", "mon abonnement", "06 12 34 56 78 99"]
)
def test_words_alone_name_nothing(words):
    assert (named(words).orders, named(words).numbers) == (frozenset(), frozenset())


@given(st.text(max_size=200))
def test_whatever_is_written_is_read_without_a_fault(text):
    named(text)
    fold(text)


@pytest.mark.parametrize(
    ("first", "last", "same"),
    [
        ("Élodie", "Lefèvre", True),
        ("elodie", "LEFEVRE", True),
        ("E.", "Lefevre", True),
        ("", "Lefèvre", True),
        ("Lefèvre", "Élodie", True),
        ("Marie-Élodie", "Lefèvre", True),
        ("Karim", "Lefèvre", False),
        ("Élodie", "Lefebvre", False),
        ("Élodie", "", False),
        ("Élodie", "-", False),
    ],
)
def test_names_are_compared_as_people_spell_them(first, last, same):
    assert same_person(first, last, ["Élodie Lefèvre", "", "LEFEVRE ELODIE"]) is same


def test_a_double_name_and_an_organisation():
    assert same_person("Anne", "L'Huillier Saint-Clair", ["Anne L’Huillier-Saint Clair"])
    assert same_person("", "Université de Nantes", ["UNIVERSITE DE NANTES"])
    assert not same_person("", "Université de Nantes", ["Université de Rennes"])


def test_no_address_is_nobodys():
    assert same_email(" Elodie@Example.fr ", "elodie@example.fr")
    assert not same_email("", "")
