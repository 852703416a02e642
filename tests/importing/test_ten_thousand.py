"""Ten thousand readers with fifty faulty lines: every fault named, the totals right, and once in, nothing comes twice."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from datetime import date
from random import Random

import pytest
from django.db.models import Sum

from subscriptions.importing.deciding import CannotDecide
from subscriptions.importing.lines import Reading
from subscriptions.models import Entitlement, ImportRow, RenewalAttempt, Subscription
from tests.importing.desk import faults, hand_in, let_in, outcomes, read, say_yes
from tests.importing.test_faults import FAULTS
from tests.importing.test_gate import sweep
from tests.importing.test_letting_in import breaches, standing
from tests.importing.written import Written, write_file, written
from tests.makers import NOW

pytestmark = pytest.mark.django_db
#: Faults of one cell each, which can be planted in any line.
PLANTED: Sequence[tuple[str, str, str]] = (
    ("source", "autre", "source"), ("reference", "", "required"), ("reference", "=1+1", "formula"),
    ("formule", "deux-ans", "unknown_offer"), ("reconduction", "jamais", "not_a_choice"), ("debut", "2027-02-29", "not_a_day"),
    ("fin", "31/04/2027", "not_a_day"), ("montant_ttc", "27,605", "not_an_amount"), ("exemplaires_achetes", "quatre", "not_a_number"),
    ("exemplaires_restants", "150", "more_left_than_bought"), ("quantite", "trois", "not_a_number"), ("destinataire_email", "x@", "email"),
    ("destinataire_code_postal", "6900", "address"), ("destinataire_pays", "ZZ", "address"), ("cadeau", "peut-être", "not_a_choice"),
    ("stripe_moyen", "4242", "means"), ("destinataire_prenom", "Zo\0é", "nul"),
)  # fmt: skip


def spoil(wanted: Written, random: Random, *, faulty: int) -> Written:
    """The same file with so many faulty lines, one fault planted in each; `wrong` says where."""
    spoilt = Written([dict(row) for row in wanted.rows], wanted.copies, wanted.deferred)
    for number, place in enumerate(sorted(random.sample(range(len(wanted.rows)), faulty))):
        column, text, code = PLANTED[number % len(PLANTED)]
        spoilt.rows[place][column] = text
        spoilt.wrong.append((place + 2, column, code))
    return spoilt


@pytest.mark.parametrize(
    ("many", "faulty"), [(200, 17), pytest.param(10_000, 50, marks=pytest.mark.long)], ids=["200", "10000"]
)
def test_a_whole_house(offers, many, faulty):
    random = Random(20261123)
    right = write_file(many, random)
    wrong = spoil(right, random, faulty=faulty)

    spoilt = read(wrong)
    assert outcomes(spoilt) == {"ready": many - faulty, "faulty": faulty}
    assert set(wrong.wrong) <= set(faults(spoilt))
    assert {place for place, *_rest in faults(spoilt)} == {place for place, *_rest in wrong.wrong}
    good = [row for place, row in enumerate(right.rows, start=2) if place not in {one for one, *_rest in wrong.wrong}]
    found = spoilt.rows.filter(outcome="ready")
    assert (sum(row.copies_left for row in found), sum(row.deferred for row in found)) == _owed(good)
    with pytest.raises(CannotDecide):
        say_yes(spoilt)
    assert not Subscription.objects.exists()

    file = say_yes(read(right))
    assert let_in(now=lambda: NOW) == many
    file.refresh_from_db()
    assert (file.state, outcomes(file)) == ("let_in", {"let_in": many})
    assert Entitlement.objects.filter(state="owed").aggregate(sum=Sum("term__quantity"))["sum"] == right.copies
    assert breaches() == []

    before = standing()
    assert hand_in(right).pk == file.pk
    assert outcomes(read(right, body=right.bytes() + b"\r\n")) == {"known": many}
    assert let_in(now=lambda: NOW) == 0
    assert standing() == before
    for on in (date(2026, 12, 1), date(2027, 1, 5), file.charge_from):
        sweep(on)
    assert not RenewalAttempt.objects.exists()


def _owed(rows):
    found = written(*rows)
    return found.copies, found.deferred


def test_memory_does_not_grow_with_the_file(tmp_path):
    text = write_file(50, Random(1)).bytes()
    heads, _end, lines = text.partition(b"\r\n")
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(heads + b"\r\n")
        for _time in range(400):
            file.write(lines)
    peaks = []
    for many in (1, 20):
        with path.open("rb") as file:
            tracemalloc.start()
            for number, _record in enumerate(Reading(file).records()):
                if number == many * 1000 - 1:
                    break
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000


def test_the_faults_of_the_table_can_be_planted():
    assert {code for _column, _text, code in PLANTED} <= {code for _row, _column, code in FAULTS}
    assert ImportRow.Outcome.READY == "ready"
