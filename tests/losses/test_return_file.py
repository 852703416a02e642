"""A file of returns: a line for each verdict, whole files that cannot be read, and nothing half let in."""

from __future__ import annotations

from datetime import date

import pytest

from subscriptions.losses.return_file import LARGEST, Profile, Trouble, Unreadable, read
from subscriptions.losses.returning import write_down
from subscriptions.models import CopyReturn, Dispatch, LossRule
from tests.losses.people import CLAIMED, at, buys, comes_back, posted
from tests.makers import CLERK, close_file, make_magazine, make_offers

ON = date(2027, 1, 12)
HEAD = "cle_unique;motif;date\r\n"


@pytest.fixture
def sent(db):
    """Three readers whose no. 25 was posted, and whose no. 26 is in a file that has not left."""
    offers = make_offers(make_magazine())
    readers = [buys(offers["fixed"], email=f"lecteur{number}@example.fr") for number in range(3)]
    issue = posted(*readers)
    close_file(issue.magazine.issues.get(number=26), on=date(2027, 1, 5))
    return readers


def lines(*rows, encoding="utf-8"):
    return read((HEAD + "\r\n".join(rows) + "\r\n").encode(encoding), on=ON)


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ("N25-000002-01;2;20270108", "good"),
        ("N25-000002-01;2;2027-01-08", "good"),
        ("N25-000002-01;2;08/01/2027", "good"),
        ("N25-000001-01;2;20270108", "known"),
        ("N25-999999-01;2;20270108", "unknown_key"),
        ("N25-000002-01;7;20270108", "reason"),
        ("N25-000002-01;;20270108", "reason"),
        ("N25-000002-01;2;20271308", "day"),
        ("N25-000002-01;2;20261201", "early"),
        ("N25-000002-01;2;20270113", "future"),
        ("N26-000001-01;2;20270108", "not_posted"),
        ("=1+1;2;20270108", "formula"),
        ("N25-000002-01;2", "columns"),
        ("N25-000002-01;2;20270108;trop", "columns"),
    ],
)
def test_each_line_has_its_verdict(sent, row, verdict):
    comes_back(Dispatch.objects.get(key="N25-000001-01").subscription)
    assert [line.verdict for line in lines(row)] == [verdict]


def test_a_key_stands_once(sent):
    assert [line.verdict for line in lines("N25-000002-01;2;20270108", "N25-000002-01;4;20270109")] == [
        "good",
        "doubled",
    ]


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (b"", Trouble.EMPTY),
        (b"  \r\n", Trouble.EMPTY),
        (b"PK\x03\x04\x00\x00", Trouble.ENCODING),
        ((HEAD + "N25-000001-01;2;20270108").encode("utf-16"), Trouble.ENCODING),
        (b"cle_unique,motif,date\r\nN25-000001-01,2,20270108\r\n", Trouble.SEPARATOR),
        (b"cle;motif;date\r\nN25-000001-01;2;20270108\r\n", Trouble.MISSING_COLUMNS),
        (b"x" * (LARGEST + 1), Trouble.TOO_LARGE),
    ],
)
def test_a_file_that_cannot_be_read_says_why(db, body, trouble):
    with pytest.raises(Unreadable) as refused:
        read(body, on=ON)
    assert refused.value.trouble == trouble


def test_another_profile_is_data(sent):
    LossRule.objects.create(
        return_file={"key": "ref", "reason": "cause", "day": "jour", "separator": ",", "reasons": {"NPAI": 2}},
        actor="x", reason="x", created_at=CLAIMED,
    )  # fmt: skip
    found = read(b"jour,ref,cause\nle 8,N25-000002-01,NPAI\n20270108,N25-000003-01,NPAI\n", on=ON)
    assert [line.verdict for line in found] == ["day", "good"]
    assert found[1].returned.reason_code == 2


def test_let_in_twice_it_tells_nothing_new(sent):
    rows = [line.returned for line in lines("N25-000002-01;2;20270108", "N25-000003-01;4;20270108")]
    assert write_down(rows, source="file", actor=CLERK, at=at(ON)) == 2
    assert write_down(rows, source="file", actor=CLERK, at=at(ON)) == 0
    assert CopyReturn.objects.count() == 2
    assert {line.verdict for line in lines("N25-000002-01;2;20270108", "N25-000003-01;4;20270108")} == {"known"}


def test_three_lines_take_as_many_queries_as_one(sent, django_assert_num_queries):
    how = Profile()
    one = (HEAD + "N25-000001-01;2;20270108\r\n").encode()
    three = (HEAD + "".join(f"N25-00000{number}-01;2;20270108\r\n" for number in (1, 2, 3))).encode()
    for body in (one, three):
        with django_assert_num_queries(2):
            read(body, on=ON, profile=how)
