"""What is owed to subscribers, on any day: the balance of 4871 to the cent, by month and by term."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from subscriptions.models import Issue
from tests.exports.reading import checks, differences, on, rows
from tests.institutions.papers import take
from tests.makers import NOW, TODAY, make_house, make_magazine, make_offers, send_out

pytestmark = pytest.mark.django_db
POSTED = date(2026, 12, 15)


@pytest.fixture
def three_copies():
    magazine = make_magazine()
    make_offers(magazine)
    make_house(magazine)
    return take(quantity=3)


def schedule(day: date) -> list[tuple[str, ...]]:
    names = ("Mois attendu", "Numéro", "Taux (%)", "Exemplaires", "Valeur HT")
    return [tuple(row[name] for name in names) for row in rows("produits-differes", on(day))]


def test_three_copies_of_four_issues(three_copies):
    """82,80 € are 81,10 € without VAT, as left(k) has it (law.md 6.3)."""
    assert schedule(TODAY) == [
        ("01/12/2026", "25", "2,10", "3", "20,28"),
        ("01/03/2027", "26", "2,10", "3", "20,27"),
        ("01/06/2027", "27", "2,10", "3", "20,28"),
        ("01/09/2027", "28", "2,10", "3", "20,27"),
    ]
    assert checks("produits-differes", on(TODAY)) == {"Solde du compte 4871": ("81.10", "81.10")}
    (row,) = rows("dette-abonnes", on(TODAY))
    assert (row["Commande"], row["Numéros dus"], row["Exemplaires"], row["Valeur HT"]) == (
        three_copies.order.reference, "4", "12", "81,10",
    )  # fmt: skip


def test_before_the_sale_nothing_and_yesterday_stays_as_it_was(three_copies):
    assert rows("dette-abonnes", on(TODAY - timedelta(days=1))) == []
    before = rows("dette-abonnes", on(POSTED - timedelta(days=1)))
    send_out(Issue.objects.get(number=25), on=POSTED, at=NOW + timedelta(days=22))
    assert [row[1] for row in schedule(POSTED)] == ["26", "27", "28"]
    assert rows("dette-abonnes", on(POSTED - timedelta(days=1))) == before
    assert checks("dette-abonnes", on(POSTED))["Solde du compte 4871"] == ("60.82", "60.82")
    assert differences(on(POSTED)) == differences(on(TODAY)) == []


def test_an_issue_that_slips_moves_its_month_and_no_sum(three_copies):
    Issue.objects.filter(number=28).update(post_on=date(2028, 1, 10))
    assert [row[0] for row in schedule(TODAY)][-1] == "01/01/2028"
    assert checks("produits-differes", on(TODAY))["Solde du compte 4871"] == ("81.10", "81.10")
