"""How the letters of a pause name its issues."""

from __future__ import annotations

import pytest

from subscriptions.notices.pauses import one_by_one


@pytest.mark.parametrize(
    ("numbers", "named"),
    [
        ([], ""),
        ([25], "n° 25"),
        ([25, 26], "n° 25 et n° 26"),
        ([25, 26, 27], "n° 25, n° 26 et n° 27"),
    ],
)
def test_each_by_its_number_as_it_follows_les(numbers, named):
    assert one_by_one(numbers).replace("\u00a0", " ") == named
