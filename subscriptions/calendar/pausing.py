"""Which issue each copy comes with, once some do not come: the copies keep their order, and none is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

#: So many issues of one term may be put off (law.md 7.6).
MOST_OF_A_TERM = 2


def put_off(
    numbers: Sequence[int | None], *, without: Collection[int], planned: Iterable[int]
) -> tuple[int | None, ...]:
    """The issues of copies still to come, in their order, when those in `without` do not come.

    `numbers`: what they come with today, None while not planned; `planned`: every issue that can still be sent. Each
    copy takes the next one that is left, and the last ones go on where they ended. None: its issue is not planned yet.
    """
    kept = sorted({number for number in numbers if number is not None} - set(without))
    last = max((number for number in numbers if number is not None), default=0)
    pool: list[int | None] = [*kept, *sorted(number for number in planned if number > last)]
    return tuple((pool + [None] * len(numbers))[: len(numbers)])


def taken_back(numbers: Sequence[int | None], *, again: Collection[int]) -> tuple[int | None, ...]:
    """The reverse: the issues in `again` come after all, and the last ones are given up for them."""
    pool: list[int | None] = [*sorted({number for number in numbers if number is not None} | set(again))]
    return tuple((pool + [None] * len(numbers))[: len(numbers)])
