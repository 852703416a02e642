"""The two closed tables, row by row, and what makes many claims one incident."""

from __future__ import annotations

import pytest

from subscriptions.losses.rules import (
    CLAIMS,
    RETURNS,
    Case,
    ClaimFacts,
    Ground,
    case_of_return,
    ground_of,
    is_incident,
    sent_or_extended,
)
from subscriptions.models import LossRule

PLAIN = {"free": False, "over": False, "moved": False, "in_a_row": False, "reason": 2}
RETURN_ROWS = {
    Case.FREE_COPY: ({"free": True, "over": True}, "", "", False, True),
    Case.OVER: ({"over": True, "moved": True}, "", "", False, False),
    Case.MOVED: ({"moved": True, "in_a_row": True}, "", "", False, False),
    Case.IN_A_ROW: ({"in_a_row": True, "reason": 1}, "suspended", "address_wanted", True, True),
    Case.UNKNOWN: ({"reason": 2}, "held", "address_wanted", True, False),
    Case.REFUSED: ({"reason": 3}, "asked", "copy_refused", False, False),
    Case.UNREACHABLE: ({"reason": 1}, "asked", "address_checked", False, False),
    Case.UNCLAIMED: ({"reason": 4}, "asked", "address_checked", False, False),
}


@pytest.mark.parametrize("case", Case)
def test_a_copy_that_came_back(case):
    facts, doubt, letter, holds, desk = RETURN_ROWS[case]
    assert case_of_return(**(PLAIN | facts)) == case
    row = RETURNS[case]
    assert (row.doubt, row.letter, row.holds, row.desk, row.resend) == (doubt, letter, holds, desk, case == Case.MOVED)


FIRST = {"nth": 1, "sent_again": False, "in_window": True, "confirmed": False, "in_stock": True, "over": False}
CLAIM_ROWS = {
    Ground.INCIDENT: ({"in_incident": True, "nth": 3, "sent_again": True}, "waiting", "claim_waiting"),
    Ground.AGAIN: ({"sent_again": True, "in_window": False}, "on_desk", "claim_on_desk"),
    Ground.OUTSIDE: ({"in_window": False, "nth": 3}, "on_desk", "claim_on_desk"),
    Ground.OFTEN: ({"nth": 3, "confirmed": True}, "on_desk", "claim_on_desk"),
    Ground.TO_CONFIRM: ({"nth": 2}, "asked", "claim_address"),
    Ground.IN_STOCK_TRACKED: ({"nth": 2, "confirmed": True}, "approved", "claim_resent"),
    Ground.IN_STOCK: ({}, "approved", "claim_resent"),
    Ground.NO_STOCK: ({"in_stock": False}, "extended", "claim_extended"),
    Ground.OVER: ({"in_stock": False, "over": True}, "on_desk", "claim_on_desk"),
}


@pytest.mark.parametrize("ground", Ground)
def test_a_claim(ground):
    facts, state, letter = CLAIM_ROWS[ground]
    assert ground_of(ClaimFacts(**(FIRST | facts))) == ground
    row = CLAIMS[ground]
    assert (row.state, row.letter, row.tracked) == (state, letter, ground == Ground.IN_STOCK_TRACKED)


def test_the_first_waits_too_while_its_address_is_in_doubt():
    assert ground_of(ClaimFacts(**FIRST, doubted=True)) == Ground.TO_CONFIRM


def test_what_came_back_asks_nothing_more():
    facts = FIRST | {"nth": 3, "in_window": False, "doubted": True, "counted": False}
    assert ground_of(ClaimFacts(**facts)) == Ground.IN_STOCK


@pytest.mark.parametrize(
    ("claims", "lines", "one"),
    [
        (4, 10, False),
        (5, 50, True),
        (5, 51, False),
        (19, 1000, False),
        (20, 100_000, True),
        (20, 0, True),
        (5, 0, False),
    ],
)
def test_twenty_or_a_tenth_of_the_lines_are_one_incident(claims, lines, one):
    assert is_incident(claims=claims, lines=lines, rule=LossRule()) is one


def test_what_is_over_is_for_a_person_even_while_a_copy_lies_in_stock():
    assert sent_or_extended(in_stock=True, over=True) == Ground.OVER
