"""Copies that were held come with later issues: in order, no two with one, none with one that has gone, none lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.calendar.catching_up import catch_up


@pytest.mark.parametrize(
    ("numbers", "sendable", "after"),
    [
        ((25, 26, 27, 28), (25, 26, 27, 28, 29), (25, 26, 27, 28)),
        ((25, 26, 27, 28), (26, 27, 28, 29), (26, 27, 28, 29)),
        ((25, 26, 27, 28), (28, 29), (28, 29, None, None)),
        ((25, 26, 27, 28), (), (None, None, None, None)),
        ((27, 28), (26, 27, 28), (27, 28)),
        ((25, 27, 28), (26, 27, 28), (26, 27, 28)),
        ((28, None), (28, 29), (28, 29)),
        ((None, None), (29,), (29, None)),
        ((), (29,), ()),
    ],
    ids=[
        "nothing has gone", "one has gone", "three have gone", "nothing is planned", "a later one stays where it is",
        "a gap is used", "one that waited gets its issue", "what is not planned waits on", "no copies",
    ],
)  # fmt: skip
def test_each_case(numbers, sendable, after):
    assert catch_up(numbers, sendable=sendable) == after


@given(st.lists(st.integers(1, 40), unique=True).map(sorted), st.sets(st.integers(1, 40)), st.integers(0, 3))
def test_whatever_has_gone(planned, sendable, waiting):
    numbers = (*planned, *[None] * waiting)
    after = catch_up(numbers, sendable=sendable)
    given_ = [number for number in after if number is not None]
    assert len(after) == len(numbers)
    assert given_ == sorted(set(given_))
    assert set(given_) <= sendable
    assert all(new >= old for old, new in zip(numbers, after, strict=True) if old is not None and new is not None)
    assert None not in after[: len(given_)], "what has an issue comes before what waits"
    if set(planned) <= sendable:
        assert after[: len(planned)] == tuple(planned)
    if None not in after:
        assert catch_up(after, sendable=sendable) == after
