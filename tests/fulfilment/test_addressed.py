"""The file that is closed takes the address that holds on the day of posting, and both numbers of a double issue."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.fulfilment.address_file import written
from subscriptions.issue_calendar.dating import make_double, move_days
from subscriptions.models import Dispatch, Magazine
from subscriptions.staying import end_stay, stay
from tests.fulfilment.people import at, buys, issue
from tests.makers import CLERK, NOW, close_file, make_house, make_magazine, make_offers

NICE = TypedAddress(
    title="MME",
    first_name="Élodie",
    last_name="Lefèvre",
    street="5 promenade des Anglais",
    postcode="06000",
    town="Nice",
)
CUTOFF = date(2026, 12, 1)


@pytest.fixture
def elodie(db):
    offers = make_offers(make_magazine())
    make_house(Magazine.objects.get())
    buys(offers["automatic"], email="luc@example.fr")
    return buys(offers["fixed"])


def away(subscription, from_on: date, to_on: date):
    return stay(
        subscription.recipient,
        NICE,
        postal_label(NICE),
        from_on=from_on,
        to_on=to_on,
        actor=CLERK,
        reason="appel",
        at=NOW,
    )


def towns(number: int) -> dict[str, int]:
    """How many lines of the file of an issue go to each town."""
    lines = Dispatch.objects.filter(issue__number=number).select_related("address")
    found: dict[str, int] = {}
    for line in lines:
        found[line.address.town] = found.get(line.address.town, 0) + line.copies
    return found


def test_what_is_posted_while_it_holds_goes_there_and_one_copy_stays_one(elodie):
    away(elodie, date(2026, 12, 15), date(2026, 12, 15))
    run = close_file(issue(25), on=CUTOFF)
    assert (run.dispatches, run.copies, towns(25)) == (2, 2, {"Nice": 1, "Paris": 1})
    assert "5 PROMENADE DES ANGLAIS" in b"".join(written(run)).decode("cp1252")


@pytest.mark.parametrize(
    ("from_on", "to_on"), [(date(2026, 12, 16), date(2027, 3, 1)), (date(2026, 11, 24), date(2026, 12, 14))]
)
def test_a_day_beside_it_goes_home(elodie, from_on, to_on):
    away(elodie, from_on, to_on)
    close_file(issue(25), on=CUTOFF)
    assert towns(25) == {"Paris": 2}


def test_ended_before_the_file_is_closed_it_goes_home(elodie):
    given = away(elodie, date(2026, 12, 1), date(2027, 3, 31))
    end_stay(given, actor=CLERK, reason="de retour", at=at(CUTOFF - timedelta(days=1)))
    close_file(issue(25), on=CUTOFF)
    assert towns(25) == {"Paris": 2}


def test_a_day_that_moves_out_of_it_goes_home_and_one_that_moves_in_goes_there(elodie):
    away(elodie, date(2026, 12, 20), date(2027, 1, 10))
    move_days(issue(25), cutoff_on=CUTOFF, post_on=date(2026, 12, 21), actor=CLERK, reason="papier", at=at(CUTOFF, 9))
    close_file(issue(25), on=CUTOFF)
    assert towns(25) == {"Nice": 1, "Paris": 1}


def test_a_double_issue_is_one_line_and_one_copy_with_both_numbers(elodie):
    make_double(issue(25), actor=CLERK, reason="double", at=NOW)
    run = close_file(issue(25), on=CUTOFF)
    assert (run.dispatches, run.copies) == (2, 2)
    rows = b"".join(written(run)).decode("cp1252").split("\r\n")
    columns = dict(zip(rows[0].split(";"), rows[1].split(";"), strict=True))
    assert columns["num_parution"] == "25-26"
    assert {line.last_number for line in Dispatch.objects.filter(copies_left=3)} <= {29, None}
